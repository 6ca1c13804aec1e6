"""Upstreams are tried from the command line, and nothing is ordered by it."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from tests.cli.shell import Shell
from tests.elsewhere.station import DIALECTS, MODELS, VENDOR_KEY
from tests.simulator.simulating import simulating

from filmgate.simulator.options import DialectName

pytestmark = pytest.mark.long

MODELS_OF = {name: f'{{ "seedance-2.0" = "{model}", "house" = "none-of-its" }}' for name, model in MODELS.items()}
ARK = {"dialect": "ark", "key_env": "VENDOR_KEY_OF_THE_TEST"}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("FILMGATE_ALLOW_PRIVATE_NETWORKS", "1")
    return Shell(tmp_path)


def write(folder: Path, *upstreams: dict[str, Any]) -> None:
    tables = []
    for each in upstreams:
        models = each.pop("models", '{ "*" = "*" }')
        tables.append("\n".join(["[[upstream]]", *(f'{k} = "{v}"' for k, v in each.items()), f"models = {models}"]))
    (folder / "filmgate.toml").write_text("\n".join(tables))


def checked(shell: Shell, *words: str) -> tuple[int, list[dict[str, Any]]]:
    done = shell("upstreams", "check", "--json", *words)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, json.loads(done.stdout)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_good_key_and_a_wrong_one_are_told_apart_for_nothing(
    dialect: DialectName, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRONG_KEY", "sk-wrong")
    with simulating(dialect, key=VENDOR_KEY) as vendor:
        same = {"dialect": dialect, "base_url": vendor.base_url}
        write(
            tmp_path,
            {"name": "good", "key_env": "VENDOR_KEY_OF_THE_TEST", **same},
            {"name": "wrong", "key_env": "WRONG_KEY", **same},
        )
        code, (good, wrong) = checked(shell)
        assert (good["usable"], good["reached"], good["key_taken"], good["detail"]) == (True, True, True, "")
        assert (wrong["usable"], wrong["reached"], wrong["key_taken"]) == (False, True, False)
        assert wrong["detail"]
        assert code == 1
        table = shell("upstreams", "check")
        assert table.exit_code == 1
        assert "sk-wrong" not in table.output
        assert VENDOR_KEY not in table.output
        write(tmp_path, {"name": "good", "key_env": "VENDOR_KEY_OF_THE_TEST", "models": MODELS_OF[dialect], **same})
        code, [only] = checked(shell, "good")
        assert (code, only["name"]) == (0, "good")
        if dialect == "jimmy":
            assert (only["models_listed"], only["models_missing"]) == (None, [])
        else:
            assert only["models_listed"] >= 1
            assert only["models_missing"] == ["none-of-its"]
        assert vendor.jobs() == []


def test_what_is_not_there_is_told(shell: Shell, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    write(
        tmp_path,
        {"name": "nobody", "base_url": f"http://127.0.0.1:{port}", **ARK},
        {"name": "no-name", "base_url": "https://nothing.invalid", **ARK},
        {"name": "no-key", "base_url": "https://nothing.invalid", "dialect": "ark", "key_env": "NOT_SET_ANYWHERE"},
    )
    code, (nobody, no_name, no_key) = checked(shell)
    assert code == 1
    for each in (nobody, no_name, no_key):
        assert (each["usable"], each["reached"], each["key_taken"]) == (False, False, None)
        assert each["detail"]
    assert "NOT_SET_ANYWHERE" in no_key["detail"]
    assert no_key["asked"] == "nothing"


def test_what_answers_in_another_tongue_is_of_no_use(shell: Shell, tmp_path: Path) -> None:
    with simulating("ink") as vendor:
        write(tmp_path, {"name": "north", "base_url": vendor.base_url, **ARK})
        code, [found] = checked(shell)
        assert (code, found["usable"], found["reached"]) == (1, False, True)


def test_a_private_address_is_not_called_unless_it_may_be(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FILMGATE_ALLOW_PRIVATE_NETWORKS", "0")
    write(tmp_path, {"name": "north", "base_url": "https://127.0.0.1:9", **ARK})
    code, [found] = checked(shell)
    assert (code, found["usable"], found["reached"], found["key_taken"]) == (1, False, False, None)
    assert "not one to call" in found["detail"]


def test_without_upstreams_there_is_nothing_to_check(shell: Shell) -> None:
    done = shell("upstreams", "check")
    assert (done.exit_code, "engine on this machine" in done.output) == (0, True)
    assert "there is no upstream 'x'" in shell.refusal("upstreams", "check", "x").message


def test_routes_are_listed_in_the_order_in_which_they_are_asked(shell: Shell, tmp_path: Path) -> None:
    good = {"base_url": "https://a.example", **ARK}
    write(
        tmp_path,
        {"name": "second", "models": '{ "seedance-2.0" = "ep-2" }\npriority = 2', **good},
        {"name": "first", "models": '{ "*" = "*" }\npriority = 1', **good},
    )
    done = shell("upstreams", "list")
    assert done.exit_code == 0, done.exception
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert "first (seedance-2.0), second (ep-2)" in lines["seedance-2.0"]
    assert "second" not in lines["seedance-2.0-fast"]
    (tmp_path / "filmgate.toml").unlink()
    assert "local" in shell("upstreams", "list", "seedance-2.0").stdout
