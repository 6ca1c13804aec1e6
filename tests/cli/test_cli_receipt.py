"""Receipts from the command line, by whatever id the customer was shown."""

import asyncio
import json
from uuid import UUID

import pytest
from tests.cli.shell import Shell
from tests.store.store_helpers import new_task

from filmgate.dialects import build_dialects
from filmgate.store.accounts import Accounts
from filmgate.store.db import Database
from filmgate.store.tasks import Tasks


@pytest.fixture
def task_id(shell: Shell, database_url: str) -> UUID:
    """An order through Ink for 5 credits."""

    async def accept() -> UUID:
        database = await Database.open(database_url, connections=1)
        ((_, key),) = await Accounts(database).keys()
        accepted = await Tasks(database).accept(new_task(key, 5_000_000))
        await database.close()
        return accepted

    shell("keys", "create", "--account", "studio", "--credits", "100")
    return asyncio.run(accept())


@pytest.mark.parametrize("name", ["jimmy", "senseaudio", "ink", "native"])
def test_a_receipt_is_found_by_any_form_of_the_id(shell: Shell, task_id: UUID, name: str) -> None:
    dialects = build_dialects()
    done = shell("receipt", dialects.named(name).show_id(task_id))
    assert done.exit_code == 0, done.exception
    said = json.loads(done.stdout)
    assert said["object"] == "receipt"
    assert said["task_id"] == dialects.native.show_id(task_id)
    assert (said["dialect"], said["dialect_id"]) == ("ink", dialects.ink.show_id(task_id))
    assert (said["totals"]["reserved"], said["totals"]["held"]) == (5, 5)
    assert [entry["kind"] for entry in said["entries"]] == ["reserve"]


@pytest.mark.parametrize("text", ["", "x", "vid_", "task_" + "9" * 21, "x" * 10_000, "../../etc"])
def test_what_is_no_id_is_told(shell: Shell, text: str) -> None:
    refusal = shell.refusal("receipt", text)
    assert "is not the id of an order" in refusal.message
    assert len(refusal.message) < 300


def test_an_order_that_is_not_there_is_told(shell: Shell) -> None:
    assert "there is no order" in shell.refusal("receipt", str(UUID(int=7))).message
