"""Runs filmgate commands as an operator would."""

from pathlib import Path

from typer.testing import CliRunner, Result

from filmgate.cli import app
from filmgate.errors import SetupError


class Shell:
    """Runs filmgate commands in this process."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def __call__(self, *words: str) -> Result:
        return CliRunner(env={"COLUMNS": "200"}).invoke(app, [*words, "--data", str(self._data)])

    def refusal(self, *words: str) -> SetupError:
        """The error that a command ends with."""
        error = self(*words).exception
        assert isinstance(error, SetupError), repr(error)
        return error
