"""Keys and accounts from the command line, on a real database."""

import pytest
from tests.cli.shell import Shell
from typer.main import get_command
from typer.testing import CliRunner

from filmgate.cli import app


def test_a_new_key_stands_alone_on_the_last_line(shell: Shell) -> None:
    done = shell("keys", "create", "--account", "studio", "--credits", "12.5")
    assert done.exit_code == 0
    assert done.stdout.startswith("fg_live_")
    assert done.stdout.count("\n") == 1
    assert "12.5 credits" in done.stderr


def test_a_listed_key_does_not_show_its_secret(shell: Shell) -> None:
    secret = shell("keys", "create", "--account", "studio", "--name", "night shift", "--test").stdout.strip()
    listed = shell("keys", "list").stdout
    assert secret not in listed
    assert secret[:10] in listed
    assert "night shift" in listed
    assert "test" in listed


def test_a_key_can_be_brought_along_once(shell: Shell) -> None:
    done = shell("keys", "create", "--account", "one", "--secret", "sk_brought_along_123")
    assert done.stdout == "sk_brought_along_123\n"
    again = shell.refusal("keys", "create", "--account", "two", "--secret", "sk_brought_along_123")
    assert "already in use" in again.message


@pytest.mark.parametrize("secret", ["short", "with spaces in it", "nicht-ascii-schlüssel", "line\nbreak-in-the-key"])
def test_a_key_that_no_header_could_carry_is_refused(shell: Shell, secret: str) -> None:
    assert "--secret" in shell.refusal("keys", "create", "--account", "studio", "--secret", secret).message


@pytest.mark.parametrize("amount", ["many", "-1", "0.0000001", "NaN", "1e30"])
def test_what_is_no_amount_of_credits_is_refused(shell: Shell, amount: str) -> None:
    assert "--credits" in shell.refusal("keys", "create", "--account", "studio", f"--credits={amount}").message
    assert "studio" not in shell("accounts", "list").stdout


def test_a_revoked_key_says_so(shell: Shell) -> None:
    shell("keys", "create", "--account", "studio", "--name", "lost")
    assert "lost" in shell("keys", "revoke", "lost").stdout
    assert "revoked" in shell("keys", "list").stdout
    assert "no one valid key" in shell.refusal("keys", "revoke", "nobody").message


def test_credits_are_put_into_an_account(shell: Shell) -> None:
    shell("keys", "create", "--account", "studio", "--credits", "1")
    assert "studio has 3.5 credits" in shell("accounts", "top-up", "studio", "2.5").stdout
    row = next(line for line in shell("accounts", "list").stdout.splitlines() if "studio" in line)
    assert row.split()[1:5] == ["3.5", "0", "0", "3.5"]
    assert "no account" in shell.refusal("accounts", "top-up", "nobody", "1").message


def test_only_one_account_s_keys_are_listed_when_asked(shell: Shell) -> None:
    shell("keys", "create", "--account", "one")
    shell("keys", "create", "--account", "two")
    listed = shell("keys", "list", "--account", "one").stdout
    assert "one" in listed
    assert "two" not in listed


def test_every_command_explains_itself() -> None:
    def commands(command: object, words: tuple[str, ...]) -> list[tuple[str, ...]]:
        children = getattr(command, "commands", {})
        return [words] if not children else [w for name, c in children.items() for w in commands(c, (*words, name))]

    for words in commands(get_command(app), ()):
        done = CliRunner().invoke(app, [*words, "--help"])
        assert done.exit_code == 0
        assert "Usage:" in done.stdout
