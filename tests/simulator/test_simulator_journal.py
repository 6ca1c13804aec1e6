"""The state file, by itself."""

import math
from pathlib import Path

import pytest
from tests.simulator.simulator_jobs import make_job

from filmgate.errors import SetupError
from filmgate.simulator.journal import Cancelled, Deleted, Emptied, job_of, line_of, open_journal


def write(path: Path, *lines: object) -> None:
    journal, _ = open_journal(path, "ark")
    for line in lines:
        journal.write(line)  # type: ignore[arg-type]
    journal.close()


def read(path: Path) -> list[object]:
    journal, lines = open_journal(path, "ark")
    journal.close()
    return list(lines)


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    job = make_job(
        "stuck", "cut", making_seconds=math.inf, expires_at=math.inf, idempotency_key="k\n1", started_at=None
    )
    lines = [line_of(job), Cancelled(id=job.id, at=120.5), Deleted(id=job.id), Emptied()]
    write(tmp_path / "state", *lines)
    assert read(tmp_path / "state") == lines
    assert job_of(line_of(job)) == job
    assert job_of(line_of(make_job(started_at=None))).making_seconds == 30


def test_a_line_that_was_cut_short_is_forgotten(tmp_path: Path) -> None:
    path, line = tmp_path / "state", line_of(make_job())
    write(path, line)
    whole = path.read_bytes()
    for cut in (1, 10, 200):
        path.write_bytes(whole + whole.splitlines()[-1][:-cut])
        assert read(path) == [line]
        assert path.read_bytes() == whole


@pytest.mark.parametrize(
    "content",
    [
        b"precious",
        b"precious\n",
        b"{}\n",
        b"[]\n\n",
        b'{"type":"opened","dialect":"nope"}\n',
        b'{"type":"opened","dialect":"ink"}\n',
        b'{"type":"emptied"}\n',
        b'{"type":"opened","dialect":"ark"}\nprecious\n',
        b'{"type":"opened","dialect":"ark"}\n{"type":"cancelled","id":"x","at":1}\n',
        b"\xff\xfe\x00\n",
    ],
)
def test_a_file_that_is_none_of_this_simulator_is_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state"
    path.write_bytes(content)
    with pytest.raises(SetupError):
        open_journal(path, "ark")
    assert path.read_bytes() == content


def test_a_file_serves_one_simulator_at_a_time(tmp_path: Path) -> None:
    journal, _ = open_journal(tmp_path / "state", "ark")
    with pytest.raises(SetupError, match="in use"):
        open_journal(tmp_path / "state", "ark")
    journal.close()
    assert read(tmp_path / "state") == []


def test_a_file_that_cannot_be_opened_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be opened"):
        open_journal(tmp_path, "ark")
    with pytest.raises(SetupError, match="cannot be opened"):
        open_journal(tmp_path / "none" / "state", "ark")
