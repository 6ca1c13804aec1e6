"""The audit from the command line, on a real database."""

import json

import psycopg
import pytest
from tests.cli.shell import Shell


@pytest.fixture
def spoiled(shell: Shell, database_url: str) -> Shell:
    """Books in which an account has a credit that nobody paid in."""
    shell("keys", "create", "--account", "[red]studio", "--credits", "5")
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE accounts SET funded = funded + 1000000, available = available + 1000000")
    return shell


def test_good_books_are_proven(shell: Shell) -> None:
    shell("keys", "create", "--account", "studio", "--credits", "5")
    done = shell("audit")
    assert done.exit_code == 0
    assert "wrong" not in done.stdout
    assert "1 accounts" in done.stdout
    assert "every entry sums to zero" in done.stdout


def test_offenders_are_named_and_the_exit_code_says_so(spoiled: Shell) -> None:
    done = spoiled("audit")
    assert done.exit_code == 1
    assert "wrong" in done.stdout
    assert "account [red]studio (" in done.stdout
    assert "has funded 6000000, available 6000000" in done.stdout


def test_the_same_is_told_as_json(spoiled: Shell) -> None:
    done = spoiled("audit", "--json")
    assert done.exit_code == 1
    said = json.loads(done.stdout)
    assert (said["is_proven"], said["counts"]["entries"]) == (False, 1)
    (wrong,) = [proof for proof in said["proofs"] if proof["offenders"]]
    assert (wrong["of"], wrong["more"], len(wrong["offenders"])) == ("accounts", 0, 1)
    assert wrong["what"] == "every account's balances are the sums of its entries"


def test_good_books_as_json(shell: Shell) -> None:
    done = shell("audit", "--json")
    assert done.exit_code == 0
    said = json.loads(done.stdout)
    assert said["is_proven"] is True
    assert all(proof["offenders"] == [] and proof["more"] == 0 for proof in said["proofs"])
