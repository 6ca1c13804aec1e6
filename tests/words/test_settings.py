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
