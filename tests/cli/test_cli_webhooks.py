"""Webhooks and deliveries from the command line, on a real database."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from standardwebhooks import Webhook
from tests.cli.shell import Shell
from tests.store.delivery_helpers import EVERYTHING, Post, heard, room
from tests.store.store_helpers import NOW, Store

from filmgate.store.db import Database
from filmgate.webhook import Delivery, DeliveryState, Verdict

URL = "https://hooks.example/films"
Answer = TypeVar("Answer")


@pytest.fixture
def shell(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("FILMGATE_DATABASE_URL", database_url)
    shell = Shell(tmp_path)
    assert shell("keys", "create", "--account", "studio", "--credits", "1").exit_code == 0
    return shell


@pytest.fixture
def doing(database_url: str) -> Callable[[Callable[[Post], Awaitable[Answer]]], Answer]:
    """Does something with the rows, as a server beside the commands would."""

    def do(act: Callable[[Post], Awaitable[Answer]]) -> Answer:
        async def run() -> Answer:
            database = await Database.open(database_url)
            try:
                return await act(Post(Store(database)))
            finally:
                await database.close()

        return asyncio.run(run())

    return do


def test_an_endpoint_is_added_shown_and_removed(shell: Shell) -> None:
    done = shell(
        "webhooks", "add", URL, "--account", "studio", "--event", "task.failed", "--event", "task.queued",
        "--description", "night shift",
    )  # fmt: skip
    assert done.exit_code == 0
    identifier = done.stdout.strip()
    assert identifier.startswith("wh_")
    listed = shell("webhooks", "list", "--account", "studio").stdout
    for word in (identifier, URL, "task.failed", "task.queued", "night shift"):
        assert word in listed
    assert identifier in shell("webhooks", "remove", identifier, "--account", "studio").stdout
    assert identifier not in shell("webhooks", "list", "--account", "studio").stdout
    assert "no endpoint" in shell.refusal("webhooks", "remove", identifier, "--account", "studio").message


def test_what_customers_write_into_an_endpoint_is_shown_as_it_stands(shell: Shell) -> None:
    words = ("https://hooks.example/[/red]", "--account", "studio", "--description", "[/b] night\x1b[2J")
    assert shell("webhooks", "add", *words).exit_code == 0
    listed = shell("webhooks", "list", "--account", "studio")
    assert listed.exit_code == 0
    assert "https://hooks.example/[/red]" in listed.stdout
    assert "[/b] night\\x1b[2J" in listed.stdout


def test_another_accounts_endpoint_is_not_removed(shell: Shell) -> None:
    shell("keys", "create", "--account", "other")
    identifier = shell("webhooks", "add", URL, "--account", "studio").stdout.strip()
    assert "no endpoint" in shell.refusal("webhooks", "remove", identifier, "--account", "other").message
    assert identifier in shell("webhooks", "list", "--account", "studio").stdout


@pytest.mark.parametrize("url", ["http://hooks.example", "https://10.0.0.1", "https://me:pw@hooks.example", "x", ""])
def test_a_url_that_leads_where_we_do_not_go_is_refused(shell: Shell, url: str) -> None:
    assert "the url" in shell.refusal("webhooks", "add", url, "--account", "studio").message
    assert "wh_" not in shell("webhooks", "list", "--account", "studio").stdout


def test_what_is_no_event_account_id_or_state_is_refused(shell: Shell) -> None:
    for words, says in (
        (("webhooks", "add", URL, "--account", "studio", "--event", "succeeded"), "no event"),
        (("webhooks", "add", URL, "--account", "nobody"), "no account"),
        (("webhooks", "secret", "--account", "nobody"), "no account"),
        (("deliveries", "list", "--account", "nobody"), "no account"),
        (("webhooks", "remove", "x", "--account", "studio"), "no endpoint"),
        (("deliveries", "list", "--account", "studio", "--state", "gone"), "no state"),
        (("deliveries", "replay", "x", "--account", "studio"), "no id"),
    ):
        assert says in shell.refusal(*words).message


def test_one_endpoint_too_many_is_refused(shell: Shell, doing: Callable[..., None]) -> None:
    async def fill(post: Post) -> None:
        account = await post.store.accounts.find_account("studio")
        assert account is not None
        while await post.webhooks.add_endpoint(account.id, URL, ["failed"], "", NOW):
            pass

    doing(fill)
    assert "20 endpoints already" in shell.refusal("webhooks", "add", URL, "--account", "studio").message


def test_the_secret_stands_alone_on_the_last_line(shell: Shell) -> None:
    first = shell("webhooks", "secret", "--account", "studio").stdout
    assert first.count("\n") == 1
    assert Webhook(first.strip()).sign("evt_1", NOW, "")
    rotated = shell("webhooks", "rotate", "--account", "studio", "--overlap-hours", "1")
    assert rotated.stdout != first
    assert rotated.stdout.count("\n") == 1
    assert "signs too until" in rotated.stderr
    assert shell("webhooks", "secret", "--account", "studio").stdout == rotated.stdout


def test_deliveries_are_shown_and_replayed(shell: Shell, doing: Callable[..., list[Delivery]]) -> None:
    async def end_two(post: Post) -> list[Delivery]:
        account = await post.store.accounts.find_account("studio")
        assert account is not None
        [(_, key)] = await post.store.accounts.keys(account.id)
        states: tuple[DeliveryState, ...] = ("dead", "delivered")
        for _ in states:
            await post.order(key, "https://hooks.example/a", events=("queued",))
        for claim, state in zip(await post.claims.claim(room(), NOW), states, strict=True):
            await post.claims.record(claim, heard(404), Verdict(state=state, error="gone away"), NOW)
        return await post.deliveries.page(account.id, EVERYTHING, 10)

    async def look(post: Post) -> list[Delivery]:
        account = await post.store.accounts.find_account("studio")
        assert account is not None
        return await post.deliveries.page(account.id, EVERYTHING, 10)

    states = {delivery.state for delivery in doing(end_two)}
    assert states == {"dead", "delivered"}
    listed = shell("deliveries", "list", "--account", "studio", "--state", "dead").stdout
    [identifier] = [word for word in listed.split() if word.startswith("dlv_")]
    assert "gone away" in listed
    assert "1 delivery is" in shell("deliveries", "replay", "--account", "studio").stdout
    assert {delivery.state for delivery in doing(look)} == {"waiting", "delivered"}
    assert "0 deliveries are" in shell("deliveries", "replay", "--account", "studio").stdout
    assert "1 delivery is" in shell("deliveries", "replay", identifier, "--account", "studio").stdout
    assert "not found" in str(shell("deliveries", "replay", "dlv_" + "0" * 22, "--account", "studio").exception)
