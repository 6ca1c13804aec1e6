"""Bringing media onto this machine, over real sockets on loopback."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from aiohttp import web
from tests.media.media_samples import make_clip, make_picture

from filmgate.errors import MediaClosed, MediaError, MediaTooLarge, MediaUnreachable, MediaUnreadable
from filmgate.media import fetch
from filmgate.media.fetch import MediaFetcher
from filmgate.media.probe import Prober
from filmgate.objects import Objects
from filmgate.outbound import Outbound
from filmgate.video import Media, MediaKind

FIELD = "content[1].url"


@pytest.fixture(scope="module")
async def prober() -> AsyncIterator[Prober]:
    opened = Prober()
    yield opened
    await opened.close()


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects.open(tmp_path / "objects")


@pytest.fixture
async def fetcher(objects: Objects, prober: Prober) -> AsyncIterator[MediaFetcher]:
    outbound = Outbound(allow_private_networks=True)
    yield MediaFetcher(outbound, objects, prober)
    await outbound.close()


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[str]:
    """Serves the files of the test."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        path = tmp_path / request.path.strip("/")
        return web.FileResponse(path) if path.is_file() else web.Response(status=404)

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def item(url: str, kind: MediaKind = "image") -> Media:
    return Media(kind=kind, role="reference", url=url, field=FIELD)


def inline(path: Path, content_type: str) -> str:
    return f"data:{content_type};base64,{base64.b64encode(path.read_bytes()).decode()}"


def left_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_a_link_is_brought_and_looked_into(fetcher: MediaFetcher, host: str, tmp_path: Path) -> None:
    make_picture(tmp_path / "a.png", (80, 40))
    make_clip(tmp_path / "a.mp4", 0.5)
    (tmp_path / "job").mkdir()
    picture = await fetcher.check(item(f"{host}/a.png"), tmp_path / "job")
    clip = await fetcher.check(item(f"{host}/a.mp4", "video"), tmp_path / "job")
    assert (picture.format, picture.width, picture.height) == ("png", 80, 40)
    assert (clip.format, clip.seconds) == ("mp4", 0.5)
    assert left_in(tmp_path / "job") == set()


async def test_a_data_url_is_brought_and_looked_into(fetcher: MediaFetcher, tmp_path: Path) -> None:
    sound = make_clip(tmp_path / "a.wav", 1, video=None, audio="pcm_s16le")
    found = await fetcher.check(item(inline(sound, "audio/wav"), "audio"), tmp_path)
    assert (found.kind, found.format, found.seconds) == ("audio", "wav", 1.0)


async def test_a_data_url_is_kept_as_an_object_and_found_again(
    fetcher: MediaFetcher, objects: Objects, tmp_path: Path
) -> None:
    picture = make_picture(tmp_path / "a.png")
    kept = await fetcher.keep_inline(item(inline(picture, "image/png")), "inputs/1/0")
    assert kept == item("object://inputs/1/0")
    await fetcher.bring(kept, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == picture.read_bytes()


async def test_an_object_of_another_order_is_kept_as_a_copy(
    fetcher: MediaFetcher, objects: Objects, tmp_path: Path
) -> None:
    await objects.put_bytes("films/1.mp4", b"film", "video/mp4")
    kept = await fetcher.keep_copy(item("object://films/1.mp4", "video"), "inputs/2/0")
    assert kept == item("object://inputs/2/0", "video")
    await objects.delete("films/1.mp4")
    await fetcher.bring(kept, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"film"


async def test_an_object_that_is_gone_is_no_longer_kept(fetcher: MediaFetcher, objects: Objects) -> None:
    with pytest.raises(MediaUnreachable, match="not stored here any more") as caught:
        await fetcher.keep_copy(item("object://films/1.mp4", "video"), "inputs/2/0")
    assert caught.value.field == FIELD
    assert await objects.head("inputs/2/0") is None


@pytest.mark.parametrize(
    ("kind", "url", "words"),
    [
        ("image", "data:image/png;base64,@@@@", "not a proper data URL: its data are not base64"),
        ("image", "data:image/png;base64", "no comma"),
        ("image", "data:audio/wav;base64,aGk=", "is declared as audio/wav"),
        ("audio", "data:image/png;base64,aGk=", "is declared as image/png"),
        ("image", "data:,hello", "is declared as text/plain"),
        ("image", "data:image/png;base64,", "is empty"),
    ],
)
async def test_a_data_url_that_is_not_what_it_should_be(
    fetcher: MediaFetcher, objects: Objects, kind: MediaKind, url: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(MediaUnreadable, match=words) as caught:
        await fetcher.bring(item(url, kind), tmp_path / "a")
    assert (caught.value.kind, caught.value.field) == (kind, FIELD)
    with pytest.raises(MediaUnreadable, match=words):
        await fetcher.keep_inline(item(url, kind), "inputs/1/0")
    assert left_in(tmp_path) == {"objects"}
    assert await objects.head("inputs/1/0") is None


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("asset://asset-1", "no asset of that id is registered"),
        ("object://inputs/9/9", "not stored here any more"),
        ("object://../secret", "not stored here any more"),
        ("ftp://media.example/a.png", "neither an https:// link nor a data: URL"),
        ("/etc/passwd", "neither an https:// link nor a data: URL"),
        ("", "neither an https:// link nor a data: URL"),
        ("http://169.254.169.254/", "cannot be fetched: the link leads to an address that belongs to no public host"),
        ("http://127.0.0.1:1/a.png", "cannot be fetched: the host cannot be reached"),
    ],
)
async def test_a_link_that_leads_nowhere(fetcher: MediaFetcher, url: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    with pytest.raises(MediaUnreachable, match=words) as caught:
        await fetcher.bring(item(url), tmp_path / "a")
    assert (caught.value.kind, caught.value.field) == ("image", FIELD)
    assert not (tmp_path / "a").exists()


async def test_a_link_to_nothing_says_the_status(fetcher: MediaFetcher, host: str, tmp_path: Path) -> None:
    with pytest.raises(MediaUnreachable, match="cannot be fetched: the link answers with status 404"):
        await fetcher.bring(item(f"{host}/none.png"), tmp_path / "a")


async def test_what_is_over_the_limit_is_too_large_however_it_comes(
    fetcher: MediaFetcher, objects: Objects, host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(fetch.LIMIT_BYTES, "image", 1024**2)
    (tmp_path / "large").write_bytes(bytes(1024**2 + 1))
    await objects.put_file("inputs/1/0", tmp_path / "large", "image/png")
    for url in (f"{host}/large", "object://inputs/1/0", inline(tmp_path / "large", "image/png")):
        with pytest.raises(MediaTooLarge, match="larger than 1 MiB"):
            await fetcher.bring(item(url), tmp_path / "a")
        assert not (tmp_path / "a").exists()
    with pytest.raises(MediaTooLarge):
        await fetcher.keep_inline(item(inline(tmp_path / "large", "image/png")), "inputs/1/1")


async def test_a_page_instead_of_a_picture_is_unreadable(fetcher: MediaFetcher, host: str, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("<!DOCTYPE html><title>Sign in</title>")
    with pytest.raises(MediaError, match="is in none of the formats jpeg, png"):
        await fetcher.check(item(f"{host}/a.png"), tmp_path)


async def test_what_the_review_does_not_let_pass_is_left_nowhere(
    objects: Objects, prober: Prober, host: str, tmp_path: Path
) -> None:
    asked: list[tuple[bytes, str, UUID]] = []

    async def review(path: Path, media: Media, account_id: UUID) -> None:
        asked.append((path.read_bytes(), media.field, account_id))
        raise MediaClosed("is refused by review", kind=media.kind, field=media.field)

    content = make_picture(tmp_path / "a.png", (80, 40)).read_bytes()
    await objects.put_bytes("inputs/1/0", content, "image/png")
    account_id = uuid4()
    folder = tmp_path / "job"
    folder.mkdir()
    outbound = Outbound(allow_private_networks=True)
    fetcher = MediaFetcher(outbound, objects, prober, review)
    for url in (f"{host}/a.png", "object://inputs/1/0", inline(tmp_path / "a.png", "image/png")):
        with pytest.raises(MediaClosed):
            await fetcher.bring(item(url), folder / "a", account_id=account_id)
        with pytest.raises(MediaClosed):
            await fetcher.check(item(url), folder, account_id=account_id)
        assert list(folder.iterdir()) == []
        # Nobody's order: the bytes passed their review already, or are those of an asset.
        await fetcher.bring(item(url), folder / "a")
        (folder / "a").unlink()
        assert (await fetcher.check(item(url), folder)).width == 80
    assert asked == [(content, FIELD, account_id)] * 6
    await outbound.close()
