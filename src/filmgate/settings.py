"""Settings: one frozen object, read once at start from ``filmgate.toml``, then ``FILMGATE_…`` variables, then flags."""

import math
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from filmgate.errors import SetupError

DEFAULT_DATA_DIR = "~/.local/share/filmgate"
SETTINGS_FILE = "filmgate.toml"
VARIABLE_PREFIX = "FILMGATE_"

# Written with commas in their variables.
_LISTS = frozenset({"link_ports"})
_TOKEN = re.compile(r"[!-~]{16,}")
_UPSTREAM_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


class UpstreamSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account at a vendor, as ``[[upstream]]`` in ``filmgate.toml``."""

    name: str
    """Ours for it, in routes, logs and prices: small letters, digits, ``-`` and ``_``."""
    dialect: Literal["jimmy", "senseaudio", "ink", "ark", "openai"]
    """The API that it speaks."""
    base_url: str
    """Where it speaks it: ``https://www.jimmyai.cn``, ``https://api.senseaudio.cn``, ``https://www.seedance2.ink``,
    ``https://ark.cn-beijing.volces.com/api/v3``, ``https://api.openai.com/v1``, or a gateway or engine of the kind."""
    key_env: str
    """The name of the environment variable that holds the key. The key itself stands nowhere else."""
    models: dict[str, str] = {}
    """What it makes: our models' ids to its own names for them. ``"*" = "*"`` is every model, by the same name."""
    max_running: int = 10
    """How many orders may run there at once, over all workers."""
    submits_per_minute: int = 60
    """How many may be sent in a minute, over all workers."""
    answer_seconds: float = 60.0
    """How long it may take to answer an order. Then the order is in doubt."""
    looks_per_second: float = 10.0
    """How many status calls one worker may make a second."""
    priority: int = 0
    """Of several that make a model, the lowest is asked first; the others where it cannot."""
    weight: int = 1
    """Of several with the same priority, each gets its share."""
    in_doubt: Literal["fail", "resubmit"] = "fail"
    """What becomes of an order whose answer was lost and that cannot be found: its money is given back, or it is sent
    once more, at the risk that the first one is billed too."""
    honours_idempotency_key: bool | None = None
    """Whether it answers a repeated ``Idempotency-Key`` with the first task; another filmgate does. None: as its API
    usually does."""
    draws_watermark: bool | None = None
    """Whether it draws the words into its films that an order's watermark asks for; else we draw them. None: as its API
    usually does."""
    callbacks: bool = False
    """Ask it to call us when something changes, where its API has that. Needs ``public_url``. A call only means that we
    look at once."""
    retry_rejected: bool = False
    """Whether an order that its content review refuses may be tried at the next upstream."""

    def __post_init__(self) -> None:
        if not _UPSTREAM_NAME.fullmatch(self.name) or self.name == "local":
            raise ValueError("name must be small letters, digits, - and _, and not be local")
        if not self.base_url.startswith(("https://", "http://")) or self.base_url.endswith("/"):
            raise ValueError("base_url must begin with https:// and not end with a slash")
        if not self.key_env.isidentifier():
            raise ValueError("key_env must be the name of a variable, not the key")
        for name in ("max_running", "submits_per_minute", "weight"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
        for name in ("answer_seconds", "looks_per_second"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be a number above 0")


class ReviewRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule of the automatic review, as ``[[review_rule]]`` in ``filmgate.toml``. It fits where all that it says is
    so; the first that fits decides, and what none fits is approved."""

    verdict: Literal["approve", "reject", "human", "consent"]
    """``human``: somebody must look first. ``consent``: usable under a consent alone."""
    reason: str
    """Why; customers and whoever looks read it."""
    kinds: tuple[Literal["image", "video", "audio"], ...] = ()
    """Only files of these kinds; of every kind unless given."""
    formats: tuple[str, ...] = ()
    """Only files in these formats: ``gif``, ``webm``."""
    over_seconds: float | None = None
    """Only clips and sounds that are longer."""
    over_megabytes: float | None = None
    """Only files that are larger."""
    over_side_pixels: int | None = None
    """Only pictures and clips with a longer side."""
    under_side_pixels: int | None = None
    """Only pictures and clips with a shorter side."""
    faces: bool = False
    """Only pictures and clips that show a face. Needs ``face_model``."""
    prompt: str | None = None
    """For prompts instead of files: a regular expression that is found in the prompt, in any case. Needs
    ``review_prompts``."""

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError("reason must say why")
        if self.prompt is None:
            return
        try:
            re.compile(self.prompt)
        except re.error as exc:
            raise ValueError(f"prompt is no regular expression: {exc}") from exc
        plain = ReviewRule(verdict=self.verdict, reason=self.reason)
        if self.verdict == "consent" or msgspec.structs.replace(self, prompt=None) != plain:
            raise ValueError("a rule for prompts says nothing of files or consents")


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
