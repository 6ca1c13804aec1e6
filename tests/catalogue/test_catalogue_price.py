"""Worked prices: those of the vendors' pages, to the micro-credit."""

import pytest

from filmgate.catalogue.choose import measured_media, plan
from filmgate.catalogue.load import Catalogue, load_catalogue
from filmgate.catalogue.price import tokens
from filmgate.money import micros_from_credits
from filmgate.task import Quote
from filmgate.video import Media, VideoRequest

IMAGE = Media(kind="image", role="first_frame", url="https://a.example/a.png", field="first_image")
CLIPS = tuple(
    Media(kind="video", role="reference", url="https://a.example/a.mp4", field=f"reference_videos[{n}]")
    for n in range(2)
)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def quoted(
    catalogue: Catalogue,
    model: str,
    dialect: str,
    duration_seconds: int,
    resolution: str,
    *media: Media,
    lengths: dict[str, float] | None = None,
    ratio: str = "16:9",
    audio: bool | None = None,
) -> Quote:
    request = VideoRequest(
        model=model,
        prompt="A boat",
        media=media,
        duration_seconds=duration_seconds,
        resolution=resolution,
        ratio=ratio,
        audio=audio,
    )
    return plan(catalogue, request, dialect, lengths or {}).quote


@pytest.mark.parametrize(
    ("model", "dialect", "duration_seconds", "resolution", "media", "credits_", "billing_name"),
    [
        ("seedance-2.0", "ink", 5, "720p", (), "40", "seedance-2.0"),
        ("seedance-2.0", "ink", 5, "720p", (IMAGE,), "64", "seedance-2.0"),
        ("seedance2.0-of-sp", "jimmy", 6, "1080p", (), "0.9", "seedance2.0-of-sp-1080p"),
        ("seedance2.0-mini", "jimmy", 5, "720p", (IMAGE,), "0.25", "seedance2.0-mini-720p"),
        ("seedance2.0-mini-480p", "jimmy", 5, "720p", (), "0.25", "seedance2.0-mini-720p"),
        ("sd2-933-720p", "jimmy", 7, "720p", (), "0.3353", "sd2-933-720p"),
        ("seedance2.0-mini-sp", "jimmy", 15, "480p", (), "0.2", "seedance2.0-mini-sp-480p"),
        ("seedance2.0-md", "jimmy", 15, "720p", CLIPS, "0.5", "seedance2.0-md"),
        ("sd2_mx_4k", "jimmy", 10, "4k", (), "5", "sd2_mx_4k"),
        ("doubao-seedance-2-0-260128", "senseaudio", 4, "480p", (), "2", "doubao-seedance-2-0-260128"),
        ("doubao-seedance-2-0-260128", "senseaudio", 10, "720p", (), "10", "doubao-seedance-2-0-260128"),
        ("doubao-seedance-2-0-260128", "senseaudio", 5, "1080p", (), "15.5", "doubao-seedance-2-0-260128"),
        ("doubao-seedance-2-0-260128", "ark", 5, "720p", (), "5.0094", "doubao-seedance-2-0-260128"),
    ],
)
def test_an_order_costs_what_the_vendor_says(
    catalogue: Catalogue,
    model: str,
    dialect: str,
    duration_seconds: int,
    resolution: str,
    media: tuple[Media, ...],
    credits_: str,
    billing_name: str,
) -> None:
    quote = quoted(catalogue, model, dialect, duration_seconds, resolution, *media)
    assert quote.price_micros == micros_from_credits(credits_)
    assert quote.billing_name == billing_name


def test_mini_video_bills_the_first_clip_to_the_nearest_second(catalogue: Catalogue) -> None:
    lengths = {"reference_videos[0]": 3.4, "reference_videos[1]": 9.0}
    quote = quoted(catalogue, "seedance2.0-mini-video", "jimmy", 8, "720p", *CLIPS, lengths=lengths)
    assert (quote.units, quote.unit, quote.price_micros) == ("11", "second", 550_000)
    assert quote.billing_name == "seedance2.0-mini-720p-video"
    half = quoted(catalogue, "seedance2.0-mini-video", "jimmy", 8, "720p", *CLIPS, lengths={"reference_videos[0]": 2.5})
    assert half.units == "11"


def test_a_clip_that_cannot_be_measured_costs_nothing(catalogue: Catalogue) -> None:
    assert quoted(catalogue, "seedance2.0-mini-video", "jimmy", 8, "720p", *CLIPS).units == "8"


def test_only_what_the_price_needs_is_measured(catalogue: Catalogue) -> None:
    asked = {}
    for model in ("seedance2.0-mini-video", "seedance2.0-std", "seedance2.0-gz", "seedance2.0-md"):
        offer = catalogue.find(model, "jimmy")
        assert offer is not None
        request = VideoRequest(model=model, prompt="A boat", media=CLIPS)
        asked[model] = [media.field for media in measured_media(offer, request)]
    assert asked == {
        "seedance2.0-mini-video": ["reference_videos[0]"],
        "seedance2.0-std": [],
        "seedance2.0-gz": ["reference_videos[0]", "reference_videos[1]"],
        "seedance2.0-md": [],
    }


@pytest.mark.parametrize(
    ("width", "height", "seconds", "expected"),
    [
        (1280, 720, 5, 108_900),
        (1280, 720, 4, 87_300),
        (1920, 1080, 4, 196_425),
        (854, 480, 4, 38_830),
        (864, 480, 5, 49_005),
        (864, 496, 5, 50_638),
        (1280, 720, 60, 1_296_900),
    ],
)
def test_tokens_are_counted_as_recorded(width: int, height: int, seconds: int, expected: int) -> None:
    assert tokens(width, height, seconds) == expected


def test_tokens_of_clips_are_billed_at_the_lower_price(catalogue: Catalogue) -> None:
    lengths = {"reference_videos[0]": 3.0, "reference_videos[1]": 2.5}
    quote = quoted(catalogue, "seedance2.0-gz-720p", "jimmy", 5, "720p", *CLIPS, lengths=lengths)
    assert quote.billing_name == "seedance2.0-gz-video-720p"
    assert (quote.unit, quote.units) == ("million_tokens", "0.2277")
    assert quote.price_micros == tokens(1280, 720, 10.5) * 3


def test_an_adaptive_film_is_reserved_at_its_largest_size(catalogue: Catalogue) -> None:
    sized = {
        ratio: quoted(catalogue, "seedance2.0-gz", "jimmy", 5, "720p", ratio=ratio).price_micros
        for ratio in ("16:9", "4:3", "1:1", "21:9", "3:4", "9:16", "adaptive")
    }
    assert sized["adaptive"] == max(sized.values())


def test_a_silent_film_is_cheaper_where_the_vendor_says_so(catalogue: Catalogue) -> None:
    model = "doubao-seedance-1-5-pro-251215"
    silent = quoted(catalogue, model, "ark", 5, "720p", audio=False)
    sounding = quoted(catalogue, model, "ark", 5, "720p")
    assert silent.price_micros * 2 == sounding.price_micros


def test_a_price_list_has_a_row_for_each_billing_name(catalogue: Catalogue) -> None:
    rows = {row.billing_name: row for offer in catalogue.sold_in("jimmy") for row in offer.price_rows()}
    mini = rows["seedance2.0-mini-720p"]
    assert (mini.display_name, mini.mode, mini.unit_price_micros) == ("Mini 720p", "per_second", 50_000)
    assert rows["sd2-933-720p"].unit_price_micros == 47_900
    assert rows["seedance2.0-gz-fast-video-480p"].remark == "with reference video"
    assert {
        "seedance2.0-mini-sp-480p",
        "seedance2.0-of-fast-sp-1080p",
        "seedance2.0-933-480p",
        "seedance2.0-gz",
    } <= set(rows)
    assert all(row.group for row in rows.values())


def test_every_row_of_a_price_list_is_there_once(catalogue: Catalogue) -> None:
    rows = [row for offer in catalogue.sold_in("jimmy") for row in offer.price_rows()]
    assert len({row.billing_name for row in rows}) == len(rows)


def test_unit_prices_are_told_by_resolution(catalogue: Catalogue) -> None:
    offer = catalogue.find("seedance-2.0", "ink")
    assert offer is not None
    assert offer.unit_prices(with_media=False) == {"480p": 4_000_000, "720p": 8_000_000, "1080p": 18_000_000}
    assert offer.unit_prices(with_media=True)["720p"] == 12_800_000
