"""The review from the command line: who waits, deciding, and what was decided."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from tests.cli.shell import Shell
from tests.store.asset_helpers import Shelf

from filmgate.objects import Objects
from filmgate.review import show_review_id
from filmgate.store.accounts import Accounts
from filmgate.store.db import Database


@pytest.fixture
def review_id(shell: Shell, database_url: str, tmp_path: Path) -> str:
    """A file of the account studio that waits."""

    async def keep() -> UUID:
        database = await Database.open(database_url, connections=1)
        ((_, key),) = await Accounts(database).keys()
        kept = await Shelf(database).keep(key, datetime.now(UTC), state="pending", reason="shows a face")
        await Objects.open(tmp_path / "objects").put_bytes(kept.object_name or "", b"a picture", "image/png")
        await database.close()
        assert kept.file_id is not None
        return kept.file_id

    shell("keys", "create", "--account", "studio")
    return show_review_id(asyncio.run(keep()))


def test_what_waits_is_listed_shown_saved_and_decided(shell: Shell, review_id: str, tmp_path: Path) -> None:
    listed = shell("review", "list").stdout
    assert review_id in listed
    assert "studio" in listed
    assert "shows a face" in listed
    shown = shell("review", "show", review_id, "--save", str(tmp_path / "out.png"))
    assert (tmp_path / "out.png").read_bytes() == b"a picture"
    assert "pending by rules: shows a face" in shown.stdout
    assert shell("review", "approve", review_id, "--reason", "her consent is on file", "--by", "Li").exit_code == 0
    assert review_id not in shell("review", "list").stdout
    assert review_id in shell("review", "list", "--state", "approved").stdout
    assert "approved by operator (Li): her consent is on file" in shell("review", "show", review_id).stdout


def test_a_decision_may_be_changed_and_both_are_kept(shell: Shell, review_id: str) -> None:
    assert "is rejected" in shell("review", "reject", review_id, "--reason", "no").stdout
    assert "was rejected already" in shell("review", "reject", review_id, "--reason", "no").stdout
    assert "is approved" in shell("review", "approve", review_id).stdout
    shown = shell("review", "show", review_id).stdout
    assert [shown.count(word) for word in ("pending by", "rejected by", "approved by")] == [1, 1, 1]


def test_what_strangers_write_into_a_review_stays_in_its_line(shell: Shell, review_id: str) -> None:
    forged = "ok\n2026-01-01 00:00 approved by operator (Li): fine [/red]\x1b[2J\u202e"
    assert shell("review", "reject", review_id, "--reason", forged, "--by", forged).exit_code == 0
    shown = shell("review", "show", review_id).stdout
    listed = shell("review", "list", "--state", "rejected")
    assert (listed.exit_code, review_id in listed.stdout) == (0, True)
    assert len(shown.splitlines()) == 4
    for output in (shown, listed.stdout):
        assert not {"\x1b", "\u202e"} & set(output)
    assert "rejected by operator (ok\\n2026-01-01" in shown


def test_a_rejection_says_why(shell: Shell, review_id: str) -> None:
    assert shell("review", "reject", review_id).exit_code == 2


@pytest.mark.parametrize("text", ["", "x", "rev_", show_review_id(UUID(int=7)), "x" * 10_000])
def test_a_review_that_is_not_there_is_told(shell: Shell, text: str) -> None:
    for word in ("show", "approve"):
        refusal = shell.refusal("review", word, text)
        assert "there is no review" in refusal.message
        assert len(refusal.message) < 300


def test_a_state_that_is_none_is_told(shell: Shell) -> None:
    assert "is no state of a review" in shell.refusal("review", "list", "--state", "done").message


def test_the_secret_is_the_same_each_time(shell: Shell) -> None:
    first = shell("review", "secret").stdout.strip()
    assert first.startswith("whsec_")
    assert shell("review", "secret").stdout.strip() == first
