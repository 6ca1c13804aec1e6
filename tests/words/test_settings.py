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
