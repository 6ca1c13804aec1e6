"""What the catalogue's files say: a model, the terms it is ordered on, and the offers that change them per dialect.

    Terms    everything a file may say about a model, apart from its id
    Offer    those terms as sold in one dialect under one name; what rules, prices and dialects read
    Price    what an order costs, by its first rate that fits

The same structs are the form of the files: an unknown key or an impossible value is refused when a file is read.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Literal

import msgspec

from filmgate.catalogue.limits import ALL_MODES, Cancel, Duration, MediaRules, Prompt, Scheme, Setting, Switch, Timeout
from filmgate.money import Micros, micros_from_credits
from filmgate.video import ADAPTIVE, RESOLUTIONS, MediaKind, Mode, Ratio, Resolution, VideoRequest

ANY = "any"
"""The key of a unit price that is the same at every resolution."""

FramesRule = Literal["first_only", "first", "both", "any"]
"""Which frames an order in frames mode may have. ``first_only``: a first frame and no last one. ``first``: the first
alone or both. ``both``: both or none. ``any``: either or both."""
PriceMode = Literal["per_task", "per_second", "per_million_tokens"]
BilledSeconds = Literal["duration", "duration_and_first_video", "duration_and_videos"]
RateCondition = Literal["always", "media", "video", "silent"]


class Rate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Unit prices that apply under one condition."""

    when: RateCondition = "always"
    """``media``: the order has any medium; ``video``: it has a reference video; ``silent``: it wants no sound."""
    credits: dict[Resolution | Literal["any"], Decimal]
    """By resolution, or one for ``any``."""
    billing_name: str | None = None
    """Where it differs from the price's own."""

    def __post_init__(self) -> None:
        if not self.credits or (ANY in self.credits and len(self.credits) > 1):
            raise ValueError("credits has prices by resolution, or one for any")
        for amount in self.credits.values():
            if amount < 0:
                raise ValueError("a price is never negative")
            micros_from_credits(amount)

    def fits(self, request: VideoRequest) -> bool:
        """Whether this rate applies to a complete request."""
        match self.when:
            case "always":
                return True
            case "media":
                return bool(request.media)
            case "video":
                return bool(request.of_kind("video", "reference"))
            case "silent":
                return request.audio is False

    def unit_price_micros(self, resolution: str) -> Micros:
        """The price of one unit at a resolution."""
        for key, amount in self.credits.items():
            if key in (resolution, ANY):
                return micros_from_credits(amount)
        raise KeyError(resolution)


class Price(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an order costs: units times the first rate that fits."""

    mode: PriceMode
    billing_name: str = "{id}"
    """The vendor's name of the price row. ``{id}`` is the name the model was ordered by, ``{model}`` the model's id,
    ``{suffix}`` what the ordered name adds to it (``-720p``, or nothing) and ``{resolution}`` the film's."""
    seconds: BilledSeconds = "duration"
    """Which seconds are billed, or turned into tokens."""
    rates: tuple[Rate, ...]
    """The first that fits applies; the last one always fits."""

    def __post_init__(self) -> None:
        if not self.rates or self.rates[-1].when != "always":
            raise ValueError("the last rate must be one that applies always")
        for name in (self.billing_name, *(rate.billing_name for rate in self.rates)):
            _check_billing_name(name or "")


def _check_billing_name(name: str) -> None:
    try:
        name.format(id="", model="", suffix="", resolution="")
    except (KeyError, IndexError, ValueError) as exc:
        raise ValueError(f"billing_name {name!r} may only name id, model, suffix and resolution") from exc


class PriceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a price list."""

    billing_name: str
    display_name: str
    mode: PriceMode
    unit_price_micros: Micros
    resolution: Resolution | None
    """None where the price is the same for all."""
    when: RateCondition
    remark: str
    """When the price applies, where it does not always: ``with reference video``."""
    group: str


class Name(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A further name of a model that carries a resolution: the default where the order names none."""

    id: str
    resolution: Resolution
    aliases: tuple[str, ...] = ()


class Route(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to get a model's film made."""

    upstream: str
    """As it is called in ``filmgate.toml``; ``local`` is the engine on this machine."""
    model: str | None = None
    """Its name for the model, where it is not what the upstream's settings say."""
    weight: int = 1
    """Among routes of the same priority, its share."""
    priority: int = 0
    """Set by ``routes.Router``: the lowest is tried first."""


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a file may say about a model."""

    display_name: str
    description: str = ""
    owned_by: str
    created: int
    """Unix seconds."""
    group: str = ""
    """A heading for price lists."""
    listed_in: tuple[str, ...] = ()
    """The dialects whose own vendor lists it. It can be ordered in every dialect."""
    create_path: str | None = None
    """Where the dialect has several create paths: the one that makes this model."""
    aliases: tuple[str, ...] = ()
    """Other spellings; the answer names the model by its id."""
    names: tuple[Name, ...] = ()

    modes: tuple[Mode, ...] = ALL_MODES
    frames: FramesRule = "first"
    frames_exclude: tuple[MediaKind, ...] = ("image",)
    """Which kinds of reference may not stand beside a first or last frame."""
    audio_needs: tuple[MediaKind, ...] = ("image", "video")
    """A sound needs a picture or clip of one of these kinds beside it (frames are pictures); empty: may stand alone."""
    max_pictures: int | None = None
    """Reference images and frames together."""
    max_items: int | None = None
    """All media of an order together."""
    schemes: tuple[Scheme, ...] = ("https",)
    library: str | None = None
    """The asset library that ``asset://`` names are looked up in."""
    image: MediaRules = MediaRules()
    video: MediaRules = MediaRules()
    audio: MediaRules = MediaRules()

    prompt: Prompt = Prompt()
    duration: Duration
    resolution: Setting[Resolution]
    ratio: Setting[Ratio]
    ratio_in: dict[Mode, Setting[Ratio]] = {}
    """Modes with other ratios."""
    sound: Switch = Switch(default=True)
    watermark: Switch = Switch(default=False)
    timeout: Timeout = Timeout()
    cancel: Cancel = Cancel()
    price: Price
    routes: tuple[Route, ...] = ()
    """Who makes it, in order; none: whichever upstreams say so (``routes.py``)."""

    def __post_init__(self) -> None:
        media_rules = (self.image, self.video, self.audio)
        takes_references = any(rules.max_count for rules in media_rules)
        if takes_references != ("references" in self.modes):
            raise ValueError("modes names references if and only if image, video or audio has a max_count")
        if "text" in self.modes and any(rules.min_count for rules in media_rules):
            raise ValueError("a model with a min_count makes no film from text alone: leave text out of modes")
        for name in self.names:
            if name.resolution not in self.resolution.choices:
                raise ValueError(f"name {name.id!r} carries a resolution that is not one of the choices")
        for rate in self.price.rates:
            if ANY not in rate.credits and not set(self.resolution.choices) <= set(rate.credits):
                raise ValueError("price.rates must have a price for each resolution, or one for any")

    def rules_of(self, kind: MediaKind) -> MediaRules:
        match kind:
            case "image":
                return self.image
            case "video":
                return self.video
            case "audio":
                return self.audio

    def schemes_of(self, kind: MediaKind) -> tuple[Scheme, ...]:
        schemes = self.rules_of(kind).schemes
        return self.schemes if schemes is None else schemes

    def ratio_of(self, mode: Mode) -> Setting[Ratio]:
        return self.ratio_in.get(mode, self.ratio)

    @property
    def durations(self) -> tuple[int, ...]:
        """Every length in seconds that can be ordered."""
        return self.duration.allowed

    @property
    def resolutions(self) -> tuple[Resolution, ...]:
        return tuple(value for value in RESOLUTIONS if value in self.resolution.choices)

    @property
    def ratios(self) -> tuple[Ratio, ...]:
        """Every ratio that can be ordered in some mode; ``adaptive`` comes last."""
        found = {ratio: None for mode in self.modes for ratio in self.ratio_of(mode).choices}
        return tuple(sorted(found, key=lambda ratio: ratio == ADAPTIVE))

    @property
    def max_media(self) -> int:
        """How many media an order may have at most, whatever their kinds."""
        references = self.image.max_count + self.video.max_count + self.audio.max_count
        frames = 0 if "frames" not in self.modes else 1 if self.frames == "first_only" else 2
        most = max(references, frames)
        return most if self.max_items is None else min(most, self.max_items)


class Offer(Terms, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model as it is sold in one dialect under one name. Made by ``load``."""

    id: str
    """The name to answer with: the model's id, or the one of its ``names`` that was ordered."""
    model: str
    """The model's id."""
    suffix: str = ""
    """The resolution that the ordered name carries: ``-720p``."""
    price_version: str
    """Changes when anything in the price does."""

    def billing_name(self, rate: Rate, resolution: str, suffix: str | None = None) -> str:
        """The name of the price row."""
        pattern = rate.billing_name or self.price.billing_name
        suffix = self.suffix if suffix is None else suffix
        return pattern.format(id=self.id, model=self.model, suffix=suffix, resolution=resolution)

    def unit_prices(self, *, with_media: bool) -> dict[Resolution, Micros]:
        """The price of one unit by resolution, for an order with or without media."""
        wanted = ("media", "always") if with_media else ("always",)
        rate = next(rate for rate in self.price.rates if rate.when in wanted)
        return {resolution: rate.unit_price_micros(resolution) for resolution in self.resolutions}

    def price_rows(self) -> tuple[PriceRow, ...]:
        """The model's lines in a price list, the plain ones first."""
        rows = {(row.billing_name, row.resolution, row.when): row for row in self._all_price_rows()}
        return tuple(sorted(rows.values(), key=lambda row: row.when != "always"))

    def _all_price_rows(self) -> Iterator[PriceRow]:
        suffixes = ("", *(f"-{name.resolution}" for name in self.names))
        for rate in self.price.rates:
            for suffix in suffixes:
                for resolution in self.resolutions:
                    yield self._price_row(rate, resolution, suffix)

    def _price_row(self, rate: Rate, resolution: Resolution, suffix: str) -> PriceRow:
        name = self.billing_name(rate, resolution, suffix)
        same_for_all = ANY in rate.credits
        label = suffix.removeprefix("-") if same_for_all else resolution
        return PriceRow(
            billing_name=name,
            display_name=self.display_name if label in self.display_name else f"{self.display_name} {label}",
            mode=self.price.mode,
            unit_price_micros=rate.unit_price_micros(resolution),
            resolution=None if same_for_all else resolution,
            when=rate.when,
            remark=_REMARKS[rate.when],
            group=self.group,
        )


_REMARKS: dict[RateCondition, str] = {
    "always": "",
    "media": "with media",
    "video": "with reference video",
    "silent": "without sound",
}
