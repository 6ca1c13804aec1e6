"""What holds for every order, found by trying many."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filmgate.catalogue.choose import Plan, measured_media, plan
from filmgate.catalogue.load import load_catalogue
from filmgate.catalogue.rules import find_violations
from filmgate.errors import RulesBroken, Violation
from filmgate.video import RATIOS, RESOLUTIONS, Media, VideoRequest

CATALOGUE = load_catalogue()
OFFERS = {offer.id: offer for offer in CATALOGUE.offers()}
DIALECTS = ("jimmy", "senseaudio", "ink", "ark")
LINKS = ("https://a.example/a", "http://a.example/a", "asset://a", "data:image/png;base64,AAAA", "object://a", "")

media = st.builds(
    Media,
    kind=st.sampled_from(["image", "video", "audio"]),
    role=st.sampled_from(["first_frame", "last_frame", "reference"]),
    url=st.sampled_from(LINKS) | st.text(max_size=20),
    field=st.sampled_from([f"media[{n}]" for n in range(20)]),
)
wild_requests = st.builds(
    VideoRequest,
    model=st.sampled_from(sorted(OFFERS)) | st.text(max_size=20),
    prompt=st.text(max_size=20),
    media=st.lists(media, max_size=15).map(tuple),
    duration_seconds=st.none() | st.integers(),
    resolution=st.none() | st.sampled_from(RESOLUTIONS) | st.text(max_size=8),
    ratio=st.none() | st.sampled_from(RATIOS) | st.text(max_size=8),
    audio=st.none() | st.booleans(),
    watermark=st.none() | st.booleans(),
    seed=st.none() | st.integers(),
    timeout_seconds=st.none() | st.integers(),
    camera=st.none() | st.text(max_size=8),
    webhook_url=st.none() | st.sampled_from(LINKS) | st.text(max_size=20),
    metadata=st.none() | st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)
lengths = st.dictionaries(st.sampled_from([f"media[{n}]" for n in range(20)]), st.floats(0, 100), max_size=20)


@st.composite
def sound_orders(draw: st.DrawFn) -> tuple[VideoRequest, str, str | None]:
    """Orders that break no rule: a model, one of its modes, values it takes or nothing at all."""
    dialect = draw(st.sampled_from(DIALECTS))
    offer = CATALOGUE.find(draw(st.sampled_from(sorted(OFFERS))), dialect)
    assert offer is not None
    chosen: list[tuple[Any, Any]] = []
    mode = draw(st.sampled_from(offer.modes))
    if mode == "frames":
        chosen.append(("image", "first_frame"))
        if offer.frames == "both" or (offer.frames != "first_only" and draw(st.booleans())):
            chosen.append(("image", "last_frame"))
    if mode == "references":
        room = offer.max_media
        for kind in ("image", "video", "audio"):
            rules = offer.rules_of(kind)
            least = 1 if kind == "image" and not offer.video.min_count else rules.min_count
            count = draw(st.integers(least, max(least, min(rules.max_count, room))))
            room -= count
            chosen.extend([(kind, "reference")] * count)
    placed = tuple(
        Media(kind=kind, role=role, url=_link(offer.schemes_of(kind)), field=f"media[{n}]")
        for n, (kind, role) in enumerate(chosen)
    )
    request = VideoRequest(
        model=offer.id,
        prompt=draw(st.sampled_from(["A boat", "纸船"])),
        media=placed,
        duration_seconds=draw(st.none() | st.sampled_from(offer.durations)),
        resolution=draw(st.none() | st.sampled_from(offer.resolutions)),
        ratio=draw(st.none() | st.sampled_from(offer.ratio_of(mode).choices)),
        audio=draw(st.none() | st.booleans()),
        seed=draw(st.none() | st.integers(-1, 4_294_967_295)),
    )
    return request, dialect, offer.create_path


def _link(schemes: tuple[str, ...]) -> str:
    return "asset://a" if "https" not in schemes else "https://a.example/a"


def planned(order: tuple[VideoRequest, str, str | None], lengths_seconds: dict[str, float] | None = None) -> Plan:
    request, dialect, create_path = order
    return plan(CATALOGUE, request, dialect, lengths_seconds or {}, create_path=create_path)


@settings(max_examples=400, deadline=None)
@given(wild_requests, st.sampled_from(DIALECTS), lengths)
def test_a_wild_order_is_planned_or_told_what_is_wrong(
    request_: VideoRequest, dialect: str, lengths_seconds: dict[str, float]
) -> None:
    violations: list[Violation] | None = None
    try:
        made = plan(CATALOGUE, request_, dialect, lengths_seconds)
    except RulesBroken as refusal:
        violations = refusal.violations
    if violations is None:
        assert made.quote.price_micros >= 0
    else:
        assert violations
        assert all(violation.field and violation.rule and violation.message for violation in violations)
        assert msgspec.json.encode(violations)


@settings(max_examples=300, deadline=None)
@given(sound_orders(), lengths)
def test_a_sound_order_is_completed_and_priced(
    order: tuple[VideoRequest, str, str | None], lengths_seconds: dict[str, float]
) -> None:
    made = planned(order, lengths_seconds)
    request = made.request
    assert request.duration_seconds in made.offer.durations
    assert request.resolution in made.offer.resolutions
    assert request.ratio in RATIOS
    assert None not in (request.audio, request.watermark, request.timeout_seconds)
    assert type(made.quote.price_micros) is int
    assert made.quote.price_micros >= 0
    assert made.quote.billing_name


@settings(max_examples=300, deadline=None)
@given(sound_orders(), lengths)
def test_a_completed_order_planned_again_stays_as_it_is(
    order: tuple[VideoRequest, str, str | None], lengths_seconds: dict[str, float]
) -> None:
    made = planned(order, lengths_seconds)
    again = planned((made.request, order[1], order[2]), lengths_seconds)
    assert (again.request, again.quote) == (made.request, made.quote)
    assert find_violations(made.offer, made.request, plain_http_allowed=False) == []


@settings(max_examples=200, deadline=None)
@given(sound_orders(), st.data())
def test_a_longer_film_never_costs_less(order: tuple[VideoRequest, str, str | None], data: st.DataObject) -> None:
    offer = CATALOGUE.find(order[0].model, order[1])
    assert offer is not None
    pair = st.tuples(st.sampled_from(offer.durations), st.sampled_from(offer.durations))
    shorter, longer = sorted(data.draw(pair))
    prices = [
        planned((msgspec.structs.replace(order[0], duration_seconds=seconds), order[1], order[2])).quote.price_micros
        for seconds in (shorter, longer)
    ]
    assert prices == sorted(prices)
    if offer.price.mode == "per_second" and shorter < longer:
        assert prices[0] < prices[1]


@settings(max_examples=100, deadline=None)
@given(sound_orders(), st.floats(0, 15), st.floats(0, 15))
def test_a_longer_clip_never_costs_less(
    order: tuple[VideoRequest, str, str | None], one_seconds: float, other_seconds: float
) -> None:
    offer = CATALOGUE.find(order[0].model, order[1])
    assert offer is not None
    fields = [item.field for item in measured_media(offer, order[0])]
    prices = [
        planned(order, dict.fromkeys(fields, seconds)).quote.price_micros
        for seconds in sorted([one_seconds, other_seconds])
    ]
    assert prices == sorted(prices)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("model", sorted(OFFERS))
def test_every_model_makes_its_plainest_film_in_every_dialect(model: str, dialect: str) -> None:
    offer = OFFERS[model]
    clip = Media(kind="video", role="reference", url="https://a.example/a.mp4", field="media[0]")
    plainest = VideoRequest(model=model, prompt="A boat", media=() if "text" in offer.modes else (clip,))
    made = planned((plainest, dialect, offer.create_path))
    assert made.request.model == model
