"""``filmgate doctor``: every check says something, and one that fails does not hide the others."""

from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.media.certificate_samples import make_pair
from typer.testing import CliRunner, Result

from filmgate.cli import app

CHECKS = [
    "python",
    "data",
    "database",
    "object",
    "catalogue",
    "encoders",
    "fonts",
    "labels",
    "port",
    "links",
    "networks",
]


def _doctor(data: Path, **variables: str) -> Result:
    return CliRunner(env={"COLUMNS": "300", **variables}).invoke(app, ["doctor", "--data", str(data)])


def _verdicts(done: Result) -> dict[str, str]:
    """By the first word of the check's name."""
    rows = [line.split() for line in done.stdout.splitlines()[1:] if line.strip()]
    return {row[1]: row[0] for row in rows}


def test_where_all_is_well_nothing_is_wrong(database_url: str, tmp_path: Path) -> None:
    done = _doctor(tmp_path, FILMGATE_DATABASE_URL=database_url)
    assert done.exit_code == 0, done.output
    assert list(_verdicts(done)) == CHECKS
    assert "wrong" not in _verdicts(done).values()
    assert "Postgres 18" in done.stdout


def test_a_database_that_is_away_is_told_with_the_mend_and_without_its_password(tmp_path: Path) -> None:
    done = _doctor(tmp_path, FILMGATE_DATABASE_URL="postgresql://me:sesame@127.0.0.1:1/films")
    assert done.exit_code == 1
    verdicts = _verdicts(done)
    assert [name for name, verdict in verdicts.items() if verdict == "wrong"] == ["database"]
    assert list(verdicts) == CHECKS
    assert "mend FILMGATE_DATABASE_URL" in done.stdout
    assert "sesame" not in done.output


def test_a_setting_that_opens_the_house_is_pointed_out(database_url: str, tmp_path: Path) -> None:
    done = _doctor(tmp_path, FILMGATE_DATABASE_URL=database_url, FILMGATE_ALLOW_PRIVATE_NETWORKS="1")
    assert (done.exit_code, _verdicts(done)["networks"]) == (0, "care")


def test_a_catalogue_file_that_is_wrong_is_named(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "house.toml").write_text('[[model]]\nid = "house"\nlike = "nothing"\n')
    done = _doctor(tmp_path, FILMGATE_DATABASE_URL=database_url)
    assert (done.exit_code, _verdicts(done)["catalogue"]) == (1, "wrong")
    assert "house.toml" in done.stdout


@pytest.mark.parametrize(
    ("variables", "verdict", "says"),
    [
        ({}, "care", "nobody vouches for"),
        ({"FILMGATE_LABELS": "metadata"}, "good", "AIGC entry"),
        ({"FILMGATE_LABELS": "off"}, "care", "do not say where they came from"),
        ({"FILMGATE_LABEL_KEY": "key.pem"}, "wrong", "label_certificate is missing"),
        ({"FILMGATE_LABEL_CERTIFICATE": "none.pem", "FILMGATE_LABEL_KEY": "key.pem"}, "wrong", "cannot be read"),
    ],
)
def test_what_films_say_of_themselves_is_told(
    database_url: str, tmp_path: Path, variables: dict[str, str], verdict: str, says: str
) -> None:
    done = _doctor(tmp_path, FILMGATE_DATABASE_URL=database_url, **variables)
    assert _verdicts(done)["labels"] == verdict
    assert says in done.stdout


def test_an_operators_certificate_is_tried(database_url: str, tmp_path: Path) -> None:
    make_pair().written(tmp_path)
    paths = {"FILMGATE_LABEL_CERTIFICATE": "certificate.pem", "FILMGATE_LABEL_KEY": "key.pem"}
    done = _doctor(tmp_path, FILMGATE_DATABASE_URL=database_url, **paths)
    assert _verdicts(done)["labels"] == "care"
    assert "more days" in done.stdout
    make_pair(days=(-1, 300)).written(tmp_path)
    assert _verdicts(_doctor(tmp_path, FILMGATE_DATABASE_URL=database_url, **paths))["labels"] == "good"
    make_pair(use=ExtendedKeyUsageOID.SERVER_AUTH).written(tmp_path)
    assert _verdicts(_doctor(tmp_path, FILMGATE_DATABASE_URL=database_url, **paths))["labels"] == "wrong"
