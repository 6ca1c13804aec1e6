"""Hostile files behind links: each is refused in plain words, nobody dies but children, and nothing grows.

``--hostile-files 1000 -s`` sends a thousand instead of a hundred and fifty, and shows what became of them.
"""

import asyncio
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import psutil
import pytest
from tests.api.api_helpers import CREATE_PATHS, ORDERS, Customer, House, open_house
from tests.api.media_site import make_files, serving
from tests.media.hostile import Hostile, hostile_files

from filmgate.media.child import MEMORY_BYTES
from filmgate.video import Media

_SEED = 20260115
_AT_ONCE = 8
_MEMBERS = {"image": "url", "video": "video_url", "audio": "audio_url"}
# What the server itself may grow by while it handles all of them: caches, and what Python keeps for later.
_GROWTH_BYTES = 64 * 1024**2


class Refusal(msgspec.Struct, frozen=True):
    """How one file was answered."""

    status: int
    rule: str
    message: str
    seconds: float


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    data = tmp_path_factory.mktemp("hostile")
    async with open_house(postgres_url, template, data, allow_private_networks=True) as house:
        yield house


@pytest.fixture
def files(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Hostile]:
    (tmp_path / "real").mkdir()
    return hostile_files(request.config.getoption("--hostile-files"), _SEED, tmp_path / "real")


async def test_every_hostile_file_is_refused_in_plain_words(
    house: House, files: Iterator[Hostile], tmp_path: Path
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    customer = await house.customer(1_000_000)
    before, began, resident_bytes = await house.traces(customer), time.monotonic(), _resident_bytes()
    async with serving(site) as address:
        refusals = await _send_all(house, customer, files, site, address)
        make_files(site)
        # Whatever happened, the next one is served.
        assert (await house.services.fetcher.check(_good_picture(address), tmp_path)).width == 640
    await house.services.prober.close()  # Only of children that have ended the system tells how large they were.
    assert await house.traces(customer) == before
    for hostile, refusal in refusals:
        assert refusal.status == 400, hostile.recipe
        assert refusal.rule.startswith("media_"), hostile.recipe
        assert refusal.message.isprintable(), hostile.recipe
        assert str(tmp_path) not in refusal.message, hostile.recipe
    assert _children_peak_bytes() < MEMORY_BYTES
    assert _resident_bytes() - resident_bytes < _GROWTH_BYTES
    sys.stdout.write(f"\n{_figures(refusals, time.monotonic() - began)}\n")


async def _send_all(
    house: House, customer: Customer, files: Iterator[Hostile], site: Path, address: str
) -> list[tuple[Hostile, Refusal]]:
    slots = asyncio.Semaphore(_AT_ONCE)

    async def send(number: int, hostile: Hostile) -> tuple[Hostile, Refusal]:
        async with slots:
            path = site / str(number)
            path.write_bytes(hostile.content)
            element = {"type": hostile.kind, _MEMBERS[hostile.kind]: f"{address}/{number}"}
            content = [element | ({"role": "reference"} if hostile.kind == "image" else {})]
            if hostile.kind == "audio":
                content.append({"type": "image", "role": "reference", "url": f"{address}/none"})
            began = time.monotonic()
            answer = await house.client.post(
                CREATE_PATHS["senseaudio"],
                json=ORDERS["senseaudio"] | {"content": content},
                headers=customer.headers,
                timeout=60,
            )
            path.unlink()
            told = json.loads(answer.headers["x-filmgate-violations"])[0]
            assert told["field"] == f"content[0].{_MEMBERS[hostile.kind]}", hostile.recipe
            refusal = Refusal(answer.status_code, told["rule"], told["message"], time.monotonic() - began)
            return msgspec.structs.replace(hostile, content=b""), refusal

    sending: set[asyncio.Task[tuple[Hostile, Refusal]]] = set()
    done: list[tuple[Hostile, Refusal]] = []
    for number, hostile in enumerate(files):
        sending.add(asyncio.create_task(send(number, hostile)))
        if len(sending) >= 2 * _AT_ONCE:
            finished, sending = await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
            done += [task.result() for task in finished]
    return [*done, *await asyncio.gather(*sending)]


def _good_picture(address: str) -> Media:
    return Media(kind="image", role="reference", url=f"{address}/a.png", field="content[0].url")


def _resident_bytes() -> int:
    return psutil.Process().memory_info().rss


def _children_peak_bytes() -> int:
    """Of the largest child of this process that has ended; the ones of this test among them."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit


def _figures(refusals: list[tuple[Hostile, Refusal]], seconds: float) -> str:
    slowest, refusal = max(refusals, key=lambda pair: pair[1].seconds)
    counted = Counter((hostile.kind, refusal.rule) for hostile, refusal in refusals).most_common()
    lines = [
        f"{len(refusals)} files in {seconds:.1f} s; children up to {_children_peak_bytes() / 1e6:.0f} MB",
        f"slowest: {slowest.recipe}, {refusal.seconds:.1f} s: {refusal.message}",
        *(f"{count:5} {kind:6} {rule}" for (kind, rule), count in counted),
    ]
    return "\n".join(lines)
