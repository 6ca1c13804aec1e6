"""Films, and files that are longer than memory."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.simulator.film_facts import facts_of

from filmgate.simulator.encode import make_film
from filmgate.simulator.films import CHUNK_BYTES, Films, Reel, labelled
from filmgate.video import RATIOS, RESOLUTIONS, frame_size


@pytest.mark.parametrize(
    ("resolution", "ratio"),
    [*(("480p", ratio) for ratio in RATIOS), *((resolution, "21:9") for resolution in RESOLUTIONS)],
)
def test_every_size_can_be_made(resolution: str, ratio: str) -> None:
    size = frame_size(resolution, ratio)
    assert facts_of(make_film(size, 1, sound=True)) == (*size, 24, 1.0, ("video", "audio"))


@pytest.mark.parametrize("seconds", [1, 15])
def test_every_length_is_exact(seconds: int) -> None:
    assert facts_of(make_film((864, 496), seconds, sound=True))[2:4] == (seconds * 24, float(seconds))


def test_a_film_is_small() -> None:
    assert len(make_film((864, 496), 5, sound=True)) < 100_000


@pytest.mark.parametrize("size_bytes", [0, 1, 60_000, 1_000_000])
def test_a_label_and_padding_leave_a_film_as_it_is(size_bytes: int) -> None:
    film = make_film((864, 496), 1, sound=True)
    reel = labelled(film, "cgt-1", size_bytes)
    data = b"".join(reel.pieces(0, reel.size_bytes))
    assert len(data) == reel.size_bytes == max(size_bytes, len(film) + 16 + len("cgt-1"))
    assert b"cgt-1" in data
    assert facts_of(data) == facts_of(film)


def test_a_film_may_be_larger_than_memory() -> None:
    reel = labelled(b"film", "cgt-1", 2**40)
    assert reel.size_bytes == 2**40
    assert list(reel.pieces(2**40 - 3, 3)) == [bytes(3)]
    assert int.from_bytes(b"".join(reel.pieces(12, 8)), "big") == 2**40 - len(b"film")


@given(
    head=st.binary(max_size=50),
    zeros=st.integers(0, 3 * CHUNK_BYTES),
    span=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted),
)
def test_a_part_is_the_same_as_of_the_whole(head: bytes, zeros: int, span: list[float]) -> None:
    reel = Reel(head=head, zeros=zeros)
    whole = head + bytes(zeros)
    start, end = (int(place * len(whole)) for place in span)
    pieces = list(reel.pieces(start, end - start))
    assert b"".join(pieces) == whole[start:end]
    assert all(0 < len(piece) <= CHUNK_BYTES for piece in pieces)


async def test_a_film_is_made_once_for_all_who_ask() -> None:
    films = Films()
    found = await asyncio.gather(*(films.film((640, 640), 1, sound=False) for _ in range(5)))
    assert len({id(film) for film in found}) == 1
    assert await films.film((640, 640), 1, sound=True) != found[0]


async def test_one_who_gives_up_leaves_the_film_to_the_others() -> None:
    films = Films()
    hasty = asyncio.create_task(films.film((640, 640), 1, sound=False))
    await asyncio.sleep(0)
    hasty.cancel()
    assert facts_of(await films.film((640, 640), 1, sound=False)).frames == 24
