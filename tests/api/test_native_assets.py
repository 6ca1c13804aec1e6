"""Assets of the native API: taken in, listed, changed, deleted, named in orders of every API."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.api.api_helpers import DIALECTS, Customer, House, assert_refused, open_house
from tests.api.asset_helpers import ASSETS, clip, fetch_all, hosted, picture, sent, sound, stored

from filmgate.api import bodies
from filmgate.asset import show_asset_id
from filmgate.task import Task

NOBODYS = show_asset_id(UUID("01a21516-74bb-747d-b795-aba57fbc2cf8"))
# How an order of each API names one picture, and what the API calls the place in its words.
NAMING: dict[str, Any] = {
    "jimmy": lambda link: {"model": "seedance2.0-of-sp", "first_image": link},
    "senseaudio": lambda link: {
        "content": [{"type": "text", "text": "a kite"}, {"type": "image", "url": link, "role": "first_frame"}]
    },
    "ink": lambda link: {"mediaUrls": [f"{link}/hero.png"]},
    "ark": lambda link: {
        "content": [
            {"type": "text", "text": "a kite"},
            {"type": "image_url", "image_url": {"url": link}, "role": "first_frame"},
        ]
    },
    "openai": lambda link: {"input_reference": {"image_url": link}},
    "native": lambda link: {"media": [{"kind": "image", "role": "first_frame", "url": link}]},
}


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(postgres_url, template, tmp_path_factory.mktemp("native")) as house:
        yield house


def violations(answer: httpx.Response, status: int = 400) -> dict[str, str]:
    """What a refusal names: rules by field."""
    assert answer.status_code == status, answer.text
    return {each["field"]: each["rule"] for each in answer.json()["error"]["violations"]}


async def kept_objects(house: House) -> int:
    return sum(1 for _ in (house.services.settings.data / "objects" / "assets").glob("*"))


async def added(house: House, who: Customer, content: bytes, **query: Any) -> dict[str, Any]:
    answer = await sent(house, who, content, **query)
    assert answer.status_code == 201, answer.text
    asset: dict[str, Any] = answer.json()
    return asset


async def test_a_picture_is_sent_shown_downloaded_and_deleted(house: House, tmp_path: Path) -> None:
    who, content = await house.customer(0), picture(tmp_path)
    asset = await added(house, who, content, name="正面 hero", tags="a,b", kind="image")
    assert list(asset) == [
        *("object", "id", "link", "kind", "state", "reason", "error", "name", "tags", "libraries", "source_url"),
        *("created_at", "file"),
    ]  # fmt: skip
    assert (asset["state"], asset["name"], asset["tags"], asset["libraries"]) == (
        "approved",
        "正面 hero",
        ["a", "b"],
        None,
    )
    assert asset["link"] == f"asset://{asset['id']}"
    file = asset["file"]
    assert (file["sha256"], file["size_bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert (file["format"], file["width"], file["height"]) == ("png", 640, 480)
    served = await house.client.get(file["url"])
    assert (served.content, served.headers["content-type"]) == (content, "image/png")
    path = f"{ASSETS}/{asset['id']}"
    shown = (await house.client.get(path, headers=who.headers)).json()
    assert {**shown, "file": None} == {**asset, "file": None}
    removed = await house.client.delete(path, headers=who.headers)
    assert removed.json() == {"object": "asset", "id": asset["id"], "removed": True}
    for method in ("GET", "DELETE", "PATCH"):
        answer = await house.client.request(method, path, headers=who.headers, content=b"{}")
        assert (answer.status_code, answer.json()["error"]["message"]) == (404, "asset not found")


async def test_a_file_may_be_the_body_or_come_in_a_form(house: House, tmp_path: Path) -> None:
    who = await house.customer(0)
    form = await house.client.post(
        ASSETS,
        files={"file": ("walk.mp4", clip(tmp_path))},
        data={"name": "walk", "tags": ["x", "y,z"], "libraries": "audit"},
        headers=who.headers,
    )
    assert form.status_code == 201, form.text
    asset = form.json()
    assert (asset["kind"], asset["name"], asset["tags"], asset["libraries"]) == (
        "video",
        "walk",
        ["x", "y", "z"],
        ["audit"],
    )
    assert asset["file"]["seconds"] == pytest.approx(1.0, abs=0.1)
    assert (await added(house, who, sound(tmp_path)))["kind"] == "audio"


async def test_the_same_bytes_are_kept_once_and_stay_while_one_asset_has_them(house: House, tmp_path: Path) -> None:
    who, content = await house.customer(0), picture(tmp_path, size=(321, 321))
    before = await kept_objects(house)
    first, second = await added(house, who, content, name="one"), await added(house, who, content, name="two")
    assert first["id"] != second["id"]
    assert await kept_objects(house) == before + 1
    await house.client.delete(f"{ASSETS}/{first['id']}", headers=who.headers)
    assert (await house.client.get(second["file"]["url"])).content == content
    other = await added(house, await house.customer(0), content)
    assert await kept_objects(house) == before + 2
    assert other["file"]["sha256"] == first["file"]["sha256"]


async def test_a_link_is_fetched_by_a_worker(house: House, tmp_path: Path) -> None:
    who = await house.customer(0)
    url = await hosted(house, who, picture(tmp_path))
    answer = await house.client.post(ASSETS, json={"url": url, "name": "later", "tags": ["t"]}, headers=who.headers)
    assert answer.status_code == 202, answer.text
    asset = answer.json()
    assert (asset["state"], asset["kind"], asset["file"], asset["source_url"]) == ("fetching", None, None, url)
    await fetch_all(house)
    shown = (await house.client.get(f"{ASSETS}/{asset['id']}", headers=who.headers)).json()
    assert (shown["state"], shown["kind"], shown["name"], shown["file"]["width"]) == ("approved", "image", "later", 640)


async def test_a_link_whose_file_is_of_another_kind_says_so(house: House, tmp_path: Path) -> None:
    who = await house.customer(0)
    url = await hosted(house, who, picture(tmp_path))
    answer = await house.client.post(ASSETS, json={"url": url, "kind": "audio"}, headers=who.headers)
    await fetch_all(house)
    shown = (await house.client.get(f"{ASSETS}/{answer.json()['id']}", headers=who.headers)).json()
    assert (shown["state"], shown["file"]) == ("failed", None)
    assert "is an image" in shown["error"]


@pytest.mark.parametrize("dialect", [*DIALECTS])
async def test_an_asset_is_named_in_orders_of_every_api(house: House, tmp_path: Path, dialect: str) -> None:
    who = await house.customer()
    asset = await added(house, who, picture(tmp_path))
    task = await house.ordered(who, dialect, **NAMING[dialect](asset["link"]))
    await assert_names(house, who, task, asset["id"])


async def assert_names(house: House, who: Customer, task: Task, shown_id: str) -> None:
    asset = await stored(house, who, shown_id)
    (media,) = task.request.media
    assert asset.file is not None
    assert (media.asset_id, media.url) == (asset.id, f"object://{asset.file.object_name}")
    shown = await house.client.get(f"/filmgate/v1/tasks/{task.id}", headers=who.headers)
    assert shown.json()["order"]["media"][0]["url"] == f"asset://{shown_id}"


@pytest.mark.parametrize("dialect", [*DIALECTS])
async def test_another_accounts_asset_is_like_none_in_every_api(house: House, tmp_path: Path, dialect: str) -> None:
    owner, stranger = await house.customer(), await house.customer()
    asset = await added(house, owner, picture(tmp_path))
    before = await house.traces(stranger)
    theirs, nobodys = [
        await house.order(stranger, dialect, **NAMING[dialect](f"asset://{identifier}"))
        for identifier in (asset["id"], NOBODYS)
    ]
    assert_refused(dialect, theirs)
    hidden = (theirs.text.replace(asset["id"], "…"), nobodys.text.replace(NOBODYS, "…"))
    assert hidden[0] == hidden[1] or dialect in ("ark", "senseaudio")  # Their bodies name the request.
    assert await house.traces(stranger) == before


async def test_an_order_that_was_accepted_keeps_its_asset_after_it_was_deleted(house: House, tmp_path: Path) -> None:
    who, content = await house.customer(), picture(tmp_path)
    asset = await added(house, who, content)
    task = await house.ordered(who, "native", **NAMING["native"](asset["link"]))
    await house.client.delete(f"{ASSETS}/{asset['id']}", headers=who.headers)
    path = tmp_path / "brought"
    await house.services.fetcher.bring(task.request.media[0], path)
    assert path.read_bytes() == content
    refused = await house.order(who, "native", **NAMING["native"](asset["link"]))
    assert violations(refused) == {"media[0].url": "unknown"}


async def test_a_quote_looks_at_assets_as_an_order_does(house: House, tmp_path: Path) -> None:
    who = await house.customer()
    asset = await added(house, who, picture(tmp_path))
    order = {"model": "seedance-2.0", "prompt": "a kite", "duration_seconds": 4, **NAMING["native"](asset["link"])}
    quote = await house.client.post("/filmgate/v1/quotes", json=order, headers=who.headers)
    assert (quote.json()["violations"], quote.json()["order"]["media"][0]["url"]) == ([], asset["link"])
    accepted = await house.order(who, "native", **order, quote_id=quote.json()["quote_id"], resolution="720p")
    assert accepted.status_code == 400  # Another resolution is another order.
    body = {**order, "quote_id": quote.json()["quote_id"]}
    accepted = await house.client.post("/filmgate/v1/tasks", json=body, headers=who.headers)
    assert accepted.status_code == 201, accepted.text


async def test_an_order_sent_twice_at_once_with_an_asset_is_one_order(house: House, tmp_path: Path) -> None:
    who = await house.customer()
    asset = await added(house, who, picture(tmp_path))
    headers = {**who.headers, "Idempotency-Key": "shot-1"}
    body = {"model": "seedance-2.0", "prompt": "a kite", "duration_seconds": 4, **NAMING["native"](asset["link"])}
    answers = await asyncio.gather(
        *(house.client.post("/filmgate/v1/tasks", json=body, headers=headers) for _ in range(4))
    )
    assert len({answer.json()["id"] for answer in answers}) == 1


@pytest.mark.parametrize(("content", "says"), [
    (b"", "the file is empty"),
    (b"hello", "in none of the formats"),
    (b"\x89PNG\r\n\x1a\n" + b"x" * 100, "does not decode"),
    (b"#EXTM3U\nfile:///etc/passwd\n", "in none of the formats"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "in none of the formats"),
    (b"\0" * 10_000, "in none of the formats"),
    (b"\0" * (30 * 1024**2 + 1), "the file is in none of the formats jpeg, png, webp, bmp, tiff, gif, mp4, mov"),
])  # fmt: skip
async def test_a_file_that_no_order_can_use_is_refused_and_leaves_nothing(
    house: House, content: bytes, says: str
) -> None:
    who, before = await house.customer(0), await kept_objects(house)
    answer = await sent(house, who, content)
    assert says in answer.json()["error"]["message"]
    assert list(violations(answer)) == ["file"]
    assert await kept_objects(house) == before
    assert (await house.client.get(ASSETS, headers=who.headers)).json()["data"] == []


async def test_a_file_of_another_kind_than_it_was_said_is_refused(house: House, tmp_path: Path) -> None:
    who = await house.customer(0)
    answer = await sent(house, who, picture(tmp_path), kind="video")
    assert "the file given as video is an image" in answer.json()["error"]["message"]


async def test_a_file_over_the_limit_of_its_kind_is_refused(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, content = await house.customer(0), picture(tmp_path)
    monkeypatch.setitem(__import__("filmgate.work.assets").work.assets.LIMIT_BYTES, "image", len(content) - 1)
    answer = await sent(house, who, content)
    assert "is larger than" in answer.json()["error"]["message"]
    monkeypatch.setattr("filmgate.api.native_assets.LARGEST_BYTES", 1000)
    answer = await sent(house, who, content)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(("body", "wrong"), [
    ({}, {"url": "missing"}),
    ({"url": "http://a.example/x.png"}, {"url": "scheme"}),
    ({"url": "https://192.168.0.1/x.png"}, {"url": "scheme"}),
    ({"url": "data:image/png;base64,AAAA"}, {"url": "scheme"}),
    ({"url": 7, "name": [], "kind": "film", "tags": "x", "libraries": ["sp", "x"], "id": "asset-1"},
     {"url": "type", "name": "type", "kind": "choice", "tags": "type", "libraries[1]": "choice", "id": "unknown"}),
    ({"url": "https://a.example/x", "name": "x" * 201}, {"name": "length"}),
    ({"url": "https://a.example/x", "tags": ["a", "", "b" * 101, "c,d", 7, None, "e\n"]},
     {"tags[1]": "format", "tags[2]": "format", "tags[3]": "format", "tags[4]": "type", "tags[5]": "type",
      "tags[6]": "format"}),
    ({"url": "https://a.example/x", "tags": ["a"] * 51}, {"tags": "count"}),
    ({"url": "https://a.example/x", "libraries": [["sp"]]}, {"libraries[0]": "choice"}),
    ({"url": "https://a.example/x\0"}, {"url": "format"}),
])  # fmt: skip
async def test_a_registration_that_is_wrong_says_everything_at_once(
    house: House, body: dict[str, Any], wrong: dict[str, str]
) -> None:
    who = await house.customer(0)
    assert violations(await house.client.post(ASSETS, json=body, headers=who.headers)) == wrong
    assert (await house.client.get(ASSETS, headers=who.headers)).json()["data"] == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b"null", b'{"url": "\xff"}', b"[" * 10_000])
async def test_what_is_no_json_object_is_told_so(house: House, body: bytes) -> None:
    who = await house.customer(0)
    headers = {**who.headers, "Content-Type": "application/json"}
    answer = await house.client.post(ASSETS, content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


async def test_what_is_said_in_the_query_of_a_file_is_checked_like_the_rest(house: House, tmp_path: Path) -> None:
    who = await house.customer(0)
    answer = await sent(house, who, picture(tmp_path), kind="film", libraries="x", nmae="hero")
    assert violations(answer) == {"kind": "choice", "libraries[0]": "choice", "nmae": "unknown"}


async def test_a_change_changes_what_is_given(house: House, tmp_path: Path) -> None:
    who = await house.customer(0)
    asset = await added(house, who, picture(tmp_path), name="a", libraries="sp")
    path = f"{ASSETS}/{asset['id']}"

    async def changed(body: Any) -> dict[str, Any]:
        answer = await house.client.patch(path, json=body, headers=who.headers)
        assert answer.status_code == 200, answer.text
        return {name: answer.json()[name] for name in ("name", "tags", "libraries")}

    assert await changed({}) == {"name": "a", "tags": [], "libraries": ["sp"]}
    assert await changed({"tags": ["x", "x"]}) == {"name": "a", "tags": ["x"], "libraries": ["sp"]}
    assert await changed({"libraries": None}) == {"name": "a", "tags": ["x"], "libraries": None}
    assert await changed({"name": "", "libraries": ["audit"]}) == {"name": "", "tags": ["x"], "libraries": ["audit"]}
    wrong = await house.client.patch(
        path, json={"name": 7, "state": "approved", "libraries": "sp"}, headers=who.headers
    )
    assert violations(wrong) == {"name": "type", "state": "unknown", "libraries": "type"}


async def test_a_list_has_pages_and_filters_and_no_strangers(house: House, tmp_path: Path) -> None:
    who, stranger = await house.customer(0), await house.customer(0)
    content = picture(tmp_path)
    ids = [(await added(house, who, content, tags=f"n{number}"))["id"] for number in range(5)]
    await added(house, stranger, content)

    async def listed(**query: Any) -> httpx.Response:
        return await house.client.get(ASSETS, params=query, headers=who.headers)

    first = (await listed(limit=3)).json()
    second = (await listed(limit=3, cursor=first["next_cursor"])).json()
    assert [each["id"] for each in first["data"] + second["data"]] == ids[::-1]
    assert second["next_cursor"] is None
    assert [each["id"] for each in (await listed(tag="n3", kind="image", state="approved")).json()["data"]] == [ids[3]]
    assert (await listed(kind="video")).json()["data"] == []
    wrong = await listed(kind="film", state="done", library="x", limit=0, created_from="now", page=2)
    assert violations(wrong).keys() == {"kind", "state", "library", "limit", "created_from", "page"}
    for foreign in (first["next_cursor"], "x", "", "a" * 2000):
        answer = await house.client.get(ASSETS, params={"cursor": foreign or "x", "limit": 3}, headers=stranger.headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    "shown_id", [NOBODYS, "x", "asset-", "asset-20260901120000-" + "z" * 18, "a" * 3000, "%00", "🎬"]
)
async def test_an_id_that_is_none_is_not_found(house: House, shown_id: str) -> None:
    who = await house.customer(0)
    answer = await house.client.get(f"{ASSETS}/{shown_id}", headers=who.headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


async def test_another_account_can_do_nothing_with_an_id(house: House, tmp_path: Path) -> None:
    owner, stranger = await house.customer(0), await house.customer(0)
    asset = await added(house, owner, picture(tmp_path))
    path = f"{ASSETS}/{asset['id']}"
    for method in ("GET", "PATCH", "DELETE"):
        answer = await house.client.request(method, path, json={"name": "mine"}, headers=stranger.headers)
        assert answer.status_code == 404
    shown = (await house.client.get(path, headers=owner.headers)).json()
    assert shown["name"] == ""


@pytest.mark.parametrize("content_type", ["image/png", "multipart/form-data; boundary=b"])
async def test_a_file_of_which_no_more_comes_is_not_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch, content_type: str
) -> None:
    monkeypatch.setattr(bodies, "_LONGEST_SILENCE_SECONDS", 0.2)
    who = await house.customer(0)
    lines = (f"POST {ASSETS} HTTP/1.1", "Host: x", f"Authorization: Bearer {who.secret}", "Content-Length: 1000")
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    answer = await house.raw(*(line.encode() for line in (*lines, f"Content-Type: {content_type}")), body=part)
    assert b" 400 " in answer.splitlines()[0]
    assert b"no more of the body came for 0.2 seconds" in answer
    assert list(house.services.work_folder.iterdir()) == []


async def test_a_caller_who_hangs_up_in_the_middle_leaves_nothing(house: House) -> None:
    who, before = await house.customer(0), await kept_objects(house)
    _, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(
        f"POST {ASSETS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {who.secret}\r\nContent-Type: image/png\r\n"
        f"Content-Length: 1000000\r\n\r\n".encode()
    )
    writer.write(b"x" * 600_000)
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    async with asyncio.timeout(10):
        while list(house.services.work_folder.iterdir()):
            await asyncio.sleep(0.02)
    assert await kept_objects(house) == before
    assert (await house.client.get(ASSETS, headers=who.headers)).json()["data"] == []
