"""Accounts, keys and their limits from the command line, on a real database."""

import asyncio
from typing import Any

import pytest
from tests.cli.shell import Shell
from tests.store.store_helpers import new_task

from filmgate.store.accounts import Account, Accounts, Key, Limits
from filmgate.store.db import Database
from filmgate.store.tasks import Tasks


@pytest.fixture
def opened(shell: Shell) -> Shell:
    """With an account called studio and a key called main."""
    shell("keys", "create", "--account", "studio", "--name", "main", "--credits", "100")
    return shell


def stored(database_url: str, name: str = "studio") -> tuple[Account, Key]:
    """The account and its first key as the database has them."""

    async def read() -> tuple[Account, Key]:
        database = await Database.open(database_url, connections=1)
        account = await Accounts(database).find_account(name)
        assert account is not None
        ((_, key),) = await Accounts(database).keys(account.id)
        await database.close()
        return account, key

    return asyncio.run(read())


def shown(shell: Shell, name: str = "studio") -> dict[str, str]:
    """What ``accounts show`` says, by its words."""
    done = shell("accounts", "show", name)
    assert done.exit_code == 0, done.exception
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    return {word.strip(): text.strip() for word, _, text in (line.partition("  ") for line in lines)}


def test_an_account_is_opened_once(shell: Shell) -> None:
    assert "Opened studio" in shell("accounts", "create", "studio").stdout
    assert "already" in shell.refusal("accounts", "create", " studio ").message
    assert shell("accounts", "list").stdout.count("studio") == 1


@pytest.mark.parametrize("name", ["", "  ", "a" * 201, "two\nlines", "\x00"])
def test_a_name_that_nobody_can_read_is_refused(shell: Shell, name: str) -> None:
    assert "printable" in shell.refusal("accounts", "create", name).message


def test_limits_of_an_account_are_set_shown_and_taken_away(opened: Shell, database_url: str) -> None:
    done = opened(
        "accounts", "set", "studio", "--requests-per-minute", "60", "--max-open-orders", "5", "--daily-credits", "2.5",
        "--total-credits", "90", "--models", "seedance-2.0, seedance2.0-mini", "--retention-hours", "24",
    )  # fmt: skip
    assert done.stdout == "studio: 60/min, 5 open, 2.5 a day, 90 in all, 2 models, kept 24 h.\n"
    account, _ = stored(database_url)
    assert account.limits == Limits(
        requests_per_minute=60,
        max_open_orders=5,
        daily_micros=2_500_000,
        total_micros=90_000_000,
        models=("seedance-2.0", "seedance2.0-mini"),
    )
    assert account.retention_hours == 24
    assert "60/min, 5 open, 2.5 a day, 90 in all, 2 models, kept 24 h" in opened("accounts", "list").stdout
    about = shown(opened)
    assert about["open orders"] == "0 of at most 5"
    assert about["spent today"] == "0 credits of at most 2.5"
    assert about["spent in all"] == "0 credits of at most 90"
    assert about["requests"] == "60 a minute"
    assert about["models"] == "seedance-2.0, seedance2.0-mini"
    assert about["films are kept"] == "24 hours"

    opened("accounts", "set", "studio", "--max-open-orders", "none")
    assert stored(database_url)[0].limits.max_open_orders is None
    assert stored(database_url)[0].limits.requests_per_minute == 60
    done = opened(
        "accounts", "set", "studio", "--requests-per-minute", "none", "--daily-credits", "none", "--total-credits",
        "none", "--models", "all", "--retention-hours", "default",
    )  # fmt: skip
    assert done.stdout == "studio: no limits.\n"
    account, _ = stored(database_url)
    assert (account.limits, account.retention_hours) == (Limits(), None)
    about = shown(opened)
    assert (about["requests"], about["models"], about["films are kept"]) == ("no limit", "all", "72 hours (default)")


def test_the_films_of_an_account_are_marked_from_now_on(opened: Shell, database_url: str) -> None:
    assert shown(opened)["films are marked"] == "where it is ordered"
    assert opened("accounts", "set", "studio", "--visible-mark").stdout == "studio: marked.\n"
    assert stored(database_url)[0].visible_mark
    assert shown(opened)["films are marked"] == "all"
    opened("accounts", "set", "studio", "--max-open-orders", "5")
    assert stored(database_url)[0].visible_mark
    assert opened("accounts", "set", "studio", "--no-visible-mark").stdout == "studio: 5 open.\n"
    assert not stored(database_url)[0].visible_mark


def test_limits_of_a_key_are_set_at_its_making_and_later(opened: Shell, database_url: str) -> None:
    opened("keys", "create", "--account", "new", "--requests-per-minute", "9", "--models", "seedance-2.0")
    _, key = stored(database_url, "new")
    assert key.limits == Limits(requests_per_minute=9, models=("seedance-2.0",))
    done = opened("keys", "set", "main", "--max-open-orders", "2", "--daily-credits", "0", "--quota", "7.5")
    assert done.stdout.endswith("… (main): quota 7.5, 2 open, 0 a day.\n")
    _, key = stored(database_url)
    assert key.limits == Limits(max_open_orders=2, daily_micros=0)
    assert key.quota_micros == 7_500_000
    assert "2 open, 0 a day" in opened("keys", "list").stdout
    opened("keys", "set", f"{key.hint}…", "--max-open-orders", "none", "--daily-credits", "none", "--quota", "none")
    _, key = stored(database_url)
    assert (key.limits, key.quota_micros) == (Limits(), 0)


@pytest.mark.parametrize(
    "words",
    [
        ("--requests-per-minute", "0"),
        ("--requests-per-minute", "-1"),
        ("--requests-per-minute", "1.5"),
        ("--requests-per-minute", "sixty"),
        ("--requests-per-minute", ""),
        ("--requests-per-minute", "2147483648"),
        ("--requests-per-minute", "9" * 5000),
        ("--requests-per-minute", "٣"),
        ("--max-open-orders", "0"),
        ("--max-open-orders", "all"),
        ("--daily-credits", "-1"),
        ("--daily-credits", "NaN"),
        ("--daily-credits", "1e30"),
        ("--models", ""),
        ("--models", "seedance-2.0,"),
        ("--models", "none"),
    ],
)
@pytest.mark.parametrize("command", [("accounts", "set", "studio"), ("keys", "set", "main")])
def test_what_is_no_limit_is_refused_and_changes_nothing(
    opened: Shell, database_url: str, command: tuple[str, ...], words: tuple[str, ...]
) -> None:
    before = stored(database_url)
    option, value = words
    refusal = opened.refusal(*command, "--max-open-orders", "3", f"{option}={value}")
    assert option in refusal.message
    assert "\n" not in str(refusal)
    assert len(str(refusal)) < 300
    assert stored(database_url) == before


@pytest.mark.parametrize(
    "words", [("--total-credits", "x"), ("--retention-hours", "0"), ("--retention-hours", "none"),
              ("--retention-hours", "1000000")],
)  # fmt: skip
def test_an_accounts_own_options_are_checked_too(opened: Shell, words: tuple[str, ...]) -> None:
    assert words[0] in opened.refusal("accounts", "set", "studio", *words).message


def test_an_unknown_model_is_refused_with_what_was_meant(opened: Shell, database_url: str) -> None:
    refusal = opened.refusal("accounts", "set", "studio", "--models", "seedance-2.0,seedance2.0-mni")
    assert "'seedance2.0-mni'" in refusal.message
    assert "seedance2.0-mini" in refusal.mend
    assert "filmgate models" in opened.refusal("keys", "set", "main", "--models", "zzzzzzzz").mend
    assert stored(database_url)[0].limits.models is None


def test_a_model_may_be_named_by_any_of_its_names(opened: Shell, database_url: str) -> None:
    opened("accounts", "set", "studio", "--models", "seedance2.0-mini-720p,seedance2.0-mini")
    assert stored(database_url)[0].limits.models == ("seedance2.0-mini",)


def test_nothing_to_set_is_told(opened: Shell) -> None:
    assert "nothing to set" in opened.refusal("accounts", "set", "studio").message
    assert "nothing to set" in opened.refusal("keys", "set", "main").message


def test_unknown_accounts_and_keys_are_told(opened: Shell) -> None:
    for words in (("show", "nobody"), ("set", "nobody", "--models", "all"), ("adjust", "nobody", "1", "--note", "x")):
        assert "no account" in opened.refusal("accounts", *words).message
    assert "no one valid key" in opened.refusal("keys", "set", "nobody", "--quota", "1").message
    opened("keys", "create", "--account", "other", "--name", "main")
    assert "2 keys" in opened.refusal("keys", "set", "main", "--quota", "1").message


def test_a_quota_below_what_is_used_is_refused(opened: Shell, database_url: str) -> None:
    order(database_url, price_micros=5_000_000)
    assert "used more" in opened.refusal("keys", "set", "main", "--quota", "4").message
    opened("keys", "set", "main", "--quota", "5")


def order(database_url: str, **changes: Any) -> None:
    """Accept an order with the account's key."""

    async def accept() -> None:
        database = await Database.open(database_url, connections=1)
        ((_, key),) = await Accounts(database).keys()
        await Tasks(database).accept(new_task(key, **changes))
        await database.close()

    asyncio.run(accept())


def test_an_account_shows_what_it_uses(opened: Shell, database_url: str) -> None:
    order(database_url, price_micros=5_000_000)
    about = shown(opened)
    assert (about["paid in"], about["available"], about["reserved"]) == ("100 credits", "95 credits", "5 credits")
    assert about["open orders"] == "1, no limit"
    assert about["spent today"] == "0 credits, no limit"  # The order is one of another day.
    assert about["spent in all"] == "5 credits, no limit"
    assert about["keys"] == "1 valid, 0 revoked"


def test_an_account_is_put_right_by_hand(opened: Shell) -> None:
    assert "90.5 credits" in opened("accounts", "adjust", "studio", "-9.5", "--note", "promised in March").stdout
    assert "91 credits" in opened("accounts", "adjust", "studio", "0.5", "--note", "and back").stdout
    refusal = opened.refusal("accounts", "adjust", "studio", "-92", "--note", "too much")
    assert "only 91 credits" in refusal.message
    for amount, note in (("0", "nothing"), ("x", "no amount"), ("1", "  ")):
        opened.refusal("accounts", "adjust", "studio", amount, "--note", note)
    assert opened("accounts", "adjust", "studio", "1").exit_code == 2
    assert opened("audit").exit_code == 0
