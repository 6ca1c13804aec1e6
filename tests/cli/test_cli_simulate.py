import socket
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from filmgate.cli import app
from filmgate.errors import SetupError


def _refused(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "filmgate", "simulate", *words], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--lie", "nope=1"), "is no lie"),
        (("--lie", "fail=2"), "from 0 to 1"),
        (("--speed", "0"), "speed must be from"),
        (("--sigma", "nan"), "sigma must be from"),
        (("--max-running", "0"), "max_running must be from"),
    ],
)
def test_options_that_make_no_sense_are_told(words: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(app, ["simulate", "--dialect", "ark", "--port", "0", *words])
    assert isinstance(done.exception, SetupError)
    assert said in done.exception.args[0]


def test_an_unknown_dialect_is_refused() -> None:
    done = CliRunner().invoke(app, ["simulate", "--dialect", "klingon"])
    assert done.exit_code == 2
    assert "klingon" in done.output


def test_a_busy_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        assert "cannot listen" in _refused("--dialect", "ark", "--port", str(busy.getsockname()[1]))


def test_a_file_that_is_no_state_file_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letters"
    path.write_text("precious")
    assert "letters is none" in _refused("--dialect", "ark", "--port", "0", "--state", str(path))
    assert path.read_text() == "precious"
