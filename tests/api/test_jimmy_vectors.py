"""The test vectors of spec jimmy 19, each with what lies just inside beside it, with real files behind the links."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.api.api_helpers import CREATE_PATHS, ORDERS, House, assert_refused, open_house
from tests.api.media_site import make_files, serving
from tests.media.bound_samples import plain_clip

from filmgate.task import Task, TaskError, failed

ORDER = {"prompt": "A paper boat", "duration": 8, "resolution": None}
ASSET = "asset://a"


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    data = tmp_path_factory.mktemp("vectors")
    async with open_house(postgres_url, template, data, allow_private_networks=True) as house:
        yield house


@pytest.fixture(scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    folder = tmp_path_factory.mktemp("site")
    make_files(folder)
    for name, frames, rate in (("3.4", 34, 10), ("3.467", 104, 30), ("3.5", 35, 10), ("14.9", 149, 10)):
        plain_clip(folder / f"{name}.mp4", frames, rate)
    (folder / "page.mp4").write_text("<h1>Sign in</h1>")
    async with serving(folder) as address:
        yield address


async def ordered(house: House, site: str, **members: Any) -> Task:
    return await house.ordered(await house.customer(), "jimmy", **ORDER | _at(site, members))


def _at(site: str, members: dict[str, Any]) -> dict[str, Any]:
    """The members with names of files turned into links."""

    def link(value: Any) -> Any:
        if isinstance(value, list):
            return [link(item) for item in value]
        is_file = isinstance(value, str) and Path(value).suffix in (".png", ".mp4", ".wav") and "://" not in value
        return f"{site}/{value}" if is_file else value

    return {name: link(value) for name, value in members.items()}


PNG, MP4, WAV = "a.png", "a.mp4", "a.wav"


@pytest.mark.parametrize(
    ("members", "names"),
    [
        ({"model": "sd2_mx_720p", "images": [PNG]}, "images[0]"),
        ({"model": "sd2_mx_720p", "reference_videos": [ASSET]}, "reference_videos[0]"),
        ({"model": "seedance2.0-md", "first_image": PNG}, "first_image"),
        ({"model": "seedance2.0-md", "last_image": PNG}, "last_image"),
        ({"model": "seedance2.0-md", "images": [PNG] * 5}, "images[4]"),
        ({"model": "seedance2.0-md", "reference_videos": [MP4] * 4}, "reference_videos[3]"),
        ({"model": "seedance2.0-sp", "images": [PNG], "first_image": PNG}, "images[0]"),
        ({"model": "seedance2.0-sp", "reference_audios": [WAV]}, "reference_audios[0]"),
        ({"model": "seedance2.0-mini", "reference_videos": [MP4]}, "reference_videos[0]"),
        ({"model": "seedance2.0-mini-sp", "resolution": "1080p"}, "resolution"),
        ({"model": "seedance2.0-fast-i2v", "images": [PNG] * 8, "first_image": PNG, "last_image": PNG}, "images[0]"),
        ({"model": "seedance2.0-fast-i2v", "images": [PNG] * 10}, "images[9]"),
        ({"model": "seedance2.0-std", "first_image": PNG, "reference_audios": [WAV]}, "reference_audios[0]"),
        ({"model": "seedance2.0-std", "images": [PNG] * 10}, "images[9]"),
        ({"model": "seedance2.0-std", "reference_audios": [WAV] * 4, "images": [PNG]}, "reference_audios[3]"),
        ({"model": "seedance2.0-std", "ratio": "Adaptive"}, "ratio"),
        ({"model": "seedance-2.5"}, "/seedance25/videos"),
    ],
)
async def test_outside_is_refused_and_costs_nothing(
    house: House, site: str, members: dict[str, Any], names: str
) -> None:
    customer = await house.customer()
    before = await house.traces(customer)
    answer = await house.order(customer, "jimmy", **ORDER | _at(site, members))
    assert_refused("jimmy", answer, says=names)
    assert await house.traces(customer) == before


@pytest.mark.parametrize(
    "members",
    [
        {"model": "seedance2.0-md", "first_image": PNG, "last_image": PNG},
        {"model": "seedance2.0-md", "images": [PNG] * 4, "reference_videos": [MP4] * 3},
        {"model": "seedance2.0-sp", "images": [PNG]},
        {"model": "seedance2.0-sp", "first_image": PNG},
        {"model": "seedance2.0-sp", "images": [PNG], "last_image": ""},
        {"model": "seedance2.0-sp", "images": [PNG], "reference_audios": [WAV]},
        {"model": "seedance2.0-mini-video", "reference_videos": [MP4]},
        {"model": "seedance2.0-mini-sp", "resolution": "720p"},
        {"model": "seedance2.0-fast-i2v", "images": [PNG] * 9},
        {"model": "seedance2.0-fast-i2v", "first_image": PNG, "last_image": PNG},
        {"model": "seedance2.0-std", "first_image": PNG},
        {"model": "seedance2.0-std", "last_image": PNG},
        {"model": "seedance2.0-std", "images": [PNG] * 9, "reference_audios": [WAV] * 3},
        {"model": "seedance2.0-std", "ratio": "21:9"},
    ],
)
async def test_inside_is_accepted(house: House, site: str, members: dict[str, Any]) -> None:
    task = await ordered(house, site, **members)
    assert (task.status, task.request.resolution) == ("queued", "720p")


@pytest.mark.parametrize(
    ("members", "resolution", "ratio"),
    [
        ({"model": "seedance2.0-md", "first_image": PNG, "last_image": PNG, "resolution": "1080p"}, "720p", "16:9"),
        ({"model": "seedance2.0-mini-720p"}, "720p", "16:9"),
        ({"model": "seedance2.0-sp", "orientation": "portrait"}, "720p", "9:16"),
        ({"model": "seedance2.0-sp", "ratio": "16:9", "orientation": "portrait"}, "720p", "16:9"),
    ],
)
async def test_what_is_made_of_what_was_ordered(
    house: House, site: str, members: dict[str, Any], resolution: str, ratio: str
) -> None:
    task = await ordered(house, site, **members)
    assert (task.request.resolution, task.request.ratio) == (resolution, ratio)


@pytest.mark.parametrize(
    ("clips", "seconds"),
    [
        (["3.4.mp4"], 11),
        (["3.467.mp4"], 11),
        (["3.5.mp4"], 12),
        (["14.9.mp4"], 23),
        # Of several the first one counts, whatever can be said of the others.
        (["3.4.mp4", "14.9.mp4"], 11),
        (["3.4.mp4", "none.mp4"], 11),
        # What cannot be measured counts nothing, and does not keep the order from being accepted.
        (["page.mp4"], 8),
        (["none.mp4"], 8),
        (["page.mp4", "3.4.mp4"], 8),
        ([], 8),
    ],
)
async def test_mini_video_bills_the_measured_seconds_of_its_first_clip(
    house: House, site: str, clips: list[str], seconds: int
) -> None:
    task = await ordered(house, site, model="seedance2.0-mini-video", reference_videos=clips)
    assert (task.status, task.quote.units, task.quote.unit) == ("queued", str(seconds), "second")


async def test_no_key_is_20001(house: House) -> None:
    answer = await house.client.post(CREATE_PATHS["jimmy"], json=ORDERS["jimmy"])
    assert_refused("jimmy", answer, status=401)


async def test_a_failed_task_is_a_query_that_succeeds(house: House) -> None:
    customer = await house.customer()
    task = await house.ordered(customer, "jimmy")
    error = TaskError("media_error", "images[0]: must be jpeg or png, not gif")
    assert await house.services.tasks.apply(failed(task, error, datetime.now(UTC)))
    body = (await house.query(customer, task)).json()
    told = {name: body["data"][name] for name in ("status", "progress", "error_message")}
    assert body["code"] == 20000
    assert told == {"status": "failed", "progress": 0, "error_message": error.message}
