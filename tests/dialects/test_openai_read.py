"""Reading OpenAI create bodies, in JSON and in forms (spec openai_videos 2)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dialects.dialect_samples import encode
from tests.dialects.openai_samples import (
    FORM_TYPE,
    PNG,
    PNG_URL,
    data_url,
    first_frame,
    form,
)

from filmgate.dialects.openai import EXAMPLES, OpenAIServer, is_form
from filmgate.dialects.openai.forms import MOST_PARTS
from filmgate.dialects.openai.sizes import SIZES
from filmgate.errors import BadRequest, RulesBroken
from filmgate.video import RATIOS, RESOLUTIONS, VideoRequest, frame_size

OPENAI = OpenAIServer(default_model="seedance-2.0")
BASE = {"model": "seedance-2.0-fast", "prompt": "A boat"}
BASE_PARTS = (("model", "seedance-2.0-fast"), ("prompt", "A boat"))
LINK = "https://m.example/boat.png"


def read(**members: Any) -> VideoRequest:
    return OPENAI.read_create(encode(BASE | members))


def read_parts(*parts: Any) -> VideoRequest:
    return OPENAI.read_form(form(*BASE_PARTS, *parts), FORM_TYPE)


def rules_broken(**members: Any) -> list[tuple[str, str]]:
    with pytest.raises(RulesBroken) as raised:
        read(**members)
    return [(violation.field, violation.rule) for violation in raised.value.violations]


def parts_broken(*parts: Any) -> list[tuple[str, str]]:
    with pytest.raises(RulesBroken) as raised:
        read_parts(*parts)
    return [(violation.field, violation.rule) for violation in raised.value.violations]


# --- fields -------------------------------------------------------------------------------------------------------


def test_the_sample_of_the_pages() -> None:
    assert OPENAI.read_create(encode(EXAMPLES[0].body)) == VideoRequest(
        model="seedance-2.0",
        prompt="A red paper boat drifts across a calm pond, morning light",
        duration_seconds=5,
        resolution="720p",
        ratio="16:9",
        extras={"size": "1280x720"},
    )


def test_only_a_prompt_must_be_there() -> None:
    assert OPENAI.read_create(b'{"prompt": "A boat"}') == VideoRequest(model="seedance-2.0", prompt="A boat")
    assert read(seconds=None, size="", input_reference=None, seed=None, model="") == VideoRequest(
        model="seedance-2.0", prompt="A boat"
    )
    assert rules_broken(prompt=None) == [("prompt", "missing")]
    assert rules_broken(prompt=" \n") == [("prompt", "missing")]


def test_without_a_default_the_model_must_be_named() -> None:
    with pytest.raises(RulesBroken) as raised:
        OpenAIServer().read_create(b'{"prompt": "A boat"}')
    assert [(broken.field, broken.rule) for broken in raised.value.violations] == [("model", "missing")]


def test_unknown_members_are_ignored() -> None:
    assert read(n=2, quality="high", negative_prompt=["x"], user={"a": 1}, characters=[]) == read()


@pytest.mark.parametrize(("seconds", "number"), [("5", 5), (5, 5), (5.0, 5), ("12.0", 12), (" 8 ", 8), ("-1", -1)])
def test_seconds_come_as_text_or_as_a_number(seconds: object, number: int) -> None:
    assert read(seconds=seconds).duration_seconds == number


@pytest.mark.parametrize("seconds", ["5s", "5.5", 5.5, True, [5], {}, "five", "٥", "1e1"])
def test_what_is_no_whole_number_of_seconds_is_told(seconds: object) -> None:
    assert rules_broken(seconds=seconds) == [("duration_seconds", "type")]


def test_the_options_of_ark_are_read_too() -> None:
    request = read(
        seed=4_294_967_295,
        ratio="Adaptive",
        resolution="720P",
        generate_audio=False,
        watermark=True,
        return_last_frame=True,
        execution_expires_after=7200,
        callback_url="https://hooks.example/x",
    )
    assert request == VideoRequest(
        model="seedance-2.0-fast",
        prompt="A boat",
        seed=4_294_967_295,
        ratio="adaptive",
        resolution="720p",
        audio=False,
        watermark=True,
        last_frame=True,
        timeout_seconds=7200,
        webhook_url="https://hooks.example/x",
    )


def test_the_same_options_come_as_text_in_a_form() -> None:
    parts = read_parts(
        ("seconds", "5"),
        ("size", "864x496"),
        ("seed", "4294967295"),
        ("generate_audio", "false"),
        ("watermark", "True"),
        ("return_last_frame", "true"),
        ("execution_expires_after", "7200"),
        ("callback_url", "https://hooks.example/x"),
    )
    assert parts == read(
        seconds=5,
        size="864x496",
        seed=4_294_967_295,
        generate_audio=False,
        watermark=True,
        return_last_frame=True,
        execution_expires_after=7200,
        callback_url="https://hooks.example/x",
    )


def test_characters_are_refused_rather_than_forgotten() -> None:
    assert rules_broken(characters=[{"id": "char_1"}]) == [("characters", "choice")]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert rules_broken(
        model=1,
        prompt={},
        seconds="x",
        size=[],
        resolution=720,
        ratio=1,
        generate_audio="yes",
        watermark=2,
        seed="s",
        return_last_frame=[],
        execution_expires_after={},
        callback_url=5,
        input_reference=7,
        characters=True,
    ) == [
        ("input_reference", "type"),
        ("model", "type"),
        ("prompt", "type"),
        ("duration_seconds", "type"),
        ("size", "type"),
        ("resolution", "type"),
        ("ratio", "type"),
        ("audio", "type"),
        ("watermark", "type"),
        ("seed", "type"),
        ("last_frame", "type"),
        ("timeout_seconds", "type"),
        ("callback_url", "type"),
        ("characters", "choice"),
    ]


@pytest.mark.parametrize("text", ["a\0b", "\0"])
def test_nul_is_refused_in_json_and_in_forms(text: str) -> None:
    assert ("prompt", "format") in rules_broken(prompt=text)
    assert ("size", "format") in parts_broken(("size", text))


# --- sizes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "resolution", "ratio"),
    [
        ("720x1280", "720p", "9:16"),
        ("1280x720", "720p", "16:9"),
        ("864x496", "480p", "16:9"),
        ("1080x1920", "1080p", "9:16"),
        ("3840x2160", "4k", "16:9"),
        ("1024x1792", "1080p", "9:16"),
        ("1792x1024", "1080p", "16:9"),
    ],
)
def test_a_size_is_a_resolution_and_a_ratio(size: str, resolution: str, ratio: str) -> None:
    request = read(size=size)
    assert (request.resolution, request.ratio, request.extras) == (resolution, ratio, {"size": size})


@pytest.mark.parametrize("text", ["1280X720", " 1280x720 ", "1280 x 720", "1280×720", "1280*720"])
def test_a_size_may_be_written_in_several_ways(text: str) -> None:
    assert read(size=text) == read(size="1280x720")


def test_every_size_of_the_table_can_be_ordered_and_means_one_film() -> None:
    for resolution in RESOLUTIONS:
        for ratio in RATIOS[:-1]:
            width, height = frame_size(resolution, ratio)
            assert SIZES[f"{width}x{height}"] == (resolution, ratio)


@pytest.mark.parametrize(
    "size",
    ["13x7", "1280", "x", "1280x", "0x0", "-1280x720", "1280x720x3", "1.5x2", "auto", "9" * 5000, "１２８０x720"],
)
def test_any_other_size_is_told_with_those_that_can_be_made(size: str) -> None:
    with pytest.raises(RulesBroken) as raised:
        read(size=size)
    (violation,) = raised.value.violations
    assert (violation.field, violation.rule) == ("size", "choice")
    assert "864x496" in violation.allowed


def test_size_and_resolution_must_not_contradict_each_other() -> None:
    assert read(size="1280x720", resolution="720p", ratio="16:9") == read(size="1280x720")
    assert rules_broken(size="1280x720", resolution="1080p", ratio="1:1") == [
        ("resolution", "exclusive"),
        ("ratio", "exclusive"),
    ]


# --- forms --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "answer"),
    [
        ("multipart/form-data; boundary=x", True),
        ("Multipart/Form-Data;boundary=x", True),
        ("multipart/form-data", True),
        ("application/json", False),
        ("multipart/mixed; boundary=x", False),
        ("", False),
        (None, False),
    ],
)
def test_a_form_is_known_by_its_type(content_type: str | None, answer: bool) -> None:
    assert is_form(content_type) is answer


def test_a_form_as_the_official_sdk_writes_it() -> None:
    # The bytes of openai 3.57.0: create(prompt=..., model=..., seconds="5", size="864x496", input_reference=<bytes>,
    # extra_body={"seed": 7, "watermark": True}).
    boundary = "ff55427ed4a2a0b1bb32f1bfc0ba2d8a"
    head = f"--{boundary}\r\nContent-Disposition: form-data; name="
    texts = {
        "prompt": "Ein rotes Boot — 红色的小船",
        "model": "seedance-2.0",
        "seconds": "5",
        "size": "864x496",
        "seed": "7",
        "watermark": "true",
    }
    body = "".join(f'{head}"{name}"\r\n\r\n{text}\r\n' for name, text in texts.items()).encode()
    body += f'{head}"input_reference"; filename="upload"\r\n'.encode()
    body += b"Content-Type: application/octet-stream\r\n\r\n" + PNG + f"\r\n--{boundary}--\r\n".encode()
    assert OPENAI.read_form(body, f"multipart/form-data; boundary={boundary}") == VideoRequest(
        model="seedance-2.0",
        prompt="Ein rotes Boot — 红色的小船",
        media=first_frame(PNG_URL, "input_reference"),
        duration_seconds=5,
        resolution="480p",
        ratio="16:9",
        seed=7,
        watermark=True,
        extras={"size": "864x496"},
    )


def test_a_prompt_may_be_sent_as_a_text_file() -> None:
    body = form(("prompt", "A boat, 红".encode(), "prompt.txt", "text/plain"))
    assert OPENAI.read_form(body, FORM_TYPE).prompt == "A boat, 红"


def test_a_field_that_comes_twice_is_told() -> None:
    assert parts_broken(("seconds", "5"), ("seconds", "6")) == [("duration_seconds", "type")]


def test_a_file_may_hold_the_boundary_without_a_line_break_before_it() -> None:
    tricky = PNG + b"--a-boundary-of-the-tests--"
    assert read_parts(("input_reference", tricky, "a", "b/c")).media == first_frame(
        data_url("image/png", tricky), "input_reference"
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"prompt=A boat",
        form(*BASE_PARTS)[:-10],
        form(*BASE_PARTS).replace(b"form-data", b"attachment"),
        form(*BASE_PARTS).replace(b"Content-Disposition", b"Content Disposition"),
        form(*BASE_PARTS).replace(b"Content-Disposition", b"\xff\xfe"),
        form(*[("x", "y")] * (MOST_PARTS + 1)),
        form(("x" * 10_000, "y")),
        form(("prompt", b"\xff\xfe", "", "text/plain")),
        form(("input_reference", LINK), ("input_reference[image_url]", LINK)),
        form(("input_reference[image_url]", LINK), ("input_reference", LINK)),
        form(("input_references[]", LINK), ("input_references[a]", LINK)),
    ],
)
def test_what_is_no_whole_form_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(BadRequest) as raised:
        OPENAI.read_form(body, FORM_TYPE)
    assert OPENAI.phrase_error(raised.value).status == 400


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=other",
        "multipart/form-data; boundary=\udcff",
    ],
)
def test_a_form_needs_its_own_boundary(content_type: str) -> None:
    with pytest.raises(BadRequest):
        OPENAI.read_form(form(*BASE_PARTS), content_type)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_damaged_form_is_an_order_or_a_refusal(data: st.DataObject) -> None:
    names = st.sampled_from(["prompt", "seconds", "size", "seed", "input_reference", "input_references", "model"])
    endings = st.sampled_from(["", "[]", "[image_url]", "[][video_url]", "[a][b]", "[", "]", "[[]]", "[]x"])
    text = st.sampled_from(["5", "1280x720", "true", LINK, PNG_URL, "{}", "[]", "\0", "", '{"a":1}']) | st.text(
        max_size=9
    )
    parts = data.draw(st.lists(st.tuples(st.builds(str.__add__, names, endings), text), max_size=8))
    body = bytearray(form(*parts))
    for _ in range(data.draw(st.integers(0, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    request = refusal = None
    try:
        request = OPENAI.read_form(bytes(body), FORM_TYPE)
    except (BadRequest, RulesBroken) as exc:
        refusal = OPENAI.phrase_error(exc)
    if request is not None:
        assert OPENAI.read_create(encode(OPENAI.write_create(request))).prompt == request.prompt
    else:
        assert refusal is not None
        assert refusal.status == 400
