from pathlib import Path

from typer.testing import CliRunner

from filmgate.cli import app


def _models(tmp_path: Path, *words: str, columns: int = 300) -> list[str]:
    done = CliRunner(env={"COLUMNS": str(columns)}).invoke(app, ["models", "--data", str(tmp_path), *words])
    assert done.exit_code == 0, done.exception
    return [line.split()[0] for line in done.stdout.splitlines()[1:] if line.strip()]


def test_all_models_are_shown(tmp_path: Path) -> None:
    shown = _models(tmp_path)
    assert {"seedance2.0-mini", "seedance-2.0", "doubao-seedance-2-0-260128"} <= set(shown)


def test_models_are_found_by_part_of_their_name(tmp_path: Path) -> None:
    assert all("mini" in name for name in _models(tmp_path, "mini"))


def test_names_stay_whole_on_a_narrow_screen(tmp_path: Path) -> None:
    assert "doubao-seedance-2-0-260128" in _models(tmp_path, columns=80)


def test_a_dialect_shows_what_its_vendor_lists(tmp_path: Path) -> None:
    assert _models(tmp_path, "--dialect", "senseaudio") == ["doubao-seedance-2-0-260128"]


def test_an_operator_s_model_is_shown_too(tmp_path: Path) -> None:
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "house.toml").write_text(
        '[[model]]\nid = "house"\nlike = "seedance-2.0-fast"\ndisplay_name = "House"\n'
    )
    assert "house" in _models(tmp_path)
