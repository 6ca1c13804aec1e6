"""Which media of an order break the rules of its model, by what is in them: all that do, in one pass.

The rules are data (``limits.MediaRules``), and the facts come from elsewhere; this file only compares. Each kind of
rule has a word of its own, by which a dialect finds its vendor's sentence:

    media_format  media_codec  media_bytes  media_width  media_height  media_side  media_pixels  media_shape
    media_frame_rate  media_seconds  media_total_bytes  media_total_seconds
"""

from collections.abc import Iterator, Mapping
from itertools import islice

from filmgate.catalogue.limits import Bounds, MediaRules
from filmgate.catalogue.model import Offer
from filmgate.catalogue.rules import KINDS, listed
from filmgate.errors import MediaError, Violation
from filmgate.facts import Probe
from filmgate.video import Media, MediaKind, VideoRequest

BYTES_PER_MEGABYTE = 1024**2

_MOST_FRAMES = 2
_TOGETHER: dict[MediaKind, str] = {"image": "images", "video": "clips", "audio": "sounds"}


def largest_bytes(offer: Offer, kind: MediaKind) -> int | None:
    """How large a file of this kind may be; None where the model does not say."""
    most = offer.rules_of(kind).max_megabytes
    return None if most is None else most * BYTES_PER_MEGABYTE


def within_counts(offer: Offer, request: VideoRequest) -> tuple[Media, ...]:
    """The media that a right order could have, in the caller's order. Nobody needs to look at the others."""
    kept = {
        id(media) for media in islice((media for media in request.media if media.role != "reference"), _MOST_FRAMES)
    }
    for kind in KINDS:
        kept |= {id(media) for media in request.of_kind(kind, "reference")[: offer.rules_of(kind).max_count]}
    return tuple(media for media in request.media if id(media) in kept)


def broken_media(
    offer: Offer | None, request: VideoRequest, found: Mapping[str, Probe | MediaError]
) -> list[Violation]:
    """What is wrong with the media of an order, in the caller's order, then what is wrong with all together.

    Args:
        offer: the model; None where its rules do not count, but only whether the media can be used at all.
        found: what each medium is or why it is nothing, by ``Media.field``. Others are passed over.
    """
    broken: list[Violation] = []
    for media in request.media:
        facts = found.get(media.field)
        if isinstance(facts, MediaError):
            broken.append(Violation(field=media.field, rule=facts.code, message=facts.message))
        elif facts is not None and offer is not None:
            broken += _broken(media.field, facts, offer.rules_of(media.kind))
    if offer is not None:
        for kind in KINDS:
            broken += _broken_together(kind, request.of_kind(kind, "reference"), found, offer.rules_of(kind))
    return broken


def _broken(field: str, facts: Probe, rules: MediaRules) -> Iterator[Violation]:
    codec = facts.audio_codec if facts.kind == "audio" else facts.video_codec
    yield from _chosen(field, "media_format", facts.format, rules.formats, "")
    yield from _chosen(field, "media_codec", codec, rules.codecs, "encoded as ")
    if rules.max_megabytes is not None and facts.size_bytes > rules.max_megabytes * BYTES_PER_MEGABYTE:
        most_bytes = rules.max_megabytes * BYTES_PER_MEGABYTE
        message = f"must have at most {rules.max_megabytes} MB ({most_bytes} bytes), not {facts.size_bytes} bytes"
        yield Violation(field=field, rule="media_bytes", message=message, value=facts.size_bytes, allowed=most_bytes)
    if facts.width is not None and facts.height is not None:
        width, height = facts.width, facts.height
        yield from _within(field, "media_width", width, rules.side_pixels, "must be {} pixels wide")
        yield from _within(field, "media_height", height, rules.side_pixels, "must be {} pixels high")
        shorter = rules.shorter_side_pixels
        yield from _within(field, "media_side", min(width, height), shorter, "must have a shorter side of {} pixels")
        yield from _within(field, "media_pixels", width * height, rules.area_pixels, "must have {} pixels in all")
        yield from _within(field, "media_shape", facts.shape, rules.shape, "must have a width of {} times its height")
    rate = facts.frames_per_second
    yield from _within(field, "media_frame_rate", rate, rules.frames_per_second, "must have {} frames per second")
    yield from _within(field, "media_seconds", facts.seconds, rules.seconds, "must be {} seconds long")


def _chosen(field: str, rule: str, value: str | None, choices: tuple[str, ...], how: str) -> Iterator[Violation]:
    if value is not None and choices and value not in choices:
        message = f"must be {how}{listed(choices)}, not {value}"
        yield Violation(field=field, rule=rule, message=message, value=value, allowed=list(choices))


def _within(field: str, rule: str, value: float | None, bounds: Bounds, sentence: str) -> Iterator[Violation]:
    if value is not None and not bounds.hold(value):
        value = round(value, 3)
        message = f"{sentence.format(_in_words(bounds))}, not {_number(value)}"
        yield Violation(field=field, rule=rule, message=message, value=value, allowed=_allowed(bounds))


def _broken_together(
    kind: MediaKind, references: tuple[Media, ...], found: Mapping[str, Probe | MediaError], rules: MediaRules
) -> Iterator[Violation]:
    """What the media of a kind are together. Told of the one with which they are too much, or of the last."""
    known = [(media.field, facts) for media in references if isinstance(facts := found.get(media.field), Probe)]
    if not known:
        return
    many = f"must not bring the {_TOGETHER[kind]}"
    seconds = [(field, facts.seconds or 0) for field, facts in known]
    field, total = _reaches(seconds, rules.total_seconds.max)
    if not rules.total_seconds.hold(total):
        message = f"{many} to {_number(total)} seconds together; there may be {_in_words(rules.total_seconds)}"
        allowed = _allowed(rules.total_seconds)
        yield Violation(field=field, rule="media_total_seconds", message=message, value=total, allowed=allowed)
    if rules.total_megabytes is not None:
        most = Bounds(max=rules.total_megabytes * BYTES_PER_MEGABYTE)
        field, total = _reaches([(field, facts.size_bytes) for field, facts in known], most.max)
        if not most.hold(total):
            message = f"{many} to {_number(total)} bytes together; there may be {_in_words(most)}"
            yield Violation(field=field, rule="media_total_bytes", message=message, value=total, allowed=_allowed(most))


def _reaches(amounts: list[tuple[str, float]], most: float | None) -> tuple[str, float]:
    """The sum of all, and the field with which it is over ``most``, or the last."""
    total, over = 0.0, None
    for field, amount in amounts:
        total = round(total + amount, 3)
        if over is None and most is not None and total > most:
            over = field
    return over or amounts[-1][0], total


def _in_words(bounds: Bounds) -> str:
    least, most = ("more than", "less than") if bounds.open else ("at least", "at most")
    if bounds.min is None or bounds.max is None:
        return f"{least} {_number(bounds.min)}" if bounds.min is not None else f"{most} {_number(bounds.max or 0)}"
    if bounds.open:
        return f"{least} {_number(bounds.min)} and {most} {_number(bounds.max)}"
    return f"{_number(bounds.min)} to {_number(bounds.max)}"


def _allowed(bounds: Bounds) -> list[float | int | None]:
    return [
        None if end is None else int(end) if float(end).is_integer() else float(end) for end in (bounds.min, bounds.max)
    ]


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")
