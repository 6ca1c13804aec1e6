"""One order with twelve faults in it, in its words and its media, is refused once, and all twelve are told."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.api.api_helpers import House, assert_refused, open_house
from tests.api.media_site import make_files, serving


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    data = tmp_path_factory.mktemp("faults")
    async with open_house(postgres_url, template, data, allow_private_networks=True) as house:
        yield house


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    folder = tmp_path_factory.mktemp("site")
    make_files(folder)
    async with serving(folder) as address:
        yield address


def senseaudio_order(site: str) -> dict[str, Any]:
    return {
        "model": "doubao-seedance-2-0-260128",
        "duration": 3,
        "resolution": "360p",
        "ratio": "21:9",
        "timeout": 10,
        "content": [
            {"type": "text", "text": "A boat"},
            {"type": "image", "role": "reference", "url": f"{site}/low.png"},
            {"type": "image", "role": "reference", "url": f"{site}/narrow.tiff"},
            {"type": "image", "role": "reference", "url": f"{site}/none.png"},
            {"type": "image", "role": "reference", "url": f"{site}/page.png"},
            {"type": "image", "role": "reference", "url": "ftp://media.example/a.png"},
            {"type": "video", "video_url": f"{site}/slow.mp4"},
            {"type": "audio", "audio_url": f"{site}/short.wav"},
        ],
    }


SENSEAUDIO_FAULTS = [
    ("duration", "range"),
    ("resolution", "choice"),
    ("ratio", "choice"),
    ("timeout", "range"),
    ("content[5].url", "scheme"),
    ("content[1].url", "media_height"),
    ("content[2].url", "media_width"),
    ("content[3].url", "media_unreachable"),
    ("content[4].url", "media_unreadable"),
    ("content[6].video_url", "media_frame_rate"),
    ("content[6].video_url", "media_seconds"),
    ("content[7].audio_url", "media_seconds"),
]


async def test_senseaudio_says_it_in_its_texts_and_lists_all_in_its_header(house: House, site: str) -> None:
    customer = await house.customer()
    before = await house.traces(customer)
    answer = await house.order(customer, "senseaudio", **senseaudio_order(site))
    assert_refused("senseaudio", answer)
    told = json.loads(answer.headers["x-filmgate-violations"])
    assert [(entry["field"], entry["rule"]) for entry in told] == SENSEAUDIO_FAULTS
    assert answer.json() == {
        "code": "不支持的视频时长",
        "message": "不支持的视频时长；参数错误：resolution；参数错误：ratio；不支持的超时时间；图片链接无效；"
        "图片高度不符合要求；图片宽度不符合要求；视频帧率不符合要求；视频时长不符合要求；音频时长不符合要求",
        "ref_code": 400000,
        "ref_scope": "common",
    }
    assert await house.traces(customer) == before


async def test_ink_lists_all_in_its_message(house: House, site: str) -> None:
    customer = await house.customer()
    before = await house.traces(customer)
    order = {
        "model": "seedance-2.0",
        "prompt": " ",
        "duration": 3,
        "resolution": "8k",
        "aspectRatio": "21:9",
        "webhookUrl": "ftp://hooks.example/a",
        "metadata": {"much": "x" * 20_000},
        "mediaUrls": [
            f"{site}/low.png",
            f"{site}/none.png",
            f"{site}/page.png",
            f"{site}/slow.mp4",
            f"{site}/short.wav",
        ],
    }
    answer = await house.order(customer, "ink", **order)
    assert_refused("ink", answer)
    sentences = answer.json()["error"]["message"].split("; ")
    assert [sentence.partition(" ")[0].rstrip(":") for sentence in sentences] == [
        # What was wrong in reading the body, what its model says, and what is in its media.
        *("prompt", "webhookUrl", "metadata"),
        *("duration", "resolution", "aspectRatio"),
        *("mediaUrls[0]", "mediaUrls[1]", "mediaUrls[2]", "mediaUrls[3]", "mediaUrls[3]", "mediaUrls[4]"),
    ]
    assert await house.traces(customer) == before


async def test_jimmy_lists_all_that_can_be_seen_without_its_media_in_its_msg(house: House) -> None:
    customer = await house.customer()
    before = await house.traces(customer)
    order = {
        "model": "seedance2.0-md",
        "prompt": "",
        "duration": 99,
        "ratio": "7:1",
        "first_image": "ftp://media.example/a.png",
        "images": ["ftp://media.example/b.png", "https://", "https://a b/"],
        "reference_videos": ["rtmp://media.example/a", "https:///a.mp4", "/a.mp4"],
    }
    answer = await house.order(customer, "jimmy", **order)
    assert_refused("jimmy", answer)
    sentences = answer.json()["msg"].split("; ")
    assert [sentence.partition(" ")[0] for sentence in sentences] == [
        *("prompt", "duration", "ratio", "first_image", "images[0]", "images[0]", "images[1]", "images[2]"),
        *("first_image", "reference_videos[0]", "reference_videos[1]", "reference_videos[2]"),
    ]
    assert await house.traces(customer) == before


async def test_the_native_api_lists_all_with_what_is_allowed(house: House, site: str) -> None:
    customer = await house.customer()
    before = await house.traces(customer)
    names = ("low.png", "narrow.tiff", "none.png", "page.png")
    order = {
        "model": "doubao-seedance-2-0-260128",
        "prompt": "x" * 5001,
        "duration_seconds": 3,
        "resolution": "360p",
        "ratio": "2:1",
        "seed": -2,
        "media": [
            *({"kind": "image", "role": "reference", "url": f"{site}/{name}"} for name in names),
            {"kind": "video", "role": "reference", "url": f"{site}/slow.mp4"},
            {"kind": "audio", "role": "reference", "url": f"{site}/short.wav"},
        ],
    }
    answer = await house.order(customer, "native", **order)
    assert_refused("native", answer)
    error = answer.json()["error"]
    assert error["message"] == "12 rules are broken"
    assert [entry["rule"] for entry in error["violations"]] == [
        *("length", "range", "choice", "choice", "range"),
        *("media_height", "media_width", "media_unreachable", "media_unreadable"),
        *("media_frame_rate", "media_seconds", "media_seconds"),
    ]
    assert error["violations"][-1]["allowed"] == [2, 15.2]
    assert await house.traces(customer) == before


UNUSABLE = ("low.png", "narrow.tiff", "none.png", "page.png", "page.png")


async def test_ark_lists_all_in_its_message(house: House, site: str) -> None:
    customer = await house.customer()
    before = await house.traces(customer)
    order = {
        "model": "doubao-seedance-2-0-260128",
        "duration": 3,
        "resolution": "360p",
        "ratio": "2:1",
        "seed": -2,
        "content": [
            {"type": "text", "text": "A boat"},
            *(
                {"type": "image_url", "role": "reference_image", "image_url": {"url": f"{site}/{name}"}}
                for name in UNUSABLE
            ),
            {"type": "video_url", "role": "reference_video", "video_url": {"url": f"{site}/slow.mp4"}},
            {"type": "audio_url", "role": "reference_audio", "audio_url": {"url": f"{site}/short.wav"}},
        ],
    }
    answer = await house.order(customer, "ark", **order)
    assert_refused("ark", answer)
    message = answer.json()["error"]["message"].partition(" Request id: ")[0]
    assert [sentence.partition(" ")[0].rstrip(":") for sentence in message.split("; ")] == [
        *("duration", "resolution", "ratio", "seed"),
        *(f"content[{number}].image_url" for number in range(1, 6)),
        *("content[6].video_url", "content[6].video_url", "content[7].audio_url"),
    ]
    assert await house.traces(customer) == before


async def test_openai_lists_all_in_its_message(house: House, site: str) -> None:
    customer = await house.customer()
    before = await house.traces(customer)
    order = {
        "model": "doubao-seedance-2-0-260128",
        "prompt": " ",
        "seconds": "3",
        "size": "1x1",
        "resolution": "360p",
        "seed": -2,
        "callback_url": "ftp://hooks.example/a",
        "execution_expires_after": 1,
        "input_references": [{"type": "image_url", "image_url": f"{site}/{name}"} for name in UNUSABLE],
    }
    answer = await house.order(customer, "openai", **order)
    assert_refused("openai", answer)
    sentences = answer.json()["error"]["message"].split("; ")
    assert sorted(sentence.partition(" ")[0].rstrip(":") for sentence in sentences) == sorted(
        [
            *("prompt", "seconds", "size", "size", "seed", "callback_url", "execution_expires_after"),
            *(f"input_references[{number}].image_url" for number in range(5)),
        ]
    )
    assert await house.traces(customer) == before


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        # A link that is no text: the order still has a picture, so nobody says that one is missing.
        ({"duration": 99, "images": [7]}, ["images[0]", "duration"]),
        # The sound alone would want a picture beside it, and there is one, though it cannot be read.
        (
            {"duration": 99, "images": [7], "reference_audios": ["https://media.example/a.mp3"]},
            ["images[0]", "duration"],
        ),
        ({"duration": "five", "resolution": "8k", "prompt": 7}, ["prompt", "duration", "resolution"]),
        ({"model": 7, "duration": 99}, ["model"]),
        ({"model": "nonsense", "duration": "five"}, ["duration", "model"]),
    ],
)
async def test_of_an_order_that_was_read_in_part_only_what_is_sure_is_told(
    house: House, changes: dict[str, Any], told: list[str]
) -> None:
    answer = await house.order(await house.customer(), "jimmy", **{"model": "seedance2.0-of-sp"} | changes)
    assert_refused("jimmy", answer)
    message, _, _ = answer.json()["msg"].removeprefix("不支持的模型参数: ").partition("; did you mean")
    assert [sentence.partition(" ")[0] for sentence in message.split("; ")] == told


async def test_an_empty_content_is_refused_by_senseaudio_as_measured(house: House) -> None:
    answer = await house.order(await house.customer(), "senseaudio", content=[])
    text = "内容不能为空"
    assert answer.json() == {"code": text, "message": text, "ref_code": 400000, "ref_scope": "common"}
