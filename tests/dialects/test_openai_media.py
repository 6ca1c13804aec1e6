"""The many forms of pictures, clips and sounds in OpenAI create bodies (spec openai_videos 2.2, 2.3, 9)."""

from typing import Any

import pytest
from tests.dialects.dialect_samples import encode
from tests.dialects.openai_samples import (
    FORM_TYPE,
    JPEG,
    JPEG_URL,
    MP4,
    MP4_URL,
    PNG,
    PNG_URL,
    WAV,
    WAV_URL,
    first_frame,
    form,
    medium,
)

from filmgate.dialects.openai import OpenAIServer
from filmgate.errors import RulesBroken
from filmgate.video import VideoRequest

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


# --- the picture --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "url", "field"),
    [
        (("input_reference", PNG, "upload", "application/octet-stream"), PNG_URL, "input_reference"),
        (("input_reference", JPEG, "a.png", "image/png"), JPEG_URL, "input_reference"),
        (("input_reference", PNG, "", "image/png"), PNG_URL, "input_reference"),
        (("input_reference[image_url]", LINK), LINK, "input_reference.image_url"),
        (("input_reference[image_url]", PNG_URL), PNG_URL, "input_reference.image_url"),
        (("input_reference[file_id]", "file-1"), "asset://file-1", "input_reference.file_id"),
        (("input_reference", f'{{"image_url": "{LINK}"}}'), LINK, "input_reference.image_url"),
        (("input_reference", '{"file_id": "file-1"}'), "asset://file-1", "input_reference.file_id"),
        (("input_reference", LINK), LINK, "input_reference"),
        (("input_reference", PNG_URL), PNG_URL, "input_reference"),
        (("image_reference", f'{{"image_url": "{LINK}"}}'), LINK, "image_reference.image_url"),
        (("reference_url", LINK), LINK, "reference_url"),
    ],
)
def test_the_first_frame_comes_in_many_forms(part: Any, url: str, field: str) -> None:
    assert read_parts(part).media == first_frame(url, field)


@pytest.mark.parametrize(
    ("value", "url", "field"),
    [
        ({"image_url": LINK}, LINK, "input_reference.image_url"),
        ({"image_url": PNG_URL, "file_id": None}, PNG_URL, "input_reference.image_url"),
        ({"file_id": "file-1"}, "asset://file-1", "input_reference.file_id"),
        (LINK, LINK, "input_reference"),
        (PNG_URL, PNG_URL, "input_reference"),
        (f' {{"image_url": "{LINK}"}}', LINK, "input_reference.image_url"),
    ],
)
def test_the_first_frame_in_json(value: object, url: str, field: str) -> None:
    assert read(input_reference=value).media == first_frame(url, field)


def test_a_part_without_a_file_name_is_a_file_by_its_type() -> None:
    body = form(*BASE_PARTS, ("input_reference", PNG, "x", "image/png")).replace(b'; filename="x"', b"")
    assert OPENAI.read_form(body, FORM_TYPE).media == first_frame(PNG_URL, "input_reference")


def test_an_empty_file_field_of_a_browser_is_absent() -> None:
    assert read_parts(("input_reference", b"", "", "application/octet-stream")) == read()


@pytest.mark.parametrize(
    ("content", "name"),
    [(MP4, "a.png"), (WAV, "a.png"), (b"GIF, or is it", "a.gif"), (b"", "upload"), (b"<svg/>", "a.svg")],
)
def test_an_upload_that_is_no_picture_is_refused_at_once(content: bytes, name: str) -> None:
    assert parts_broken(("input_reference", content, name, "image/png")) == [("input_reference", "format")]


@pytest.mark.parametrize(
    ("value", "broken"),
    [
        ({}, ("input_reference", "missing")),
        ({"image_url": ""}, ("input_reference", "missing")),
        ({"url": LINK}, ("input_reference", "missing")),
        ({"image_url": LINK, "file_id": "f"}, ("input_reference", "exclusive")),
        ({"image_url": 5}, ("input_reference.image_url", "type")),
        ({"image_url": {"url": LINK}}, ("input_reference.image_url", "type")),
        ({"image_url": "data:video/mp4;base64,AA"}, ("input_reference.image_url", "format")),
        ({"file_id": []}, ("input_reference.file_id", "type")),
        ("data:text/plain,hello", ("input_reference", "format")),
        ("data:", ("input_reference", "format")),
        ("https://m/" + "a" * 9000, ("input_reference", "length")),
        ('{"image_url": ', ("input_reference", "format")),
        ("[1, 2", ("input_reference", "format")),
        ("{" * 100_000, ("input_reference", "format")),
        ([LINK], ("input_reference", "count")),
        (5, ("input_reference", "type")),
        (True, ("input_reference", "type")),
    ],
)
def test_a_picture_that_cannot_be_read_is_told(value: object, broken: tuple[str, str]) -> None:
    assert rules_broken(input_reference=value) == [broken]


def test_json_text_of_very_many_values_is_not_even_decoded() -> None:
    assert parts_broken(("input_references", "[" + "0," * 600_000 + "0]")) == [("input_references", "format")]


def test_one_picture_under_several_names_is_one_picture() -> None:
    names = {"input_reference": {"image_url": LINK}, "image_reference": {"image_url": LINK}, "reference_url": LINK}
    assert read(**names).media == first_frame(LINK, "input_reference.image_url")
    assert rules_broken(**names | {"reference_url": LINK + "?"}) == [("reference_url", "exclusive")]


# --- references ---------------------------------------------------------------------------------------------------


def test_references_keep_their_order_and_say_their_kind() -> None:
    clip, sound = "https://m.example/a", "https://m.example/b"
    request = read(input_references=[{"video_url": clip}, {"image_url": LINK}, PNG_URL, {"audio_url": sound}, WAV_URL])
    assert request.media == (
        medium("video", "reference", clip, "input_references[0].video_url"),
        medium("image", "reference", LINK, "input_references[1].image_url"),
        medium("image", "reference", PNG_URL, "input_references[2]"),
        medium("audio", "reference", sound, "input_references[3].audio_url"),
        medium("audio", "reference", WAV_URL, "input_references[4]"),
    )


@pytest.mark.parametrize("name", ["input_references", "input_references[]"])
def test_references_may_be_files_of_a_form(name: str) -> None:
    request = read_parts((name, PNG, "a", "x/y"), (name, MP4, "b", "x/y"), (name, WAV, "c", "x/y"))
    assert [(one.kind, one.url, one.field) for one in request.media] == [
        ("image", PNG_URL, "input_references[0]"),
        ("video", MP4_URL, "input_references[1]"),
        ("audio", WAV_URL, "input_references[2]"),
    ]


def test_a_single_file_is_a_list_of_one() -> None:
    assert [one.url for one in read_parts(("input_references", PNG, "a", "x/y")).media] == [PNG_URL]


def test_flattened_objects_of_a_list_are_told_apart() -> None:
    parts = [("input_references[][image_url]", LINK), ("input_references[][video_url]", "https://m.example/a")]
    request = read_parts(parts[0], parts[0], ("input_references[]", PNG_URL), parts[1])
    assert [(one.kind, one.url) for one in request.media] == [
        ("image", LINK),
        ("image", LINK),
        ("image", PNG_URL),
        ("video", "https://m.example/a"),
    ]


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("video_reference", '{"video_url": "https://m/a"}', [("video", "https://m/a")]),
        ("video_reference", {"video_url": "https://m/a"}, [("video", "https://m/a")]),
        ("video_reference", "https://m/a", [("video", "https://m/a")]),
        (
            "video_reference",
            ["https://m/a", {"video_url": "https://m/b"}],
            [("video", "https://m/a"), ("video", "https://m/b")],
        ),
        ("audio_reference", '[{"audio_url": "https://m/a"}]', [("audio", "https://m/a")]),
        ("image_reference", [{"image_url": LINK}], [("image", LINK)]),
    ],
)
def test_the_fields_of_vllm_omni_are_references(field: str, value: object, found: list[tuple[str, str]]) -> None:
    media = read(**{field: value}).media
    assert [(one.kind, one.url) for one in media] == found
    assert {one.role for one in media} == {"reference"}


@pytest.mark.parametrize(
    ("members", "broken"),
    [
        ({"input_references": [LINK]}, ("input_references[0]", "format")),
        ({"input_references": [{"image_url": LINK, "video_url": LINK}]}, ("input_references[0]", "exclusive")),
        ({"input_references": [{"type": "image"}]}, ("input_references[0]", "missing")),
        ({"input_references": [{"video_url": PNG_URL}]}, ("input_references[0].video_url", "format")),
        ({"input_references": [{"video_url": 5}]}, ("input_references[0].video_url", "type")),
        ({"input_references": [None]}, ("input_references[0]", "missing")),
        ({"input_references": ['{"image_url"']}, ("input_references[0]", "format")),
        ({"input_references": ["data:text/plain,x"]}, ("input_references[0]", "format")),
        ({"input_references": 5}, ("input_references", "type")),
        ({"input_references": [LINK] * 1001}, ("input_references", "count")),
        ({"video_reference": {"image_url": LINK}}, ("video_reference", "missing")),
        ({"video_reference": PNG_URL}, ("video_reference", "format")),
        ({"audio_reference": "[{]"}, ("audio_reference", "format")),
        ({"audio_reference": [["https://m/a"]]}, ("audio_reference[0]", "type")),
    ],
)
def test_references_that_cannot_be_read_are_told(members: dict[str, Any], broken: tuple[str, str]) -> None:
    assert rules_broken(**members) == [broken]
