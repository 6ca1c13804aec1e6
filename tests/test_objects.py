"""Objects, in a folder, in a bucket of a small S3 that the test serves, and in one of a real S3 server."""

import asyncio
import hashlib
import os
import re
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from aiohttp import web
from tests.s3_server import S3Server, point_s3_at

from filmgate.errors import NotFound, SetupError, Unavailable
from filmgate.objects import CHUNK_BYTES, NewObject, Objects

SMALL = b"a small film"
# Over the size from which a bucket gets parts, and not a whole number of anything.
LARGE = os.urandom(1024) * (17 * 1024) + b"end"
MODIFIED = "Thu, 01 Jan 2026 10:00:00 GMT"
NAME = "films/0190f3c2-7a54-7c1e-b0aa-5e2f1c6d9a01.mp4"


class Bucket:
    """As much of S3 as is used here. Keeps what it was told of each object."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.forbidden = False
        self.knows_conditions = True
        self.deletes = 0

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if self.forbidden:
            return web.Response(status=403)
        key, query = request.path.removeprefix("/films-bucket/"), request.query
        if request.method == "POST" and "uploads" in query:
            self.parts[key] = {}
            self.types[key] = request.headers.get("Content-Type", "")
            return _xml("InitiateMultipartUploadResult", UploadId="upload-1")
        if request.method == "PUT" and "partNumber" in query:
            self.parts[key][int(query["partNumber"])] = await request.content.read()
            return web.Response(headers={"ETag": '"part"'})
        if request.method == "POST" and "uploadId" in query:
            self.objects[key] = b"".join(part for _, part in sorted(self.parts.pop(key).items()))
            return _xml("CompleteMultipartUploadResult", Location=key, Bucket="b", Key=key, ETag='"whole"')
        if request.method == "PUT":
            source = request.headers.get("x-amz-copy-source")
            if source is not None:
                return self._copy(source.strip("/").removeprefix("films-bucket/"), key)
            content = await request.content.read()
            if "If-None-Match" in request.headers:
                if not self.knows_conditions:
                    return web.Response(status=400)
                if key in self.objects:
                    return web.Response(status=412)
            self.objects[key] = content
            self.types[key] = request.headers.get("Content-Type", "")
            return web.Response(headers={"ETag": '"whole"'})
        if request.method == "POST" and "delete" in query:
            self.deletes += 1
            deleted = re.findall("<Key>(.*?)</Key>", (await request.content.read()).decode())
            for name in deleted:
                self.objects.pop(name, None)
            said = "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in deleted)
            return web.Response(text=f"<DeleteResult>{said}</DeleteResult>")
        if "list-type" in query:
            return _listing(self.objects, query["prefix"])
        return self._read(request, key)

    def _copy(self, source: str, key: str) -> web.StreamResponse:
        if source not in self.objects:
            return web.Response(status=404)
        self.objects[key], self.types[key] = self.objects[source], self.types[source]
        return _xml("CopyObjectResult", ETag='"whole"', LastModified="2026-01-01T10:00:00.000Z")

    def _read(self, request: web.BaseRequest, key: str) -> web.StreamResponse:
        if key not in self.objects:
            return web.Response(status=404)
        data, headers = self.objects[key], {"ETag": '"whole"', "Last-Modified": MODIFIED}
        asked = request.http_range
        if asked.start is None:
            return web.Response(body=data, headers=headers)
        headers["Content-Range"] = f"bytes {asked.start}-{asked.stop - 1}/{len(data)}"
        return web.Response(status=206, body=data[asked], headers=headers)


def _listing(objects: dict[str, bytes], prefix: str) -> web.Response:
    entries = "".join(
        f'<Contents><Key>{key}</Key><LastModified>2026-01-01T10:00:00.000Z</LastModified><ETag>"whole"</ETag>'
        f"<Size>{len(data)}</Size></Contents>"
        for key, data in sorted(objects.items())
        if key.startswith(prefix)
    )
    head = "<Name>b</Name><IsTruncated>false</IsTruncated>"
    return web.Response(text=f"<ListBucketResult>{head}{entries}</ListBucketResult>", content_type="application/xml")


def _xml(root: str, **values: str) -> web.Response:
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())
    return web.Response(text=f"<{root}>{inner}</{root}>", content_type="application/xml")


@pytest.fixture
async def bucket(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bucket]:
    served = Bucket()
    runner = web.ServerRunner(web.Server(served.answer), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    point_s3_at(f"http://127.0.0.1:{runner.addresses[0][1]}", monkeypatch)
    yield served
    await runner.cleanup()


@pytest.fixture(params=["folder", "bucket", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Objects:
    if request.param == "folder":
        return Objects.open(tmp_path / "objects")
    if request.param == "s3":
        server: S3Server = request.getfixturevalue("s3_server")
        return Objects.open(server.new_bucket(monkeypatch))
    request.getfixturevalue("bucket")
    return Objects.open("s3://films-bucket")


async def read(objects: Objects, name: str, start: int = 0, length: int | None = None) -> bytes:
    return b"".join([piece async for piece in objects.stream(name, start, length)])


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
async def test_a_file_goes_in_and_comes_out(objects: Objects, data: bytes, tmp_path: Path) -> None:
    (tmp_path / "film").write_bytes(data)
    stored = await objects.put_file(NAME, tmp_path / "film", "video/mp4")
    assert (stored.name, stored.size_bytes, stored.sha256) == (NAME, len(data), hashlib.sha256(data).hexdigest())
    assert await read(objects, NAME) == data
    await objects.fetch_to(NAME, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == data


async def test_several_files_go_in_together(objects: Objects, tmp_path: Path) -> None:
    contents = {"films/a.mp4": LARGE, "films/a.jpg": SMALL, "other/a.png": b"p"}
    for name, data in contents.items():
        (tmp_path / Path(name).name).write_bytes(data)
    files = [NewObject(name, tmp_path / Path(name).name, "video/mp4") for name in contents]
    stored = await objects.put_files(*files)
    assert [(each.name, each.sha256) for each in stored] == [
        (name, hashlib.sha256(data).hexdigest()) for name, data in contents.items()
    ]
    assert {name: await read(objects, name) for name in contents} == contents


async def test_one_file_that_is_missing_fails_them_all_and_is_waited_for(objects: Objects, tmp_path: Path) -> None:
    (tmp_path / "film").write_bytes(LARGE)
    files = [NewObject("films/gone", tmp_path / "gone", ""), NewObject(NAME, tmp_path / "film", "video/mp4")]
    with pytest.raises(FileNotFoundError):
        await objects.put_files(*files)
    # Nobody reads it any more, so that its folder can be removed.
    (tmp_path / "film").unlink()
    assert await read(objects, NAME) == LARGE


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The inodes of what is flushed to the disk, as it happens."""
    inodes: list[int] = []
    really = os.fsync

    def fsync(descriptor: int) -> None:
        inodes.append(os.fstat(descriptor).st_ino)
        really(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return inodes


async def test_what_is_stored_first_is_flushed_like_all_else(tmp_path: Path, flushed: list[int]) -> None:
    objects = Objects.open(tmp_path / "objects")
    await objects.put_first("films/a.c2pa", SMALL, "")
    assert flushed == [(tmp_path / "objects" / name).stat().st_ino for name in ("films/a.c2pa", "films", "")]


async def test_files_that_go_in_together_are_flushed_once_and_their_folders_after_them(
    tmp_path: Path, flushed: list[int]
) -> None:
    objects = Objects.open(tmp_path / "objects")
    (tmp_path / "film").write_bytes(SMALL)
    names = ("films/a.mp4", "films/a.jpg")
    await objects.put_files(*(NewObject(name, tmp_path / "film", "") for name in names))
    wanted = [*names, "films", ""]
    assert flushed == [(tmp_path / "objects" / name).stat().st_ino for name in wanted]


async def test_bytes_go_in_and_come_out(objects: Objects) -> None:
    stored = await objects.put_bytes("inputs/1/0", SMALL, "image/png")
    assert stored.sha256 == hashlib.sha256(SMALL).hexdigest()
    assert await read(objects, "inputs/1/0") == SMALL


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
async def test_a_copy_outlives_what_it_was_made_from(objects: Objects, data: bytes) -> None:
    await objects.put_bytes(NAME, data, "video/mp4")
    await objects.copy(NAME, "inputs/1/0")
    await objects.delete(NAME)
    assert await read(objects, "inputs/1/0") == data


async def test_a_copy_is_as_new_as_its_making(tmp_path: Path) -> None:
    objects = Objects.open(tmp_path)
    await objects.put_bytes(NAME, SMALL, "video/mp4")
    os.utime(tmp_path / NAME, (1_000_000_000, 1_000_000_000))
    before = await objects.head(NAME)
    await objects.copy(NAME, "inputs/1/0")
    copy = await objects.head("inputs/1/0")
    assert await objects.head(NAME) == before
    assert copy is not None
    assert copy.modified_at.year > 2020


@pytest.mark.parametrize("name", [NAME, "../outside", ""])
async def test_what_is_not_there_is_not_copied(objects: Objects, name: str) -> None:
    with pytest.raises(NotFound):
        await objects.copy(name, "inputs/1/0")
    assert await objects.head("inputs/1/0") is None


async def test_the_first_of_several_stays(objects: Objects) -> None:
    stored = await asyncio.gather(*(objects.put_first(NAME, text, "video/mp4") for text in (b"one", b"two", b"three")))
    assert len(set(stored)) == 1
    assert stored[0] in (b"one", b"two", b"three")
    assert await objects.put_first(NAME, b"late", "video/mp4") == stored[0] == await read(objects, NAME)


async def test_a_store_that_knows_no_conditions_keeps_the_first_all_the_same(bucket: Bucket) -> None:
    bucket.knows_conditions = False
    objects = Objects.open("s3://films-bucket")
    for text in (b"first", b"second"):
        assert await objects.put_first(NAME, text, "video/mp4") == b"first"
    bucket.forbidden = True
    with pytest.raises(Unavailable):
        await objects.put_first("films/other", b"third", "video/mp4")


async def test_an_object_is_replaced_by_a_later_one(objects: Objects) -> None:
    await objects.put_bytes(NAME, b"first, and longer", "video/mp4")
    await objects.put_bytes(NAME, b"second", "video/mp4")
    assert await read(objects, NAME) == b"second"


@pytest.mark.parametrize(
    ("start", "length", "wanted"),
    [
        (0, None, slice(None)),
        (0, 1, slice(0, 1)),
        (5, None, slice(5, None)),
        (5, 10, slice(5, 15)),
        (CHUNK_BYTES - 1, 2 * CHUNK_BYTES, slice(CHUNK_BYTES - 1, 3 * CHUNK_BYTES - 1)),
        (len(LARGE) - 3, None, slice(-3, None)),
        (len(LARGE) - 3, 99, slice(-3, None)),
        (len(LARGE), None, slice(0, 0)),
        (len(LARGE) + 9, 5, slice(0, 0)),
        (7, 0, slice(0, 0)),
    ],
)
async def test_a_part_is_read_alone(objects: Objects, start: int, length: int | None, wanted: slice) -> None:
    await objects.put_bytes(NAME, LARGE, "video/mp4")
    assert await read(objects, NAME, start, length) == LARGE[wanted]


async def test_the_pieces_of_a_stream_stay_small(objects: Objects) -> None:
    await objects.put_bytes(NAME, LARGE, "video/mp4")
    sizes = [len(piece) async for piece in objects.stream(NAME)]
    assert max(sizes) <= CHUNK_BYTES
    assert sum(sizes) == len(LARGE)


async def test_who_knows_the_size_has_the_store_asked_once(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    await objects.put_bytes("a", SMALL, "")

    async def asked_again(store: Any, name: str) -> None:
        raise AssertionError("the size was known")

    monkeypatch.setattr("obstore.head_async", asked_again)
    pieces = [piece async for piece in objects.stream("a", 2, 1000, size_bytes=len(SMALL))]
    assert b"".join(pieces) == SMALL[2:]


async def test_what_is_known_of_an_object(objects: Objects) -> None:
    await objects.put_bytes(NAME, SMALL, "video/mp4")
    info = await objects.head(NAME)
    assert info is not None
    assert (info.size_bytes, info.content_type) == (len(SMALL), "video/mp4")
    assert info.etag is not None
    assert info.etag.startswith('"')
    assert info.modified_at.tzinfo is not None
    assert info.modified_at <= datetime.now(UTC)


async def test_the_type_goes_by_the_suffix(objects: Objects) -> None:
    types = {}
    for name in ("films/1.jpg", "films/1.png", "inputs/1/0"):
        await objects.put_bytes(name, SMALL, "text/html")
        info = await objects.head(name)
        types[name] = info and info.content_type
    assert types == {"films/1.jpg": "image/jpeg", "films/1.png": "image/png", "inputs/1/0": "application/octet-stream"}


async def test_a_bucket_is_told_the_type(bucket: Bucket, tmp_path: Path) -> None:
    objects = Objects.open("s3://films-bucket/main")
    (tmp_path / "film").write_bytes(LARGE)
    await objects.put_file(NAME, tmp_path / "film", "video/mp4")
    await objects.put_bytes("inputs/1/0", SMALL, "image/png")
    assert bucket.types == {f"main/{NAME}": "video/mp4", "main/inputs/1/0": "image/png"}
    assert bucket.objects[f"main/{NAME}"] == LARGE


async def test_a_hundred_megabytes_go_into_a_bucket_in_parts(
    s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = Objects.open(s3_server.new_bucket(monkeypatch))
    size_bytes, digest = 100 * 1024**2 + 1, hashlib.sha256()
    with (tmp_path / "film").open("wb") as file:
        for number in range(100):
            block = number.to_bytes(4, "big") * (256 * 1024)
            digest.update(block)
            file.write(block)
        file.write(b"!")
        digest.update(b"!")
    stored = await objects.put_file(NAME, tmp_path / "film", "video/mp4")
    info = await objects.head(NAME)
    assert info is not None
    assert (stored.size_bytes, info.size_bytes, stored.sha256) == (size_bytes, size_bytes, digest.hexdigest())
    assert await read(objects, NAME, size_bytes - 5) == (99).to_bytes(4, "big") + b"!"
    await objects.fetch_to(NAME, tmp_path / "back")
    with (tmp_path / "back").open("rb") as file:
        assert hashlib.file_digest(file, "sha256").digest() == digest.digest()


async def test_a_bucket_that_is_not_there_is_told(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    objects = Objects.open(s3_server.new_bucket(monkeypatch).replace("films-", "no-films-"))
    with pytest.raises(Unavailable):
        await objects.ping()
    with pytest.raises((Unavailable, NotFound)):
        await objects.put_bytes(NAME, SMALL, "video/mp4")


async def test_an_object_that_is_not_there(objects: Objects, tmp_path: Path) -> None:
    assert await objects.head(NAME) is None
    with pytest.raises(NotFound):
        await read(objects, NAME)
    with pytest.raises(NotFound):
        await objects.fetch_to(NAME, tmp_path / "back")
    assert not (tmp_path / "back").exists()


async def test_a_deleted_object_is_gone_and_deleting_it_again_changes_nothing(objects: Objects) -> None:
    await objects.put_bytes(NAME, SMALL, "video/mp4")
    await objects.delete(NAME)
    assert await objects.head(NAME) is None
    await objects.delete(NAME)


async def test_many_are_deleted_whether_or_not_they_are_there(objects: Objects) -> None:
    names = [f"inputs/a/{number}" for number in range(40)]
    for name in (names[0], names[39], "inputs/b/0"):
        await objects.put_bytes(name, SMALL, "image/png")
    await objects.delete_all([*names, "../outside", "films/none.mp4"])
    assert [await objects.head(name) is None for name in (names[0], names[39], "inputs/b/0")] == [True, True, False]
    await objects.delete_all([])


async def test_a_bucket_deletes_many_in_one_request(bucket: Bucket) -> None:
    objects = Objects.open("s3://films-bucket")
    await objects.delete_all([f"inputs/a/{number}" for number in range(40)])
    assert bucket.deletes == 1


async def test_a_folder_of_objects_goes_with_the_last_of_them(tmp_path: Path) -> None:
    objects = Objects.open(tmp_path / "objects")
    await objects.put_bytes("inputs/a/0", SMALL, "image/png")
    await objects.put_bytes("inputs/a/1", SMALL, "image/png")
    await objects.delete_all(["inputs/a/0"])
    assert (tmp_path / "objects/inputs/a").exists()
    await objects.delete_all(["inputs/a/1"])
    assert not (tmp_path / "objects/inputs/a").exists()
    await objects.ping()


async def test_objects_come_and_go_in_one_folder_without_losing_any(tmp_path: Path) -> None:
    objects = Objects.open(tmp_path / "objects")

    async def come_and_go(number: int) -> None:
        for turn in range(30):
            name = f"inputs/shared/{number}-{turn}"
            await objects.put_bytes(name, SMALL, "image/png")
            assert await objects.head(name) is not None
            await objects.delete(name)

    await asyncio.gather(*(come_and_go(number) for number in range(8)))


async def test_old_objects_are_listed_by_their_names(objects: Objects) -> None:
    for name in ("inputs/a/0", "inputs/b/0", "inputs2/c", "films/a.mp4"):
        await objects.put_bytes(name, SMALL, "image/png")

    async def listed(before: datetime) -> set[str]:
        return {name async for names in objects.names_under("inputs", before) for name in names}

    assert await listed(datetime.now(UTC) + timedelta(hours=1)) == {"inputs/a/0", "inputs/b/0"}
    assert await listed(datetime(2025, 12, 31, tzinfo=UTC)) == set()


async def test_of_a_folder_that_is_not_there_nothing_is_listed(objects: Objects) -> None:
    assert [names async for names in objects.names_under("inputs", datetime.now(UTC)) if names] == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "../secret",
        "films/../../secret",
        "films/./1",
        "films//1",
        "films/",
        ".hidden",
        "films/a\0",
        "a" * 600,
        "films/a#1",
        "films/é",
        "films/a b",
        "films\\a",
        "films/a\n",
    ],
)
async def test_a_name_that_is_none_names_nothing(objects: Objects, name: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    assert await objects.head(name) is None
    with pytest.raises(NotFound):
        await read(objects, name)
    await objects.delete(name)
    assert (tmp_path / "secret").exists()
    with pytest.raises(ValueError, match="cannot be the name"):
        await objects.put_bytes(name, b"", "text/plain")


async def test_an_object_is_whole_or_not_there(tmp_path: Path) -> None:
    """While a large object is being written, and after that was cancelled, nobody finds a part of it."""
    objects = Objects.open(tmp_path / "objects")
    (tmp_path / "film").write_bytes(LARGE * 8)
    put = asyncio.create_task(objects.put_file(NAME, tmp_path / "film", "video/mp4"))
    while not list((tmp_path / "objects").rglob("*.mp4*")):
        await asyncio.sleep(0)
    assert not put.done()
    assert await objects.head(NAME) is None
    put.cancel()
    with pytest.raises(asyncio.CancelledError):
        await put
    assert await objects.head(NAME) is None


async def test_a_store_that_is_there_answers_a_ping(objects: Objects) -> None:
    await objects.ping()


async def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    objects = Objects.open(tmp_path / "objects")
    (tmp_path / "objects").rmdir()
    with pytest.raises(Unavailable):
        await objects.ping()


async def expect_unavailable(objects: Objects) -> None:
    listing = anext(objects.names_under("films", datetime.now(UTC)))
    asking = (objects.ping(), objects.head(NAME), read(objects, NAME), listing)
    for call in (*asking, objects.put_bytes(NAME, SMALL, "video/mp4"), objects.delete_all([NAME])):
        with pytest.raises(Unavailable) as caught:
            await call
        assert "127.0.0.1" not in caught.value.message


async def test_a_bucket_that_refuses_us_is_unavailable(bucket: Bucket) -> None:
    bucket.forbidden = True
    await expect_unavailable(Objects.open("s3://films-bucket"))


async def test_a_bucket_that_is_away_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        point_s3_at(f"http://127.0.0.1:{unused.getsockname()[1]}", monkeypatch)
        await expect_unavailable(Objects.open("s3://films-bucket"))


@pytest.mark.parametrize("url", ["ftp://films", "s3://", "http://127.0.0.1/", "memory:///"])
def test_a_url_of_no_store_is_a_setup_error(url: str) -> None:
    with pytest.raises(SetupError, match="s3://bucket/prefix"):
        Objects.open(url)


def test_a_folder_that_cannot_be_made_is_a_setup_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="cannot be made"):
        Objects.open(tmp_path / "file" / "objects")


@pytest.mark.parametrize("as_text", [True, False])
async def test_a_folder_is_given_as_a_path_or_as_text(as_text: bool, tmp_path: Path) -> None:
    folder: Any = tmp_path / "objects"
    await Objects.open(str(folder) if as_text else folder).put_bytes(NAME, SMALL, "video/mp4")
    assert (folder / NAME).read_bytes() == SMALL
