from pathlib import Path

import pytest

from filmgate.errors import SetupError
from filmgate.settings import load_settings


def test_flags_win_over_variables_and_variables_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "filmgate.toml").write_text('port = 1000\nhost = "10.0.0.1"\nengine_processes = 3\n')
    monkeypatch.setenv("FILMGATE_PORT", "2000")
    monkeypatch.setenv("FILMGATE_ENGINE_PROCESSES", "4")
    settings = load_settings(tmp_path, port=3000, host=None)
    assert (settings.port, settings.host, settings.engine_processes) == (3000, "10.0.0.1", 4)


@pytest.mark.parametrize(("text", "allowed"), [("1", True), ("true", True), ("0", False), ("", False)])
def test_a_switch_reads_as_people_write_it(
    text: str, allowed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FILMGATE_ALLOW_PRIVATE_NETWORKS", text)
    assert load_settings(tmp_path).allow_private_networks is allowed


def test_a_wrong_value_names_its_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FILMGATE_PORT", "many")
    with pytest.raises(SetupError, match="FILMGATE_PORT"):
        load_settings(tmp_path)


@pytest.mark.parametrize("text", ["port = ", "colour = 3", "port = 'x'"])
def test_a_wrong_file_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "filmgate.toml").write_text(text)
    with pytest.raises(SetupError, match=r"filmgate\.toml"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    ("line", "variable", "ports"),
    [
        ("", "", None),
        ("link_ports = []", "", ()),
        ("link_ports = [8443, 9000]", "", (8443, 9000)),
        ("link_ports = [8443]", "9000, 9001", (9000, 9001)),
    ],
)
def test_ports_are_a_list_in_the_file_and_have_commas_in_the_variable(
    line: str, variable: str, ports: tuple[int, ...] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "filmgate.toml").write_text(line)
    monkeypatch.setenv("FILMGATE_LINK_PORTS", variable)
    assert load_settings(tmp_path).link_ports == ports


@pytest.mark.parametrize("text", ["https", "8443,", "0", "65536", "-1", "8443;9000", "8443, many"])
def test_a_port_that_is_none_names_the_variable(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FILMGATE_LINK_PORTS", text)
    with pytest.raises(SetupError, match=r"'link_ports' is wrong.*FILMGATE_LINK_PORTS"):
        load_settings(tmp_path)


def test_rules_of_the_review_stand_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "filmgate.toml").write_text(
        'review_prompts = true\n[[review_rule]]\nverdict = "human"\nreason = "long"\nover_seconds = 60\n'
        '[[review_rule]]\nverdict = "reject"\nreason = "no swords"\nprompt = "sword|剑"\n'
    )
    settings = load_settings(tmp_path)
    assert [rule.verdict for rule in settings.review_rule] == ["human", "reject"]
    assert settings.review_rule[0].over_seconds == 60


@pytest.mark.parametrize("rule", [
    'verdict = "maybe"\nreason = "x"', 'verdict = "reject"', 'verdict = "reject"\nreason = " "',
    'verdict = "reject"\nreason = "x"\nprompt = "("', 'verdict = "consent"\nreason = "x"\nprompt = "y"',
    'verdict = "reject"\nreason = "x"\nprompt = "y"\nover_seconds = 1',
    'verdict = "reject"\nreason = "x"\nkind = "image"',
    'verdict = "reject"\nreason = "x"\nkinds = ["film"]',
])  # fmt: skip
def test_a_rule_of_the_review_that_makes_no_sense_is_told(tmp_path: Path, rule: str) -> None:
    (tmp_path / "filmgate.toml").write_text(f"[[review_rule]]\n{rule}\n")
    with pytest.raises(SetupError, match="review_rule"):
        load_settings(tmp_path)


def test_a_certificate_lies_in_the_data_folder_unless_it_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "filmgate.toml").write_text('label_certificate = "films.pem"\nlabel_key = "/etc/films.key"\n')
    settings = load_settings(tmp_path)
    assert settings.label_certificate_file == tmp_path / "films.pem"
    assert settings.label_key_file == Path("/etc/films.key")
    assert load_settings(tmp_path / "other").label_key_file is None


@pytest.mark.parametrize("value", ["3", "''", "' '", "true", "[]"])
def test_what_is_no_path_is_refused(tmp_path: Path, value: str) -> None:
    (tmp_path / "filmgate.toml").write_text(f"label_key = {value}\n")
    with pytest.raises(SetupError, match="label_key"):
        load_settings(tmp_path)


GOOD = {"name": '"north"', "dialect": '"ark"', "base_url": '"https://a.example"', "key_env": '"NORTH_KEY"'}


def with_upstream(folder: Path, **members: str | None) -> None:
    """A file with a comment, a good upstream, and one whose members are these, a line each."""
    lines = ["# Ours.", "[[upstream]]", 'name = "first"', *(f"{k} = {v}" for k, v in GOOD.items() if k != "name"), ""]
    written = {**GOOD, **members}
    lines += ["[[upstream]]", *(f"{name} = {value}" for name, value in written.items() if value is not None)]
    (folder / "filmgate.toml").write_text("\n".join(lines))


def refusal(folder: Path) -> SetupError:
    with pytest.raises(SetupError) as raised:
        load_settings(folder)
    return raised.value


def test_a_good_upstream_has_the_defaults(tmp_path: Path) -> None:
    with_upstream(tmp_path)
    first, north = load_settings(tmp_path).upstream
    assert (first.name, north.name, north.in_doubt, north.callbacks, north.models) == (
        "first",
        "north",
        "fail",
        False,
        {},
    )


@pytest.mark.parametrize(
    ("member", "value", "line", "says"),
    [
        ("name", '"North"', 9, "name must be small letters"),
        ("name", '"local"', 9, "not be local"),
        ("name", '""', 9, "name must be"),
        ("name", '"n\u00f6rd"', 9, "name must be"),
        ("name", f'"{"x" * 41}"', 9, "name must be"),
        ("name", "7", 9, "name"),
        ("dialect", '"kling"', 10, "kling"),
        ("dialect", '""', 10, "dialect"),
        ("base_url", '"ftp://a.example"', 11, "base_url must begin with https://"),
        ("base_url", '"https://a.example/"', 11, "not end with a slash"),
        ("base_url", '""', 11, "base_url must"),
        ("key_env", '"sk-abc"', 12, "not the key"),
        ("key_env", '""', 12, "key_env must"),
        ("models", '["a"]', 13, "models"),
        ("models", "{ a = 7 }", 13, "models"),
        ("max_running", "0", 13, "max_running"),
        ("max_running", '"many"', 13, "max_running"),
        ("submits_per_minute", "-1", 13, "submits_per_minute"),
        ("answer_seconds", "0", 13, "answer_seconds"),
        ("answer_seconds", "nan", 13, "answer_seconds"),
        ("answer_seconds", "inf", 13, "answer_seconds"),
        ("looks_per_second", "-0.5", 13, "looks_per_second"),
        ("priority", '"first"', 13, "priority"),
        ("weight", "0", 13, "weight"),
        ("in_doubt", '"ignore"', 13, "ignore"),
        ("honours_idempotency_key", '"perhaps"', 13, "honours_idempotency_key"),
        ("callbacks", '"often"', 13, "callbacks"),
        ("retry_rejected", "7", 13, "retry_rejected"),
        ("colour", '"red"', 13, "colour"),
        ("dialect", None, 8, "dialect"),
        ("key_env", None, 8, "key_env"),
    ],
)
def test_what_is_wrong_with_an_upstream_is_told_with_its_line(
    member: str, value: str | None, line: int, says: str, tmp_path: Path
) -> None:
    with_upstream(tmp_path, **{member: value})
    error = refusal(tmp_path)
    assert "upstream number 2 is wrong" in error.message
    assert says in error.message
    assert f"line {line}." in error.mend


def test_two_upstreams_of_one_name_are_told(tmp_path: Path) -> None:
    with_upstream(tmp_path, name='"first"')
    assert "two upstreams have the same name" in refusal(tmp_path).message


def test_a_token_for_the_metrics_that_is_easily_guessed_is_refused(tmp_path: Path) -> None:
    for token in ("short", "has a space in the middle", "umlaut-ö-in-the-middle"):
        (tmp_path / "filmgate.toml").write_text(f'metrics_token = "{token}"')
        assert "metrics_token" in refusal(tmp_path).message
    (tmp_path / "filmgate.toml").write_text('metrics_token = "a-token-of-the-operator"')
    assert load_settings(tmp_path).metrics_token == "a-token-of-the-operator"
