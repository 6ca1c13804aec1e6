"""The price of a complete order, as a quote."""

from collections.abc import Mapping
from decimal import Decimal

from filmgate.catalogue.model import Offer, Price, PriceMode
from filmgate.money import times, whole_seconds
from filmgate.task import Quote, Unit
from filmgate.video import ADAPTIVE, FRAMES_PER_SECOND, RATIOS, Media, VideoRequest, frame_size

UNITS: dict[PriceMode, Unit] = {
    "per_task": "task",
    "per_second": "second",
    "per_million_tokens": "million_tokens",
}
"""What one unit of a price is called."""
_MILLION = 1_000_000
_PIXELS_PER_TOKEN = 1024


def quote(offer: Offer, request: VideoRequest, lengths_seconds: Mapping[str, float]) -> Quote:
    """Price a complete request.

    Args:
        offer: the model, as sold in the order's dialect.
        request: complete, and within the offer's rules.
        lengths_seconds: measured lengths of media, by ``Media.field``; a missing one counts 0.
    """
    rate = next(rate for rate in offer.price.rates if rate.fits(request))
    resolution = request.resolution or offer.resolution.default
    units = _units(offer, request, resolution, lengths_seconds)
    unit_price_micros = rate.unit_price_micros(resolution)
    return Quote(
        price_micros=times(unit_price_micros, units),
        billing_name=offer.billing_name(rate, resolution),
        unit=UNITS[offer.price.mode],
        units=f"{Decimal(units).normalize():f}",
        unit_price_micros=unit_price_micros,
        price_version=offer.price_version,
    )


def priced_media(price: Price, request: VideoRequest) -> tuple[Media, ...]:
    """The media whose length decides the price, in the caller's order."""
    if price.mode == "per_task":
        return ()
    match price.seconds:
        case "duration":
            return ()
        case "duration_and_first_video":
            return request.of_kind("video", "reference")[:1]
        case "duration_and_videos":
            return request.of_kind("video", "reference")


def tokens(width: int, height: int, seconds: float) -> int:
    """The tokens of a film: an odd frame more than its seconds hold (spec ark 9)."""
    frames = int(Decimal(repr(seconds)) * FRAMES_PER_SECOND) + 1
    return width * height * frames // _PIXELS_PER_TOKEN


def _units(offer: Offer, request: VideoRequest, resolution: str, lengths_seconds: Mapping[str, float]) -> Decimal | int:
    duration_seconds = request.duration_seconds or offer.duration.default
    media_seconds = sum(lengths_seconds.get(media.field, 0.0) for media in priced_media(offer.price, request))
    match offer.price.mode:
        case "per_task":
            return 1
        case "per_second":
            return duration_seconds + whole_seconds(media_seconds)
        case "per_million_tokens":
            width, height = _largest_size(resolution, request.ratio or ADAPTIVE)
            return Decimal(tokens(width, height, duration_seconds + media_seconds)) / _MILLION


def _largest_size(resolution: str, ratio: str) -> tuple[int, int]:
    """The film's size. Where its first picture will decide, the largest there is: a reserve must cover the cost."""
    ratios = RATIOS if ratio == ADAPTIVE else (ratio,)
    sizes = [frame_size(resolution, name) for name in ratios if name != ADAPTIVE]
    return max(sizes, key=lambda size: size[0] * size[1])
