"""The shell, on a database of the test's own."""

from pathlib import Path

import pytest
from tests.cli.shell import Shell


@pytest.fixture
def shell(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("FILMGATE_DATABASE_URL", database_url)
    return Shell(tmp_path)
