"""Settings: one frozen object, read once at start from ``filmgate.toml``, then ``FILMGATE_…`` variables, then flags."""

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

import msgspec

from filmgate.errors import SetupError

DEFAULT_DATA_DIR = "~/.local/share/filmgate"
SETTINGS_FILE = "filmgate.toml"
VARIABLE_PREFIX = "FILMGATE_"


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How this filmgate is set up. Each field is also the variable ``FILMGATE_`` + its name in capitals."""

    data: Path
    """The data folder: embedded Postgres, objects, an optional ``filmgate.toml`` and ``catalogue/*.toml``. Given by
    the variable or ``--data`` alone, since ``filmgate.toml`` lies in it; else ``~/.local/share/filmgate``."""
    host: str = "127.0.0.1"
    """The address that ``filmgate serve`` listens on."""
    port: int = 8787
    """Its port; 0 takes any that is free."""
    database_url: str | None = None
    """A Postgres of your own, 15 or newer. Absent: an embedded one in the data folder."""
    object_store_url: str | None = None
    """``s3://bucket/prefix`` and the like. Absent: ``objects/`` in the data folder."""
    public_url: str | None = None
    """How customers reach this server, for the links in answers. Absent: as the request itself was addressed."""
    allow_private_networks: bool = False
    """Let media links and webhooks use private and loopback addresses and plain http. For tests and closed networks."""
    engine_processes: int = 2
    """How many films the local engine makes at once in one worker."""
    result_retention_hours: int = 72
    """How many hours after its order's end a film is kept, for accounts that say nothing else."""
    jimmy_success_code: Literal["20000", "number", "zero"] = "number"
    """The success code of the Jimmy envelope: the number 20000, the text "20000", or the number 0."""
    senseaudio_unknown_model_status: Literal[500, 400] = 500
    """SenseAudio answers an unknown model with 500, as measured; 400 spares clients useless retries."""
    openai_default_model: str = "seedance-2.0"
    """The model of orders through OpenAI Videos that name none. Empty: such orders are refused."""
    log_format: Literal["auto", "json", "console"] = "auto"
    """Logs as JSON lines or for people; ``auto`` is for people where standard error is a terminal."""

    @property
    def catalogue_folder(self) -> Path:
        """Where the operator's own catalogue files lie, if there are any."""
        return self.data / "catalogue"

    @property
    def object_store(self) -> str | Path:
        """Where objects are kept: a URL or a folder."""
        return self.object_store_url or self.data / "objects"


def load_settings(data: Path | str | None = None, **flags: Any) -> Settings:
    """Read the settings.

    Args:
        data: the data folder, over ``FILMGATE_DATA`` and the default.
        flags: values from the command line; None means "not given".

    Raises:
        SetupError: a value is wrong; the message names the variable or the line's key.
    """
    folder = Path(data or os.environ.get("FILMGATE_DATA") or DEFAULT_DATA_DIR).expanduser().absolute()
    values = (
        _from_file(folder / SETTINGS_FILE) | _from_environment() | {k: v for k, v in flags.items() if v is not None}
    )
    values["data"] = folder
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as exc:
        name = str(exc).rsplit("`$.", 1)[-1].rstrip("`")
        raise SetupError(
            f"setting {name!r} is wrong: {exc}.", f"Mend {SETTINGS_FILE} or {VARIABLE_PREFIX}{name.upper()}."
        ) from exc


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as exc:
        raise SetupError(f"{path} cannot be read: {exc}.", "Mend or remove it.") from exc


def _from_environment() -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(Settings):
        text = os.environ.get(VARIABLE_PREFIX + field.name.upper())
        if text:
            values[field.name] = text
    return values
