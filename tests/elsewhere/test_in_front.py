"""filmgate in front of filmgate: what was ordered at the outer one is what the inner one made, to the byte."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import httpx
import pytest
from tests.elsewhere.front_orders import CHANGES, FILES, ORDERS, SOURCE, FrontOrder, medium, with_links
from tests.elsewhere.in_front import (
    KEY_NAME,
    Film,
    Filmgate,
    Row,
    base_url_of,
    film_of,
    inner_filmgate,
    names_of,
    outer_filmgate,
    outer_models,
    task_id_of,
)
from tests.elsewhere.station import DIALECTS, station
from tests.elsewhere.web import Web, web_server
from tests.media.media_samples import make_clip, make_picture

from filmgate.data_url import make_data_url
from filmgate.dialects import build_dialects
from filmgate.settings import UpstreamSettings
from filmgate.video import OBJECT_SCHEME, Media, VideoRequest

pytestmark = pytest.mark.long

TOLD_OTHERWISE: dict[str, tuple[tuple[str, ...], str]] = {
    "model": (DIALECTS, "the vendor has a name of its own for it"),
    "seed": (("ark",), "one is drawn where none was ordered, by which the film is known again in the vendor's list"),
    "last_frame": (("jimmy", "senseaudio", "ink", "openai"), "the last frame is cut from the film at home"),
    "timeout_seconds": (("jimmy", "ink", "openai"), "the wire has no word for it; the order's limit is kept at home"),
    "webhook_url": (DIALECTS, "the customer is called from home"),
    "metadata": (DIALECTS, "the customer's notes stay at home; Ink's vendor keeps the name of the attempt beside them"),
    "extras": (("senseaudio", "ink", "openai"), "how an order was written, for the answers of its own door"),
}
"""The fields that the two may keep otherwise, by which dialects, and why. Media are compared by themselves."""

KEEPS_ORDER = ("senseaudio", "ark")
TYPES = {"png": "image/png", "jpg": "image/jpeg", "mp4": "video/mp4", "wav": "audio/wav"}
INLINE = {
    "a first frame": [medium("one.png", "first_frame")],
    "pictures and a sound": [medium("two.png"), medium("one.png"), medium("three.jpg"), medium("sound.wav")],
    "a clip": [medium("clip.mp4")],
}
NO_WAY = {("senseaudio", "a clip"), ("ark", "a clip"), *(("ink", name) for name in INLINE)}
"""What these wires carry in no form but a link."""


class House(NamedTuple):
    """Everything that runs."""

    inner: Filmgate
    outer: Filmgate
    web: Web

    @property
    def links(self) -> dict[str, str]:
        return {name: f"{self.web.url}/{name}" for name in FILES}

    @property
    def data_urls(self) -> dict[str, str]:
        return {name: make_data_url(TYPES[name[-3:]], (self.web.folder / name).read_bytes()) for name in FILES}

    def content(self, url: str) -> bytes:
        """What lies behind a link that the inner one keeps."""
        if url.startswith(OBJECT_SCHEME):
            return (self.inner.server.data / "objects" / url.removeprefix(OBJECT_SCHEME)).read_bytes()
        return httpx.get(url).raise_for_status().content


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, postgres_url: str, template: str) -> Iterator[House]:
    folder, files = tmp_path_factory.mktemp("front"), tmp_path_factory.mktemp("files")
    make_picture(files / "one.png", (320, 240))
    make_picture(files / "two.png", (240, 320))
    make_picture(files / "three.jpg", (200, 200))
    make_clip(files / "clip.mp4", 1.0)
    make_clip(files / "sound.wav", 1.0, video=None, audio="pcm_s16le")
    with ExitStack() as opened, pytest.MonkeyPatch.context() as environment:
        inner = opened.enter_context(inner_filmgate(folder, postgres_url, template))
        environment.setenv(KEY_NAME, inner.key)
        web = opened.enter_context(web_server(files, inner.server.url))
        outer = opened.enter_context(outer_filmgate(folder, postgres_url, template, inner))
        yield House(inner, outer, web)


def place(outer: Filmgate, order: FrontOrder, links: dict[str, str]) -> UUID:
    path = order.path.replace(SOURCE, links.get(SOURCE, SOURCE))
    body = with_links(order.body, links)
    return outer.order(f"by-{order.dialect}{order.suffix}", door=order.door, path=path, **body)


@pytest.fixture(scope="module")
def films(house: House) -> dict[str, Film]:
    """What came of every order whose media are links, and of the changes to one of the films."""
    placed = {name: place(house.outer, order, house.links) for name, order in ORDERS.items()}
    source = placed["a size at the door of openai"]
    house.outer.ended(source)
    links = house.links | {SOURCE: build_dialects().openai.show_id(source)}
    placed |= {name: place(house.outer, order, links) for name, order in CHANGES.items()}
    return {name: film_of(task_id, house.outer, house.inner) for name, task_id in placed.items()}


@pytest.mark.parametrize("name", [*ORDERS, *CHANGES])
def test_the_film_and_the_order_are_the_same_at_both(name: str, films: dict[str, Film], house: House) -> None:
    outer, inner = films[name]
    assert (outer.status, outer.error) == ("succeeded", None)
    assert inner is not None
    assert outer.sha256 == inner.sha256
    assert outer.sha256 is not None
    dialect = (ORDERS | CHANGES)[name].dialect
    for field in different_fields(outer.request, inner.request):
        assert dialect in TOLD_OTHERWISE.get(field, ((), ""))[0], field
    check_media(outer.request, inner.request, dialect, house)


def test_every_field_that_is_told_otherwise_really_is(films: dict[str, Film]) -> None:
    found = {
        (field, (ORDERS | CHANGES)[name].dialect)
        for name, film in films.items()
        if film.inner is not None
        for field in different_fields(film.outer.request, film.inner.request)
    }
    assert found == {(field, dialect) for field, (dialects, _) in TOLD_OTHERWISE.items() for dialect in dialects}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_is_sent_twice(dialect: str, films: dict[str, Film], house: House) -> None:
    sent = [film.inner.id for name, film in films.items() if film.inner and (ORDERS | CHANGES)[name].dialect == dialect]
    assert len(sent) == len(set(sent)) == house.inner.count(dialect)


def test_what_came_inside_an_order_is_fetched_by_a_signed_link(house: House) -> None:
    everything = [medium(name) for name in FILES]
    placed = {
        dialect: house.outer.order(f"by-{dialect}", prompt="x", media=with_links(everything, house.data_urls))
        for dialect in DIALECTS
    }
    for dialect, task_id in placed.items():
        outer, inner = film_of(task_id, house.outer, house.inner)
        assert inner is not None, (dialect, outer.error)
        assert (outer.status, outer.sha256) == ("succeeded", inner.sha256)
        assert all(media.url.startswith(f"{house.outer.server.url}/files/") for media in inner.request.media)
        check_contents(inner, everything, house)


async def test_what_came_inside_an_order_goes_inside_it_or_is_uploaded_where_nobody_can_fetch_it(
    house: House, database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "tiny.toml").write_text(outer_models())
    async with station(database_url, tmp_path, *(hidden_upstream(dialect, house) for dialect in DIALECTS)) as here:
        placed = {
            (dialect, name): await here.order(
                model=f"by-{dialect}",
                duration_seconds=1,
                media=tuple(Media(field="media", **item) for item in with_links(media, house.data_urls)),
            )
            for dialect in DIALECTS
            for name, media in INLINE.items()
        }
        await here.ended(*placed.values(), seconds=300)
        for (dialect, name), placed_task in placed.items():
            task, [*attempts] = await here.task(placed_task.id), await here.attempts(placed_task)
            if (dialect, name) in NO_WAY:
                assert (task.status, attempts) == ("failed", [])
                assert "can only fetch it from a public link; set public_url" in str(task.error)
                continue
            assert task.status == "succeeded", (dialect, name, task.error)
            assert task.result is not None
            inner = house.inner.task(task_id_of(dialect, str(attempts[0].vendor_id)))
            assert task.result.sha256 == inner.sha256
            start = f"{house.web.url}/upload-" if dialect == "jimmy" else OBJECT_SCHEME
            assert all(media.url.startswith(start) for media in inner.request.media)
            check_contents(inner, INLINE[name], house)


def hidden_upstream(dialect: str, house: House) -> UpstreamSettings:
    """The inner one, for an outer one that it cannot fetch from; behind somebody who takes uploads."""
    origin = house.web.url if dialect == "jimmy" else house.inner.server.url
    return UpstreamSettings(
        name=dialect,
        dialect=dialect,  # type: ignore[arg-type]  # One of ``DIALECTS``.
        base_url=base_url_of(dialect, origin),
        key_env=KEY_NAME,
        models=names_of(dialect),
        submits_per_minute=1000,
    )


def check_contents(inner: Row, media: list[dict[str, str]], house: House) -> None:
    """What lies behind the links that the inner one keeps is what was sent."""
    expected = [(house.web.folder / item["url"]).read_bytes() for item in media]
    assert [house.content(item.url) for item in inner.request.media] == expected


def different_fields(one: VideoRequest, other: VideoRequest) -> list[str]:
    names = [name for name in VideoRequest.__struct_fields__ if name != "media"]
    return [name for name in names if getattr(one, name) != getattr(other, name)]


def check_media(outer: VideoRequest, inner: VideoRequest, dialect: str, house: House) -> None:
    """The same media in the same roles. Some wires list them in groups; within each, their order is kept."""
    groups = {(media.kind, media.role) for media in outer.media}
    assert groups == {(media.kind, media.role) for media in inner.media}
    if dialect in KEEPS_ORDER:
        assert [(media.kind, media.role) for media in outer.media] == [(item.kind, item.role) for item in inner.media]
    for group in groups:
        pairs = zip(outer.of_kind(*group), inner.of_kind(*group), strict=True)
        for mine, theirs in pairs:
            # What lies in the outer one's own store is linked there.
            is_own = mine.url.startswith(OBJECT_SCHEME)
            assert theirs.url.startswith(house.outer.server.url + "/files/") if is_own else theirs.url == mine.url
