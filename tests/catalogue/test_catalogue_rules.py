"""What each model refuses and allows: the vectors of the vendors' APIs, and all violations at once."""

from typing import Any

import pytest

from filmgate.catalogue.choose import Plan, plan
from filmgate.catalogue.load import Catalogue, load_catalogue
from filmgate.errors import RulesBroken, Violation
from filmgate.video import Media, MediaKind, MediaRole, VideoRequest

LINK = "https://media.example.org/file"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def images(count: int, url: str = LINK) -> tuple[Media, ...]:
    return references("image", count, url)


def references(kind: MediaKind, count: int = 1, url: str = LINK) -> tuple[Media, ...]:
    return tuple(Media(kind=kind, role="reference", url=url, field=f"{kind}s[{n}]") for n in range(count))


def frame(role: MediaRole, url: str = LINK) -> Media:
    return Media(kind="image", role=role, url=url, field=role.replace("_frame", "_image"))


FIRST, LAST = frame("first_frame"), frame("last_frame")


def ordered(model: str, *media: Media, prompt: str = "A paper boat", **rest: Any) -> VideoRequest:
    return VideoRequest(model=model, prompt=prompt, media=media, **rest)


def planned(catalogue: Catalogue, request: VideoRequest, dialect: str = "jimmy", **rest: Any) -> Plan:
    return plan(catalogue, request, dialect, **rest)


def broken(catalogue: Catalogue, request: VideoRequest, dialect: str = "jimmy", **rest: Any) -> list[Violation]:
    with pytest.raises(RulesBroken) as caught:
        plan(catalogue, request, dialect, **rest)
    return caught.value.violations


def told(violations: list[Violation]) -> set[tuple[str, str]]:
    return {(violation.field, violation.rule) for violation in violations}


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (ordered("sd2_mx_720p", *images(1)), {("images[0]", "scheme")}),
        (ordered("sd2_mx_720p", *references("video", 1, "asset://a")), {("videos[0]", "count")}),
        (ordered("seedance2.0-md", FIRST), {("first_image", "needs")}),
        (ordered("seedance2.0-md", LAST), {("last_image", "needs")}),
        (ordered("seedance2.0-md", *images(5)), {("images[4]", "count")}),
        (ordered("seedance2.0-sp", *images(1), FIRST), {("images[0]", "exclusive")}),
        (ordered("seedance2.0-sp", *references("audio")), {("audios[0]", "needs")}),
        (ordered("seedance2.0-mini", *references("video")), {("videos[0]", "count")}),
        (ordered("seedance2.0-mini-sp", resolution="1080p"), {("resolution", "choice")}),
        (
            ordered("seedance2.0-fast-i2v", *images(8), FIRST, LAST),
            {("images[0]", "exclusive"), ("last_image", "count")},
        ),
        (ordered("seedance2.0-std", FIRST, *references("audio")), {("audios[0]", "exclusive")}),
        (ordered("seedance2.0-std", ratio="adaptive"), {("ratio", "choice")}),
        (ordered("seedance2.0-fast-sp", *references("video")), {("videos[0]", "count")}),
        (ordered("seedance2.0-md", *images(1), *references("audio")), {("audios[0]", "count")}),
        (ordered("seedance2.0-pro", *references("audio")), {("audios[0]", "needs")}),
        (ordered("seedance2.0-gz", LAST), {("last_image", "needs")}),
        (ordered("seedance2.0-gz-video-720p", *images(1)), {("media", "count")}),
        (ordered("seedance2.0-gz-video"), {("media", "missing")}),
        (ordered("seedance-2.0-720p", ratio="adaptive"), {("ratio", "choice")}),
        (ordered("seedance2.0-sp", *images(1, "http://media.example.org/a.png")), {("images[0]", "scheme")}),
        (ordered("seedance2.0-md", *images(1, "asset://a")), {("images[0]", "scheme")}),
        (ordered("seedance2.0-sp", *images(1, "data:image/png;base64,AAAA")), {("images[0]", "scheme")}),
        (ordered("seedance2.0-sp", duration_seconds=16), {("duration_seconds", "range")}),
        (ordered("seedance2.0-sp", duration_seconds=-1), {("duration_seconds", "range")}),
        (ordered("seedance2.0-pro", duration_seconds=12), {("duration_seconds", "choice")}),
        (ordered("seedance2.0-sp", prompt=" \n "), {("prompt", "missing")}),
        (ordered("seedance2.0-sp", prompt="界" * 5001), {("prompt", "length")}),
        (ordered("seedance2.0-sp", prompt="a\x00b"), {("prompt", "format")}),
    ],
)
def test_jimmy_refuses(catalogue: Catalogue, request_: VideoRequest, expected: set[tuple[str, str]]) -> None:
    assert told(broken(catalogue, request_)) == expected


@pytest.mark.parametrize(
    ("model", "counts"),
    [
        # Images, videos and audios, as spec jimmy 4.4, 14 and 17 (X21) have them.
        ("sd2_mx_4k", (9, 0, 3)),
        ("sd2_mx_video_fast_1080p", (9, 3, 3)),
        ("seedance2.0-sp", (9, 3, 3)),
        ("seedance2.0-fast-sp", (9, 0, 3)),
        ("seedance2.0-of-fast-sp", (9, 3, 3)),
        ("seedance2.0-mini-480p", (9, 0, 3)),
        ("seedance2.0-mini-video", (9, 3, 3)),
        ("seedance2.0-mini-sp", (9, 3, 3)),
        ("seedance2.0-fast-md", (4, 3, 0)),
        ("seedance2.0-fast-i2v", (9, 0, 0)),
        ("seedance2.0-std", (9, 3, 3)),
        ("seedance2.0-pro", (9, 0, 3)),
        ("seedance2.0-933", (9, 3, 3)),
        ("sd2-933-720p", (9, 3, 3)),
        ("seedance2.0-gz-mini", (9, 3, 3)),
        ("seedance-2.0-1080p", (9, 3, 3)),
        ("seedance-2.5", (30, 10, 10)),
        ("seedance-2.5-sp", (30, 10, 10)),
        ("seedance2.5-gz", (30, 10, 10)),
        ("seedance2.5-md", (9, 0, 0)),
        ("seedance2.5-30s", (30, 10, 10)),
    ],
)
def test_jimmy_takes_as_many_references_as_its_pages_say_and_no_more(
    catalogue: Catalogue, model: str, counts: tuple[int, int, int]
) -> None:
    link = "asset://a" if model.startswith("sd2_mx_") else LINK
    path = "/seedance25/videos" if "2.5" in model else None
    kinds: tuple[MediaKind, ...] = ("image", "video", "audio")
    for kind, most in zip(kinds, counts, strict=True):
        beside = images(1, link) if kind == "audio" else ()
        one_too_many = ordered(model, *beside, *references(kind, most + 1, link))
        assert told(broken(catalogue, one_too_many, create_path=path)) == {(f"{kind}s[{most}]", "count")}
        if most:
            request = ordered(model, *beside, *references(kind, most, link))
            assert len(planned(catalogue, request, create_path=path).request.of_kind(kind, "reference")) == most


@pytest.mark.parametrize(
    ("request_", "duration_seconds", "resolution", "ratio"),
    [
        (ordered("seedance2.0-md", FIRST, LAST, resolution="1080p"), 5, "720p", "16:9"),
        (ordered("seedance2.0-mini-720p"), 5, "720p", "16:9"),
        (ordered("seedance2.0-mini-720p", resolution="480p"), 5, "480p", "16:9"),
        (ordered("seedance2.0-933"), 4, "480p", "16:9"),
        (ordered("sd2_mx_2k", resolution="720p"), 5, "2k", "16:9"),
        (ordered("sd2_mx_video_1080p", *references("video", 3, "asset://a"), ratio="adaptive"), 5, "1080p", "adaptive"),
        (ordered("seedance2.0-std", LAST), 5, "720p", "16:9"),
        (ordered("seedance2.0-sp", FIRST, *references("audio")), 5, "720p", "16:9"),
        (ordered("seedance2.0-sp", *images(2, "asset://mine"), ratio="9:16"), 5, "720p", "9:16"),
        (ordered("seedance2.0-md", *images(4), *references("video", 3), duration_seconds=1), 1, "720p", "16:9"),
        (ordered("seedance2.0-std", *references("video"), *references("audio")), 5, "720p", "16:9"),
        (ordered("seedance-2.0-4k", *images(1), ratio="adaptive", duration_seconds=30), 30, "4k", "adaptive"),
        (ordered("seedance2.0-sp", prompt="界" * 5000 + " "[:0]), 5, "720p", "16:9"),
        (ordered("seedance2.0-sp", prompt="first line\n\tsecond"), 5, "720p", "16:9"),
    ],
)
def test_jimmy_accepts(
    catalogue: Catalogue, request_: VideoRequest, duration_seconds: int, resolution: str, ratio: str
) -> None:
    request = planned(catalogue, request_).request
    assert (request.duration_seconds, request.resolution, request.ratio) == (duration_seconds, resolution, ratio)


def test_a_model_of_another_create_path_is_told_the_right_one(catalogue: Catalogue) -> None:
    for model, path in [
        ("seedance-2.5", "/seedance25/videos"),
        ("veo_3_1_fast", "/veo/frames"),
        ("kling-o3", "/kling/videos"),
    ]:
        (violation,) = broken(catalogue, ordered(model))
        assert violation.field == "model"
        assert f"POST {path}," in violation.message


def test_on_its_own_create_path_the_model_is_made(catalogue: Catalogue) -> None:
    request = ordered("seedance25", *images(30), *references("video", 10))
    assert planned(catalogue, request, create_path="/seedance25/videos").request.model == "seedance-2.5"
    (violation,) = broken(catalogue, ordered("seedance2.0-sp"), create_path="/seedance25/videos")
    assert "POST /seedance/videos" in violation.message


def test_in_a_dialect_without_create_paths_every_model_can_be_ordered(catalogue: Catalogue) -> None:
    assert planned(catalogue, ordered("seedance-2.5"), "ink").request.resolution == "480p"
    assert told(broken(catalogue, ordered("veo_3_1_fast"), "ink")) == {("model", "unknown")}


def test_an_unknown_model_is_the_only_violation_and_names_a_near_one(catalogue: Catalogue) -> None:
    (violation,) = broken(catalogue, ordered("seedance-2.O", duration_seconds=99), "ink")
    assert (violation.field, violation.rule) == ("model", "unknown")
    assert "did you mean seedance-2.0?" in violation.message
    assert violation.allowed == ["seedance-2.0", "seedance-2.0-fast", "seedance-1.5-pro"]


def test_an_empty_or_endless_model_name_is_refused_shortly(catalogue: Catalogue) -> None:
    assert told(broken(catalogue, ordered(""))) == {("model", "missing")}
    (violation,) = broken(catalogue, ordered("x" * 1_000_000))
    assert len(violation.message) < 300


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (ordered("seedance-2.0", *images(6)), {("images[5]", "count")}),
        (ordered("seedance-2.0", ratio="21:9"), {("ratio", "choice")}),
        (ordered("seedance-1.5-pro", duration_seconds=7), {("duration_seconds", "choice")}),
        (ordered("seedance-1.5-pro", *images(3)), {("images[0]", "count")}),
        (ordered("seedance-2.0", *references("audio")), {("audios[0]", "needs")}),
        (ordered("seedance-2.0", *images(1, "http://media.example.org/a.png")), {("images[0]", "scheme")}),
        (ordered("seedance-2.0", *images(1, "https:///a.png")), {("images[0]", "format")}),
        (ordered("seedance-2.0", *images(1, "https://[::1/a.png")), {("images[0]", "format")}),
        (ordered("seedance-2.0", *images(1, "https://a.example/\x00.png")), {("images[0]", "format")}),
        (ordered("seedance-2.0", *images(1, "https://a.example/" + "a" * 8192)), {("images[0]", "length")}),
        (ordered("seedance-2.0", *images(1, "a.png")), {("images[0]", "scheme")}),
        (ordered("seedance-2.0", webhook_url="ftp://a.example"), {("webhook_url", "scheme")}),
        (ordered("seedance-2.0", metadata={"a": ["b\x00"]}), {("metadata", "format")}),
        (ordered("seedance-2.0", metadata={"a\ud800": 1}), {("metadata", "format")}),
        (ordered("seedance-2.0", metadata={"a": "b" * 17_000}), {("metadata", "length")}),
    ],
)
def test_ink_refuses(catalogue: Catalogue, request_: VideoRequest, expected: set[tuple[str, str]]) -> None:
    assert told(broken(catalogue, request_, "ink")) == expected


def test_a_link_may_be_just_as_long_as_the_limit(catalogue: Catalogue) -> None:
    link = "https://a.example/"
    link += "a" * (8192 - len(link))
    assert planned(catalogue, ordered("seedance-2.0", *images(1, link)), "ink")


SENSE = "doubao-seedance-2-0-260128"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (ordered(SENSE, duration_seconds=3), {("duration_seconds", "range")}),
        (ordered(SENSE, duration_seconds=16), {("duration_seconds", "range")}),
        (ordered(SENSE, resolution="360p"), {("resolution", "choice")}),
        (ordered(SENSE, resolution="4k"), {("resolution", "choice")}),
        (ordered(SENSE, ratio="2:1"), {("ratio", "choice")}),
        (ordered(SENSE, ratio="21:9"), {("ratio", "choice")}),
        (ordered(SENSE, ratio="adaptive"), {("ratio", "choice")}),
        (ordered(SENSE, timeout_seconds=3599), {("timeout_seconds", "range")}),
        (ordered(SENSE, timeout_seconds=172_801), {("timeout_seconds", "range")}),
        (ordered(SENSE, seed=-2), {("seed", "range")}),
        (ordered(SENSE, seed=4_294_967_296), {("seed", "range")}),
        (ordered(SENSE, prompt=""), {("prompt", "missing")}),
        (ordered(SENSE, LAST), {("last_image", "needs")}),
        (ordered(SENSE, FIRST, FIRST), {("first_image", "count")}),
        (ordered(SENSE, FIRST, *references("video")), {("videos[0]", "exclusive")}),
        (ordered(SENSE, *references("audio")), {("audios[0]", "needs")}),
        (ordered(SENSE, *images(10)), {("images[9]", "count")}),
        (ordered(SENSE, *references("video", 4)), {("videos[3]", "count")}),
        (ordered(SENSE, *images(1), *references("audio", 4)), {("audios[3]", "count")}),
        (ordered(SENSE, *references("video", 1, "data:video/mp4;base64,AAAA")), {("videos[0]", "scheme")}),
        (ordered(SENSE, *images(1, "object://films/of-someone-else.mp4")), {("images[0]", "scheme")}),
    ],
)
def test_senseaudio_refuses(catalogue: Catalogue, request_: VideoRequest, expected: set[tuple[str, str]]) -> None:
    assert told(broken(catalogue, request_, "senseaudio")) == expected


def test_senseaudio_takes_media_without_a_prompt(catalogue: Catalogue) -> None:
    media = (*images(1, "data:image/png;base64,AAAA"), *references("video", 1, "http://media.example.org/a.mp4"))
    request = planned(catalogue, ordered(SENSE, *media, prompt=""), "senseaudio").request
    assert (request.watermark, request.audio, request.timeout_seconds) == (True, True, 172_800)


def test_nobody_can_order_our_stored_bytes(catalogue: Catalogue) -> None:
    for offer in catalogue.offers():
        for dialect in ("jimmy", "senseaudio", "ink", "ark"):
            request = ordered(offer.id, *images(1, "object://inputs/a"))
            violations = broken(catalogue, request, dialect, create_path=offer.create_path)
            assert ("images[0]", "scheme") in told(violations)


def test_what_lies_here_already_needs_no_link_that_the_model_takes(catalogue: Catalogue) -> None:
    here = ("data:image/png;base64,AAAA", "object://films/a.png")
    request = ordered("seedance-2.0", *(image for url in here for image in images(1, url)))
    assert planned(catalogue, request, "openai", own_links=frozenset(here)).request.media == request.media
    for one in here:
        violations = broken(catalogue, request, "openai", own_links=frozenset({one}))
        assert told(violations) == {("images[0]", "scheme")}
    many = ordered("seedance-2.0", *images(6, here[0]))
    assert told(broken(catalogue, many, "openai", own_links=frozenset(here))) == {("images[5]", "count")}


def test_plain_http_is_let_through_only_where_it_is_allowed_on_this_machine(catalogue: Catalogue) -> None:
    request = ordered("seedance2.0-sp", *images(1, "http://127.0.0.1/a.png"))
    assert planned(catalogue, request, plain_http_allowed=True)
    assert told(broken(catalogue, request)) == {("images[0]", "scheme")}
    reviewed = ordered("sd2_mx_720p", *images(1, "http://127.0.0.1/a.png"))
    assert told(broken(catalogue, reviewed, plain_http_allowed=True)) == {("images[0]", "scheme")}


def test_what_the_model_does_not_have_is_set_to_what_will_be_made(catalogue: Catalogue) -> None:
    silent = planned(catalogue, ordered("doubao-seedance-1-0-pro-250528", audio=True), "ark").request
    assert silent.audio is False
    forced = planned(
        catalogue, ordered("seedance2.5-gz", FIRST, ratio="16:9"), create_path="/seedance25/videos"
    ).request
    assert forced.ratio == "adaptive"


def test_a_length_that_the_model_chooses_is_chosen(catalogue: Catalogue) -> None:
    assert planned(catalogue, ordered(SENSE, duration_seconds=-1), "ark").request.duration_seconds == 5


def test_a_random_seed_is_no_seed(catalogue: Catalogue) -> None:
    assert planned(catalogue, ordered("seedance2.0-sp", seed=-1)).request.seed is None


def test_ark_says_in_which_mode_a_ratio_is_wrong(catalogue: Catalogue) -> None:
    (violation,) = broken(catalogue, ordered("doubao-seedance-2-5-260628", FIRST, ratio="16:9"), "ark")
    assert violation.message == "must be adaptive with frames, not '16:9'"
    (violation,) = broken(catalogue, ordered("doubao-seedance-1-0-pro-fast-251015", FIRST, LAST), "ark")
    assert (violation.field, violation.rule) == ("last_image", "choice")


def test_an_order_with_twelve_faults_is_told_twelve(catalogue: Catalogue) -> None:
    request = ordered(
        "seedance2.0-std",
        FIRST,
        frame("first_frame", "ftp://a.example/b.png"),
        *references("image", 10, "https://"),
        *references("audio", 1),
        prompt="\x00" * 5001,
        duration_seconds=99,
        resolution="9k",
        ratio="5:4",
        seed=-5,
        timeout_seconds=1,
        webhook_url="here",
        metadata={"a": "\x00"},
    )
    violations = broken(catalogue, request)
    fields = [violation.field for violation in violations]
    assert fields == [
        *("prompt", "prompt", "duration_seconds", "ratio", "seed", "timeout_seconds"),
        *("first_image", "images[0]", "audios[0]", "images[9]", "first_image"),
        *(f"images[{n}]" for n in range(10)),
        *("webhook_url", "metadata"),
    ]
    for violation in violations:
        assert violation.message.startswith(("must", "needs", "is one too many"))


def test_a_violation_says_what_is_wrong_and_what_would_be_right(catalogue: Catalogue) -> None:
    request = ordered("seedance2.0-sp", *images(10), duration_seconds=3, resolution="8k", ratio="auto")
    duration, resolution, ratio, count = broken(catalogue, request)
    assert duration.message == "must be from 4 to 15 seconds, not 3"
    assert (duration.value, duration.allowed) == (3, [4, 15])
    assert resolution.message == "must be 480p, 720p or 1080p, not '8k'"
    assert resolution.allowed == ["480p", "720p", "1080p"]
    assert ratio.message == "must be 21:9, 16:9, 4:3, 1:1, 3:4 or 9:16, not 'auto'"
    assert count.message == "is one too many: at most 9 reference images may be given, not 10"
    assert (count.value, count.allowed) == (10, 9)
