"""What one half of a dialect writes the other half reads: orders of the client halves."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.dialects.client_samples import CLIENTS, KEY, each_client, read_back
from tests.dialects.dialect_samples import medium
from tests.dialects.test_dialect_suite import FRAMES, JSON, MIXED, MODEL, ORDERS, PROMPT, TEXT

from filmgate.dialects.client import ClientDialect
from filmgate.dialects.ink.client import ATTEMPT_MEMBER
from filmgate.video import RATIOS, Media, VideoRequest

SAYS_SEED = ("ark", "openai")
SAYS_WATERMARK = ("senseaudio", "ark", "openai")
# Where the media stand in one list, whatever they are.
KEEPS_ORDER = ("senseaudio", "ark")


def sayable(client: ClientDialect, order: VideoRequest) -> bool:
    """Whether the wire has words for all of an order that only holds what its server half may read."""
    if client.name != "jimmy":
        return True
    model = order.model.lower()
    has_switch = "933" in model or "adb" in model
    return (order.audio is not False or has_switch) and not (model.startswith("sd2_mx_") and order.media)


def kept(client: ClientDialect, order: VideoRequest) -> VideoRequest:
    """The order as the other half reads it: what stays with us is gone, what the wire has by default may be unsaid."""
    changes: dict[str, Any] = {"webhook_url": None, "last_frame": False, "extras": {}}
    if client.name == "jimmy":
        has_switch = "933" in order.model or "adb" in order.model.lower()
        changes |= {"watermark": None, "timeout_seconds": None, "metadata": None}
        changes |= {} if has_switch else {"audio": None}
    elif client.name == "senseaudio":
        changes |= {"metadata": None, "timeout_seconds": within(3600, order.timeout_seconds, 172_800)}
        changes |= {"watermark": True if order.watermark is None else order.watermark}
    elif client.name == "ark":
        changes |= {"metadata": None, "timeout_seconds": within(3600, order.timeout_seconds, 259_200)}
        changes |= {"last_frame": order.last_frame, "extras": order.extras}
    elif client.name == "openai":
        changes |= {"metadata": None, "timeout_seconds": None, "seed": None if order.seed == -1 else order.seed}
    else:
        changes |= {"watermark": None, "timeout_seconds": None, "audio": None}
        changes |= {"metadata": {ATTEMPT_MEMBER: KEY} | (order.metadata or {})}
    return msgspec.structs.replace(order, **changes)


def within(least: int, value: int | None, most: int) -> int | None:
    return None if value is None else min(max(value, least), most)


def by_group(request: VideoRequest) -> dict[tuple[str, str], list[str]]:
    """The links by what they are for: a prompt counts pictures, clips and sounds each for themselves."""
    groups: dict[tuple[str, str], list[str]] = {}
    for media in request.media:
        groups.setdefault((media.kind, media.role), []).append(media.url)
    return groups


def assert_same(client: ClientDialect, back: VideoRequest, order: VideoRequest) -> None:
    expected = kept(client, order)
    for name in VideoRequest.__struct_fields__:
        if name == "media":
            assert by_group(back) == by_group(expected)
        elif name != "extras" or client.name == "ark":
            assert getattr(back, name) == getattr(expected, name), name
    if client.name in KEEPS_ORDER:
        assert [media.url for media in back.media] == [media.url for media in order.media]


def with_web_links(order: VideoRequest) -> VideoRequest:
    """Names that are no host are of no use to a vendor."""
    media = (msgspec.structs.replace(one, url=one.url.replace("m.example", "media.example.org")) for one in order.media)
    return msgspec.structs.replace(order, media=tuple(media))


@each_client
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_order_of_the_server_half_can_be_ordered_again(client: ClientDialect, data: st.DataObject) -> None:
    order = with_web_links(data.draw(ORDERS[client.name]))
    assume(sayable(client, order))
    call = client.create(order, order.model, KEY)
    assert_same(client, read_back(client, call), order)


ODD_LINKS = ["https://m.example.org/a", "http://m/a.png", "data:image/png;base64,AA", "object://a.png", "x:.png", ""]
ANY_MEDIA = st.builds(
    Media,
    kind=st.sampled_from(["image", "video", "audio"]),
    role=st.sampled_from(["first_frame", "last_frame", "reference"]),
    url=st.sampled_from([*ODD_LINKS, "https://m.example.org/a.png?b=.mp4", "https://m.example.org/a.WAV"]),
    field=st.just("images[0]"),
)
EXTRAS = [
    *("text_at", "unlabelled", "provider_specific", "face_processing", "other"),
    *("size", "priority", "tools", "service_tier", "draft_task"),
]
ODD: dict[str, st.SearchStrategy[Any]] = {
    "model": st.sampled_from(["seedance-2.5", "sd2_mx_1080p", "sd2_mx_2k", "seedance-2.0-4k", "sd2-ADB-720p", "", " "]),
    "prompt": st.sampled_from(["", " ", "\0"]),
    "media": st.lists(ANY_MEDIA, min_size=1, max_size=3).map(tuple),
    "duration_seconds": st.none() | st.integers(-(2**40), 2**40),
    "resolution": st.sampled_from([None, "2k", "4k", "720P", ""]),
    "ratio": st.sampled_from([None, "adaptive", "auto", "2:1"]),
    "audio": st.none() | st.booleans(),
    "watermark": st.none() | st.booleans(),
    "seed": st.sampled_from([-1, 0, 7]),
    "camera": st.just("fixed"),
    "last_frame": st.booleans(),
    "timeout_seconds": st.none() | st.integers(-5, 10**6),
    "webhook_url": st.just("https://customer.example.org/hook"),
    "metadata": st.dictionaries(TEXT | st.just(ATTEMPT_MEMBER), JSON, max_size=3),
    "extras": st.dictionaries(st.sampled_from(EXTRAS), JSON, max_size=3),
}


@st.composite
def odd_orders(draw: st.DrawFn) -> VideoRequest:
    """An order that all can write, with a few members that not all can."""
    order = VideoRequest(
        model=draw(MODEL | st.just("seedance2.0-gz")),
        prompt=draw(PROMPT),
        media=draw(FRAMES | MIXED),
        duration_seconds=draw(st.integers(-1, 99)),
        resolution=draw(st.sampled_from(["480p", "720p", "1080p"])),
        ratio=draw(st.sampled_from(RATIOS)),
        audio=True,
        watermark=False,
    )
    names = draw(st.lists(st.sampled_from(sorted(ODD)), max_size=3, unique=True))
    return with_web_links(msgspec.structs.replace(order, **{name: draw(ODD[name]) for name in names}))


@each_client
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(order=odd_orders())
def test_any_order_is_written_whole_or_not_at_all(client: ClientDialect, order: VideoRequest) -> None:
    try:
        call = client.create(order, order.model, KEY)
    except ValueError:
        return
    back = read_back(client, call)
    expected = kept(client, order)
    assert (back.prompt, back.duration_seconds, back.ratio) == (order.prompt, order.duration_seconds, order.ratio)
    assert by_group(back) == by_group(expected)
    assert back.metadata == expected.metadata
    assert back.webhook_url is None
    assert order.camera is None
    if client.name in SAYS_SEED:
        assert back.seed == expected.seed
    else:
        assert order.seed in (None, -1)
    # What is not said must be what is made anyway.
    assert back.audio == order.audio or (back.audio is None and order.audio is True)
    assert back.watermark == expected.watermark
    assert client.name in SAYS_WATERMARK or not order.watermark
    assert back.last_frame == expected.last_frame
    assert back.resolution == order.resolution or (back.resolution is None and str(order.resolution) in order.model)
    assert b"customer.example.org" not in call.body


ORDER = VideoRequest(model="ours", prompt="A boat", duration_seconds=5, resolution="720p", ratio="16:9")


@each_client
def test_an_order_goes_under_the_vendors_name_with_our_key(client: ClientDialect) -> None:
    call = client.create(ORDER, "theirs", KEY)
    kind = "multipart/form-data" if client.name == "openai" else "application/json"
    assert (call.method, (call.content_type or "").partition(";")[0]) == ("POST", kind)
    assert call.headers == {"Idempotency-Key": KEY}
    assert call.query == ()
    assert read_back(client, call).model == "theirs"
    assert b"ours" not in call.body
    assert client.create(ORDER, "theirs", KEY) == call


@each_client
def test_a_vendor_is_told_our_address_and_never_the_customers(client: ClientDialect) -> None:
    ours, theirs = "https://gate.example.org/callbacks/7", "https://customer.example.org/hook"
    order = msgspec.structs.replace(ORDER, webhook_url=theirs)
    call = client.create(order, "m", KEY, ours)
    assert read_back(client, call).webhook_url == (ours if client.takes_callback_url else None)
    assert (b"gate.example.org" in call.body) is client.takes_callback_url
    assert client.create(order, "m", KEY) == client.create(ORDER, "m", KEY)
    for body in (call.body, client.create(order, "m", KEY).body):
        assert b"customer.example.org" not in body


FRAME = medium("image", "first_frame", "https://m.example.org/a.png", "first")


@each_client
@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"camera": "fixed"}, "camera"),
        ({"media": (medium("image", "first_frame", "object://inputs/1/0", "images[3]"),)}, r"images\[3\]"),
        ({"media": (medium("image", "first_frame", "ftp://m.example.org/a.png", "images[3]"),)}, r"images\[3\]"),
        ({"media": (medium("video", "first_frame", "https://m.example.org/a.mp4", "images[3]"),)}, r"images\[3\]"),
        ({"media": (medium("audio", "last_frame", "https://m.example.org/a.mp3", "images[3]"),)}, r"images\[3\]"),
        ({"prompt": "nul \0"}, "NUL"),
        ({"prompt": ""}, "prompt|content"),
    ],
)
def test_what_the_wire_has_no_words_for_is_named(client: ClientDialect, changes: dict[str, Any], named: str) -> None:
    client.create(ORDER, "m", KEY)
    with pytest.raises(ValueError, match=named):
        client.create(msgspec.structs.replace(ORDER, **changes), "m", KEY)


@each_client
@pytest.mark.parametrize("seed", [5, 0])
def test_a_seed_is_said_or_named(client: ClientDialect, seed: int) -> None:
    order = msgspec.structs.replace(ORDER, seed=seed)
    if client.name in SAYS_SEED:
        assert read_back(client, client.create(order, "m", KEY)).seed == seed
    else:
        with pytest.raises(ValueError, match="seed"):
            client.create(order, "m", KEY)


@pytest.mark.parametrize(
    "client", [client for name, client in CLIENTS.items() if name != "ark"], ids=lambda one: one.name
)
def test_no_order_reaches_into_the_library_of_a_vendor(client: ClientDialect) -> None:
    """Ark's wire has a word for reviewed assets of its own (spec ark 3), which whoever resolves assets may use."""
    medium_there = medium("image", "first_frame", "asset://a-7d31", "images[3]")
    assert not client.takes(medium_there)
    with pytest.raises(ValueError, match=r"images\[3\]"):
        client.create(msgspec.structs.replace(ORDER, media=(medium_there,)), "m", KEY)


@each_client
def test_what_stays_with_us_keeps_no_order_back(client: ClientDialect) -> None:
    order = VideoRequest(
        model="m",
        prompt="A boat",
        media=(FRAME,),
        duration_seconds=5,
        resolution="720p",
        ratio="16:9",
        audio=True,
        watermark=False,
        seed=-1,
        last_frame=True,
        timeout_seconds=60,
        webhook_url="https://customer.example.org/hook",
        extras={"unknown": "to all", "text_at": 7, "unlabelled": [0], "provider_specific": "nonsense"},
    )
    call = client.create(order, "m", KEY)
    assert by_group(read_back(client, call)) == {("image", "first_frame"): [FRAME.url]}
    assert b"customer.example.org" not in call.body
    assert b"unknown" not in call.body


@each_client
def test_only_links_that_the_vendor_can_follow_are_taken(client: ClientDialect) -> None:
    assert client.takes(FRAME)
    for url in (
        "object://films/1.png",
        "/a.png",
        "ftp://m.example.org/a.png",
        "https://",
        "https:///a.png",
        "https://m.example.org:0/a.png",
        "https://m.example.org/a\0.png",
        "https://m.example.org/ a.png",
        "https://[::1/a.png",
        "https://m.example.org/" + "a" * 9000 + ".png",
        "a.png",
        ".png",
        "",
    ):
        assert not client.takes(medium("image", "first_frame", url)), url
