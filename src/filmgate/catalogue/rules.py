"""Which rules of its model an order breaks: all of them, in one pass.

The rules are data (``model.Offer``); this file only compares. The order of the violations is the order in which a
person would mend them: prompt, settings, kind of order, combinations, counts, links (spec jimmy 4.12).
"""

import re
from collections.abc import Container, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec

from filmgate.catalogue.limits import AUTO, Setting
from filmgate.catalogue.model import Offer
from filmgate.errors import Violation
from filmgate.video import Media, MediaKind, VideoRequest, link_scheme

KINDS: tuple[MediaKind, ...] = ("image", "video", "audio")

LONGEST_URL_CHARACTERS = 8192
"""Of a link; a data URL is bounded by the body it comes in."""
LARGEST_SEED = 4_294_967_295
LARGEST_METADATA_BYTES = 16_384
"""As JSON (spec ink 11)."""

_MANY: dict[MediaKind, str] = {"image": "reference images", "video": "reference videos", "audio": "reference sounds"}
_ONE: dict[MediaKind, str] = {"image": "an image", "video": "a reference video", "audio": "a reference sound"}
_LONGEST_SHOWN_CHARACTERS = 100

# Line breaks and tabs are text. Lone surrogates cannot be stored or sent as UTF-8.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_NOT_IN_A_LINK = re.compile("[\x00-\x20\x7f\ud800-\udfff]")


def find_violations(
    offer: Offer, request: VideoRequest, *, plain_http_allowed: bool, own_links: Container[str] = ()
) -> list[Violation]:
    """Compare an order, complete or not, with the rules of its model. An empty list: it may be made.

    Args:
        own_links: links of media that the rules for links do not speak of, because we hold what they lead to.
    """
    return [
        *_prompt(offer, request),
        *_settings(offer, request),
        *_mode(offer, request),
        *_frames(offer, request),
        *_combinations(offer, request),
        *_counts(offer, request),
        *_links(offer, request, plain_http_allowed, own_links),
        *_carried_along(request),
    ]


def shortened(text: str) -> str:
    """A caller's text for a message: whole where it is short."""
    return text if len(text) <= _LONGEST_SHOWN_CHARACTERS else f"{text[:_LONGEST_SHOWN_CHARACTERS]}…"


def _prompt(offer: Offer, request: VideoRequest) -> Iterator[Violation]:
    most = offer.prompt.max_characters
    if not request.prompt.strip() and request.mode in offer.prompt.required_in:
        yield Violation(field="prompt", rule="missing", message="must not be empty", value=shortened(request.prompt))
    if len(request.prompt) > most:
        message = f"must have at most {most} characters, not {len(request.prompt)}"
        yield Violation(field="prompt", rule="length", message=message, value=len(request.prompt), allowed=most)
    if found := _UNPRINTABLE.search(request.prompt):
        message = f"must not contain control characters: there is one at position {found.start()}"
        yield Violation(field="prompt", rule="format", message=message)


def _settings(offer: Offer, request: VideoRequest) -> Iterator[Violation]:
    yield from _duration(offer, request.duration_seconds)
    yield from _choice("resolution", request.resolution, offer.resolution)
    yield from _ratio(offer, request)
    if request.seed is not None and not AUTO <= request.seed <= LARGEST_SEED:
        yield _out_of_range("seed", request.seed, AUTO, LARGEST_SEED)
    timeout = offer.timeout
    if request.timeout_seconds is not None and not timeout.min <= request.timeout_seconds <= timeout.max:
        yield _out_of_range("timeout_seconds", request.timeout_seconds, timeout.min, timeout.max, " seconds")


def _duration(offer: Offer, seconds: int | None) -> Iterator[Violation]:
    rule = offer.duration
    if seconds is None or seconds in rule.allowed or (seconds == AUTO and rule.auto is not None):
        return
    or_auto = "" if rule.auto is None else f", or {AUTO}"
    if rule.choices:
        message = f"must be {listed(rule.allowed)} seconds{or_auto}, not {seconds}"
        yield Violation(
            field="duration_seconds", rule="choice", message=message, value=seconds, allowed=list(rule.allowed)
        )
    else:
        yield _out_of_range("duration_seconds", seconds, rule.allowed[0], rule.allowed[-1], f" seconds{or_auto}")


def _ratio(offer: Offer, request: VideoRequest) -> Iterator[Violation]:
    setting = offer.ratio_of(request.mode)
    elsewhere = request.ratio in offer.ratios and request.ratio not in setting.choices
    where = {"text": " without media", "frames": " with frames", "references": " with references"}[request.mode]
    yield from _choice("ratio", request.ratio, setting, where if elsewhere else "")


def _choice(field: str, value: str | None, setting: Setting[Any], where: str = "") -> Iterator[Violation]:
    if value is None or setting.ignored or value in setting.choices:
        return
    message = f"must be {listed(setting.choices)}{where}, not {shortened(value)!r}"
    yield Violation(field=field, rule="choice", message=message, value=shortened(value), allowed=list(setting.choices))


def _out_of_range(field: str, value: int, least: int, most: int, unit: str = "") -> Violation:
    message = f"must be from {least} to {most}{unit}, not {value}"
    return Violation(field=field, rule="range", message=message, value=value, allowed=[least, most])


def _mode(offer: Offer, request: VideoRequest) -> Iterator[Violation]:
    # That a model takes no references is told by the count of each kind, which is then 0.
    if request.mode == "text" and "text" not in offer.modes:
        yield Violation(
            field="media", rule="missing", message="must be given: this model makes no film from text alone"
        )
    if request.mode == "frames" and "frames" not in offer.modes:
        message = "must not be given: this model takes no first or last frame"
        yield Violation(field=_frames_of(request)[0].field, rule="choice", message=message)


def _frames(offer: Offer, request: VideoRequest) -> Iterator[Violation]:
    frames = _frames_of(request)
    for media in frames:
        if media.kind != "image":
            yield Violation(field=media.field, rule="format", message="must be an image: a frame is one")
    first = [media for media in frames if media.role == "first_frame"]
    last = [media for media in frames if media.role == "last_frame"]
    for media in first[1:]:
        yield Violation(field=media.field, rule="count", message="must be the only first frame", allowed=1)
    for media in last[1:]:
        yield Violation(field=media.field, rule="count", message="must be the only last frame", allowed=1)
    if "frames" not in offer.modes:
        return
    if last and offer.frames == "first_only":
        yield Violation(field=last[0].field, rule="choice", message="must not be given: this model takes no last frame")
    elif last and not first and offer.frames != "any":
        yield Violation(field=last[0].field, rule="needs", message="needs a first frame beside it")
    elif first and not last and offer.frames == "both":
        yield Violation(field=first[0].field, rule="needs", message="needs a last frame beside it")


def _combinations(offer: Offer, request: VideoRequest) -> Iterator[Violation]:
    frames = _frames_of(request)
    for kind in offer.frames_exclude if frames else ():
        for media in request.of_kind(kind, "reference")[:1]:
            message = f"must not be given beside {frames[0].field}: a first or last frame excludes {_MANY[kind]}"
            yield Violation(field=media.field, rule="exclusive", message=message)
    sounds = request.of_kind("audio")
    if sounds and offer.audio_needs and not any(request.of_kind(kind) for kind in offer.audio_needs):
        needed = " or ".join(_ONE[kind] for kind in offer.audio_needs)
        message = f"needs {needed} beside it: sound must not stand alone"
        yield Violation(field=sounds[0].field, rule="needs", message=message)


def _counts(offer: Offer, request: VideoRequest) -> Iterator[Violation]:
    for kind in KINDS:
        rules = offer.rules_of(kind)
        yield from _at_most(rules.max_count, request.of_kind(kind, "reference"), _MANY[kind])
        # That there are no media at all is told by the mode.
        if request.media and len(request.of_kind(kind, "reference")) < rules.min_count:
            message = f"must have at least {rules.min_count} {_MANY[kind]} for this model"
            yield Violation(field="media", rule="count", message=message, allowed=rules.min_count)
    if offer.max_pictures is not None:
        yield from _at_most(offer.max_pictures, request.of_kind("image"), "images, frames included,")
    if offer.max_items is not None:
        yield from _at_most(offer.max_items, request.media, "media")


def _at_most(most: int, given: tuple[Media, ...], what: str) -> Iterator[Violation]:
    if len(given) <= most:
        return
    message = (
        f"is one too many: at most {most} {what} may be given, not {len(given)}"
        if most
        else f"must not be given: this model takes no {what}"
    )
    yield Violation(field=given[most].field, rule="count", message=message, value=len(given), allowed=most)


def _links(
    offer: Offer, request: VideoRequest, plain_http_allowed: bool, own_links: Container[str]
) -> Iterator[Violation]:
    for media in request.media:
        if media.url in own_links:
            continue
        allowed: tuple[str, ...] = offer.schemes_of(media.kind)
        if plain_http_allowed and "https" in allowed and "http" not in allowed:
            allowed = (*allowed, "http")
        yield from _link(media.field, media.url, allowed)
    if request.webhook_url is not None:
        yield from _link("webhook_url", request.webhook_url, ("https", "http"))


def _link(field: str, url: str, allowed: tuple[str, ...]) -> Iterator[Violation]:
    # ``object://`` is in no model's list: it is our own word for stored bytes, and never a caller's.
    scheme = link_scheme(url)
    shown = None if scheme == "data" else shortened(url)
    if scheme not in allowed:
        forms = [_FORMS[name] for name in allowed]
        message = f"must be a link of the form {' or '.join(forms)}"
        yield Violation(field=field, rule="scheme", message=message, value=shown, allowed=list(allowed))
    elif scheme == "data":
        return
    elif len(url) > LONGEST_URL_CHARACTERS:
        message = f"must have at most {LONGEST_URL_CHARACTERS} characters, not {len(url)}"
        yield Violation(field=field, rule="length", message=message, value=len(url), allowed=LONGEST_URL_CHARACTERS)
    elif _NOT_IN_A_LINK.search(url):
        message = "must not contain spaces or control characters"
        yield Violation(field=field, rule="format", message=message, value=shown)
    elif not _names_a_place(url):
        message = "must name an asset after asset://" if scheme == "asset" else "must name a host"
        yield Violation(field=field, rule="format", message=message, value=shown)


_FORMS = {"https": "https://…", "http": "http://…", "data": "data:…;base64,…", "asset": "asset://…"}


def _names_a_place(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.netloc if parts.scheme == "asset" else parts.hostname and parts.port != 0)
    except ValueError:
        return False


def _carried_along(request: VideoRequest) -> Iterator[Violation]:
    """What no model looks at must still be storable."""
    for field in ("camera", "metadata", "extras"):
        value = getattr(request, field)
        if any(_UNSTORABLE.search(text) for text in _texts(value)):
            message = "must not contain NUL characters or halves of surrogate pairs"
            yield Violation(field=field, rule="format", message=message)
        elif field == "metadata":
            yield from _metadata(value)


def _metadata(metadata: dict[str, Any] | None) -> Iterator[Violation]:
    try:
        size_bytes = len(msgspec.json.encode(metadata))
    except RecursionError:
        yield Violation(field="metadata", rule="format", message="must not be nested that deep")
        return
    most = LARGEST_METADATA_BYTES
    if size_bytes > most:
        message = f"must have at most {most} bytes as JSON, not {size_bytes}"
        yield Violation(field="metadata", rule="length", message=message, value=size_bytes, allowed=most)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, keys included. Without recursion: callers nest as deep as they like."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)


def _frames_of(request: VideoRequest) -> list[Media]:
    return [media for media in request.media if media.role != "reference"]


def listed(values: Iterable[Any]) -> str:
    """What may be chosen, for a message: ``a, b or c``."""
    *others, last = [str(value) for value in values]
    return f"{', '.join(others)} or {last}" if others else last
