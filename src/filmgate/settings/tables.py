"""The tables of ``filmgate.toml``: what there may be several of."""

import math
import re
from typing import Literal

import msgspec

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
