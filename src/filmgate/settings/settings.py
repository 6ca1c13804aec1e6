"""Settings: one frozen object, read once at start from ``filmgate.toml``, then ``FILMGATE_…`` variables, then flags."""

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from filmgate.errors import SetupError
from filmgate.settings.tables import ReviewRule, UpstreamSettings

DEFAULT_DATA_DIR = "~/.local/share/filmgate"
SETTINGS_FILE = "filmgate.toml"
VARIABLE_PREFIX = "FILMGATE_"

# Written with commas in their variables.
_LISTS = frozenset({"link_ports"})
_TOKEN = re.compile(r"[!-~]{16,}")


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
    presigned_links: bool = False
    """Let the bucket give out films and posters itself: a link to one answers 302 and leads to a presigned URL of the
    bucket. For a bucket that customers can reach; see ``docs/storage.md``."""
    public_url: str | None = None
    """How customers reach this server, for the links in answers. Absent: as the request itself was addressed."""
    metrics_token: str | None = None
    """What ``/metrics`` is read with, as ``Authorization: Bearer …``; 16 characters or more. Absent: there are no
    metrics, since they tell of vendors and of how much is ordered."""
    allow_private_networks: bool = False
    """Let media links and webhooks use private and loopback addresses and plain http. For tests and closed networks."""
    link_ports: tuple[Annotated[int, msgspec.Meta(ge=1, le=65535)], ...] | None = None
    """The ports besides 443 (and 80, where plain http is allowed) that media links and webhooks may use, as a list;
    in the variable with commas: ``8443, 9000``. An empty list: none. Absent: any port."""
    engine_processes: int = 2
    """How many films the local engine makes at once in one worker."""
    result_retention_hours: int = 72
    """How many hours after its order's end a film is kept, for accounts that say nothing else."""
    account_storage_megabytes: int = 10_000
    """How much an account may keep here beside its films: its assets, and the files that it hosts for some days."""
    review_rule: tuple[ReviewRule, ...] = ()
    """Rules of the automatic review of assets and prompts, each a table ``[[review_rule]]`` in ``filmgate.toml``."""
    review_prompts: bool = False
    """Whether prompts of orders are reviewed too: refused, or held until somebody has read them, as rules say."""
    review_media: bool = False
    """Whether media inside orders pass the review too: what the rules do not approve at once must come as an asset."""
    face_model: Path | None = None
    """A YuNet model as ONNX, for rules that ask for faces; OpenCV's model zoo has one as ``face_detection_yunet``."""
    moderator_url: str | None = None
    """Where questions about what needs a look are posted, signed. Absent: people here decide alone. Needs
    ``public_url``."""
    moderator_timeout_minutes: int = 60
    """How long its answer is waited for."""
    moderator_silence: Literal["human", "approve", "reject"] = "human"
    """What follows when it does not answer in time: people here decide, or it counts as approved or rejected."""
    labels: Literal["full", "metadata", "off"] = "full"
    """What films carry that says where they came from: ``full`` is a signed C2PA manifest and the AIGC entry of
    GB 45438-2025, ``metadata`` that entry alone, ``off`` neither: then a film stays as it came, byte for byte."""
    label_producer: str = "filmgate"
    """Who generates films, for their AIGC entries: a name, or the 27 characters of a registered provider."""
    label_propagator: str = ""
    """Who passes them on, likewise; empty where nobody but their producer does."""
    label_certificate: Path | None = None
    """The certificate that manifests are signed with, followed by the one that issued it (PEM). Absent: one that the
    installation makes for itself, for which nobody vouches."""
    label_key: Path | None = None
    """Its private key (PEM). Both paths begin in the data folder, unless they say otherwise."""
    jimmy_success_code: Literal["20000", "number", "zero"] = "number"
    """The success code of the Jimmy envelope: the number 20000, the text "20000", or the number 0."""
    senseaudio_unknown_model_status: Literal[500, 400] = 500
    """SenseAudio answers an unknown model with 500, as measured; 400 spares clients useless retries."""
    openai_default_model: str = "seedance-2.0"
    """The model of orders through OpenAI Videos that name none. Empty: such orders are refused."""
    upstream: tuple[UpstreamSettings, ...] = ()
    """The vendors that make films, each a table ``[[upstream]]`` in ``filmgate.toml``; with none, the local engine
    makes all."""
    log_format: Literal["auto", "json", "console"] = "auto"
    """Logs as JSON lines or for people; ``auto`` is for people where standard error is a terminal."""

    def __post_init__(self) -> None:
        names = [each.name for each in self.upstream]
        if len(names) != len(set(names)):
            raise ValueError("two upstreams have the same name")
        if self.presigned_links and (self.object_store_url is None or "://" not in self.object_store_url):
            raise ValueError("presigned_links needs a bucket, named by object_store_url")
        if self.metrics_token is not None and not _TOKEN.fullmatch(self.metrics_token):
            raise ValueError("metrics_token must be 16 visible ASCII characters or more")

    @property
    def catalogue_folder(self) -> Path:
        """Where the operator's own catalogue files lie, if there are any."""
        return self.data / "catalogue"

    @property
    def label_certificate_file(self) -> Path | None:
        """Where the certificate lies, if there is one; likewise ``label_key_file``."""
        return self._in_data_folder(self.label_certificate)

    @property
    def label_key_file(self) -> Path | None:
        return self._in_data_folder(self.label_key)

    def _in_data_folder(self, path: Path | None) -> Path | None:
        return None if path is None else self.data / path.expanduser()

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
        return msgspec.convert(values, Settings, strict=False, dec_hook=_converted)
    except msgspec.ValidationError as exc:
        raise _wrong(exc, folder / SETTINGS_FILE) from exc


def _converted(kind: type[Any], value: Any) -> Any:
    if isinstance(value, kind):
        return value
    if kind is Path and isinstance(value, str) and value.strip():
        return Path(value)
    raise ValueError("Expected the path of a file")


def _wrong(exc: msgspec.ValidationError, path: Path) -> SetupError:
    message, _, place = str(exc).partition(" - at `$.")
    name = place.rstrip("`")
    whole = name.partition("[")[0]  # Of a list, one item may be what is wrong.
    upstream = re.fullmatch(r"upstream\[(\d+)\](?:\.(\w+))?.*", name)
    if upstream is None:
        return SetupError(
            f"setting {whole!r} is wrong: {message}.", f"Mend {SETTINGS_FILE} or {VARIABLE_PREFIX}{whole.upper()}."
        )
    # What we say ourselves begins with the member, and an unknown one stands in backticks.
    own = re.match(r"(\w+) must |.*unknown field `(\w+)`", message)
    line = _line_of_upstream(path, int(upstream[1]), upstream[2] or (own and (own[1] or own[2])))
    return SetupError(
        f"upstream number {int(upstream[1]) + 1} is wrong: {message}{f' ({upstream[2]})' if upstream[2] else ''}.",
        f"Mend {path}, line {line}.",
    )


def _line_of_upstream(path: Path, number: int, key: str | None) -> int:
    """The line of the file where an upstream begins, or where it says the key."""
    begun = -1
    first = 1
    for count, line in enumerate(path.read_text().splitlines(), 1):
        if line.replace(" ", "").startswith("[[upstream]]"):
            begun += 1
            first = count if begun == number else first
        elif begun == number and key and re.match(rf"\s*{key}\s*=", line):
            return count
    return first


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
        if field.name == "upstream":
            continue  # Tables do not fit into a variable.
        text = os.environ.get(VARIABLE_PREFIX + field.name.upper())
        if text:
            values[field.name] = [part.strip() for part in text.split(",")] if field.name in _LISTS else text
    return values
