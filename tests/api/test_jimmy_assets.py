"""Jimmy's asset APIs, as its clients call them: review for the Full models, the SP library, files that lie here."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.api_helpers import House, open_house
from tests.api.asset_helpers import JIMMY, data_of, fetch_all, hosted, jimmy, picture, sent, sound, stored
from tests.media.bound_samples import SOUND_RATE, plain_clip, plain_picture, plain_sound

from filmgate.asset import show_asset_id
from filmgate.dialects.jimmy.asset_wire import HOSTED_LIMIT_BYTES, HOSTED_TYPES
from filmgate.ids import new_id

AUDIT = "/seedance/assets/audit"
AUDIT_STATUS = "/seedance/assets/status"
SP_UPLOAD = "/seedance/sp/assets/upload"
SP_DETAIL = "/seedance/sp/assets/detail"
SP_STATUS = "/seedance/sp/assets/status"
UPLOAD = f"{JIMMY}/files/upload"
LINK = "https://media.example.org/hero.jpg"
NOBODYS = show_asset_id(new_id())


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with open_house(postgres_url, template, tmp_path_factory.mktemp("jimmy")) as house:
        yield house


async def test_media_pass_the_audit_and_make_a_film_of_a_full_model(house: House, tmp_path: Path) -> None:
    who = await house.customer()
    links = [
        await hosted(house, who, picture(tmp_path)),
        await hosted(house, who, plain_clip(tmp_path / "walk.mp4", 48, size=(640, 640)).read_bytes(), "walk.mp4"),
        await hosted(house, who, sound(tmp_path), "theme.wav"),
    ]
    body = {"image_urls": links[:1], "video_urls": links[1:2], "audio_urls": links[2:]}
    data = await data_of(house, who, AUDIT, body)
    assert list(data) == ["items", "failed_items"]
    assert data["failed_items"] == []
    assert [(item["asset_type"], item["original_url"], item["status"]) for item in data["items"]] == [
        ("image", links[0], "Pending"), ("video", links[1], "Pending"), ("audio", links[2], "Pending"),
    ]  # fmt: skip
    ids = [item["asset_id"] for item in data["items"]]
    await fetch_all(house)
    states = await data_of(house, who, AUDIT_STATUS, {"asset_ids": ids[::-1]})
    assert states == {"items": [{"asset_id": each, "status": "Active"} for each in ids[::-1]]}
    by_query = await house.client.get(f"{JIMMY}{AUDIT_STATUS}", params={"asset_ids": ids[::-1]}, headers=who.headers)
    assert by_query.json()["data"] == states
    order = {
        "model": "sd2_mx_video_720p",
        "images": [f"asset://{ids[0]}"],
        "reference_videos": [f"ASSET://{ids[1].upper()}"],
        "reference_audios": [f"assetId://{ids[2]}"],
        "resolution": "720p",
    }
    task = await house.ordered(who, "jimmy", **order)
    for media, asset_id in zip(task.request.media, ids, strict=True):
        asset = await stored(house, who, asset_id)
        assert asset.file is not None
        assert media.url == f"object://{asset.file.object_name}"
        assert media.asset_id == asset.id


async def test_a_link_that_leads_to_no_picture_fails_its_asset(house: House) -> None:
    who = await house.customer()
    url = await hosted(house, who, b"<html>no picture</html>")
    (item,) = (await data_of(house, who, AUDIT, {"image_urls": [url]}))["items"]
    await fetch_all(house)
    states = await data_of(house, who, AUDIT_STATUS, {"asset_ids": [item["asset_id"]]})
    assert states["items"][0]["status"] == "Failed"
    assert "in none of the formats" in ((await stored(house, who, item["asset_id"])).error or "")


@pytest.mark.parametrize(("body", "says"), [
    ({}, "image_urls must hold a link"),
    ({"image_urls": []}, "image_urls must hold a link"),
    ({"image_urls": None, "video_urls": [""]}, "image_urls must hold a link"),
    ({"image_urls": ["http://a.example/a.png"]}, "image_urls[0] must be a public https link"),
    ({"image_urls": ["https://127.0.0.1/a.png"]}, "image_urls[0] must be a public https link"),
    ({"image_urls": ["https://[fd00::1]/a.png"]}, "image_urls[0] must be a public https link"),
    ({"image_urls": ["https://0x7f.1/a.png"]}, "must be a public https link: it has a host that is neither a name"),
    ({"image_urls": ["file:///etc/passwd"]}, "image_urls[0] must be a public https link"),
    ({"image_urls": ["data:image/png;base64,AAAA"]}, "image_urls[0] must be a public https link"),
    ({"image_urls": [f"asset://{NOBODYS}"]}, "image_urls[0] must be a public https link"),
    ({"image_urls": [LINK, 7], "audio_urls": "ftp://x"}, "image_urls[1] must be a link, as text; audio_urls must be"),
    ({"video_urls": {"a": 1}}, "video_urls must be a list of links"),
    ({"image_urls": ["https://a.example/a b"]}, "image_urls[0] must not contain spaces"),
    ({"image_urls": ["https://a.example/" + "a" * 9000]}, "image_urls[0] must be at most 8192 characters"),
    ({"image_urls": [LINK] * 101}, "image_urls[100] is one too many"),
    ({"image_urls": [LINK] * 1001}, "image_urls must hold at most 1000 links"),
    ([], "must be a JSON object"),
    ("x", "must be a JSON object"),
])  # fmt: skip
async def test_a_submit_that_is_wrong_says_where_and_keeps_nothing(house: House, body: object, says: str) -> None:
    who = await house.customer()
    envelope = await jimmy(house, who, AUDIT, body)
    assert (envelope["code"], envelope["data"]) == (20002, None)
    assert says in envelope["msg"]
    assert await house.services.db.value("SELECT count(*) FROM assets WHERE account_id = $1", who.account.id) == 0


async def test_a_picture_goes_through_the_sp_library_into_an_order(house: House, tmp_path: Path) -> None:
    who = await house.customer()
    url = await hosted(house, who, picture(tmp_path))
    uploaded = await data_of(house, who, SP_UPLOAD, {"name": "正面 hero", "type": "image", "url": url})
    assert list(uploaded) == ["asset_id"]
    shown = uploaded["asset_id"]
    detail = await data_of(house, who, SP_DETAIL, {"asset_id": shown})
    assert list(detail) == ["asset_id", "official_id", "status", "name", "image_url", "created_at"]
    assert (detail["status"], detail["name"], detail["image_url"]) == ("Processing", "正面 hero", url)
    assert detail["created_at"].endswith("Z")
    refused = await house.order(who, "jimmy", model="seedance2.0-sp", images=[f"asset://{shown}"])
    assert "images[0] names an asset that is still being fetched" in refused.json()["msg"]
    await fetch_all(house)
    (item,) = (await data_of(house, who, SP_STATUS, {"asset_ids": [shown]}))["items"]
    assert item == {**detail, "status": "Active"}
    task = await house.ordered(who, "jimmy", model="seedance2.0-sp", images=[f"asset://{shown}"])
    assert task.request.media[0].asset_id == (await stored(house, who, shown)).id


@pytest.mark.parametrize(("body", "says"), [
    ({}, "type is missing; name is missing; url is missing"),
    ({"name": "x", "type": "text", "url": LINK}, "type must be image, video or audio"),
    ({"name": "x", "type": "IMAGE", "url": LINK}, "type must be image, video or audio"),
    ({"name": " ", "type": "image", "url": LINK}, "name must not be blank"),
    ({"name": "x" * 201, "type": "image", "url": LINK}, "name must have at most 200 characters"),
    ({"name": "x\0", "type": "image", "url": LINK}, "name must not hold a NUL"),
    ({"name": 7, "type": [], "url": {}}, "type must be text; name must be text; url must be a link"),
    ({"name": "x", "type": "image", "url": "https://10.0.0.1/"}, "url must be a public https link"),
])  # fmt: skip
async def test_an_upload_to_the_library_that_is_wrong_says_where(house: House, body: object, says: str) -> None:
    envelope = await jimmy(house, await house.customer(), SP_UPLOAD, body)
    assert (envelope["code"], envelope["data"]) == (20002, None)
    assert says in envelope["msg"]


async def test_each_model_takes_assets_of_its_own_library(house: House, tmp_path: Path) -> None:
    who = await house.customer()
    url = await hosted(house, who, picture(tmp_path))
    audited = (await data_of(house, who, AUDIT, {"image_urls": [url]}))["items"][0]["asset_id"]
    listed = (await data_of(house, who, SP_UPLOAD, {"name": "a", "type": "image", "url": url}))["asset_id"]
    await fetch_all(house)
    for model, good, bad, library in (
        ("sd2_mx_720p", audited, listed, "audit"),
        ("seedance2.0-sp", listed, audited, "sp"),
    ):
        refused = (await house.order(who, "jimmy", model=model, images=[f"asset://{bad}"])).json()
        assert refused["code"] == 20002
        assert f"images[0] names an asset that was not submitted to '{library}'" in refused["msg"]
        assert (await house.order(who, "jimmy", model=model, images=[f"asset://{good}"])).json()["code"] == 20000
    # Where the vendor knows no assets, ours are files that lie here.
    assert (await house.order(who, "jimmy", model="seedance2.0-md", images=[f"asset://{listed}"])).json()[
        "code"
    ] == 20000
    for path, body in ((SP_DETAIL, {"asset_id": audited}), (AUDIT_STATUS, {"asset_ids": [listed]})):
        assert "names no such asset" in (await jimmy(house, who, path, body))["msg"]


async def test_a_full_model_takes_no_links(house: House) -> None:
    refused = (await house.order(await house.customer(), "jimmy", model="sd2_mx_720p", images=[LINK])).json()
    assert (refused["code"], "images[0] must be a link of the form asset://" in refused["msg"]) == (20002, True)


async def test_an_asset_of_another_kind_is_refused_where_it_stands(house: House, tmp_path: Path) -> None:
    who = await house.customer()
    url = await hosted(house, who, sound(tmp_path), "theme.wav")
    shown = (await data_of(house, who, SP_UPLOAD, {"name": "a", "type": "audio", "url": url}))["asset_id"]
    await fetch_all(house)
    refused = (await house.order(who, "jimmy", model="seedance2.0-sp", images=[f"asset://{shown}"])).json()
    assert "images[0] must be an image, and the asset is a sound" in refused["msg"]


async def test_what_assets_are_known_to_break_is_refused_at_once_and_costs_nothing(
    house: House, tmp_path: Path
) -> None:
    who = await house.customer()
    files = {
        "low": plain_picture(tmp_path / "low.png", (400, 299)),
        "gif": plain_picture(tmp_path / "a.gif", (400, 400)),
        "long": plain_clip(tmp_path / "long.mp4", 361, size=(640, 640)),
        "slow": plain_clip(tmp_path / "slow.mkv", 69, rate=23, size=(640, 640)),
        "short": plain_sound(tmp_path / "short.wav", 2 * SOUND_RATE - 8),
    }
    answers = {name: await sent(house, who, path.read_bytes()) for name, path in files.items()}
    link = {name: answer.json()["link"] for name, answer in answers.items()}
    before = await house.traces(who)
    order = {
        "model": "sd2_mx_video_720p",
        "images": [link["gif"], link["low"]],
        "reference_videos": [link["long"], link["slow"]],
        "reference_audios": [link["short"]],
        "duration": 16,
    }
    refused = (await house.order(who, "jimmy", **order)).json()
    assert refused["code"] == 20002
    for fault in (
        "duration must be from 4 to 15 seconds, not 16",
        "images[1] must be 300 to 6000 pixels high, not 299",
        "reference_videos[0] must be 2 to 15 seconds long, not 15.042",
        "reference_videos[1] must be mp4 or mov, not mkv",
        "reference_videos[1] must have 24 to 60 frames per second, not 23",
        "reference_videos[0] must not bring the clips to 18.042 seconds together",
        "reference_audios[0] must be 2 to 15 seconds long, not 1.999",
    ):
        assert fault in refused["msg"]
    assert "images[0]" not in refused["msg"]
    no_gif = (await house.order(who, "jimmy", model="seedance2.0-md", images=[link["gif"]])).json()
    assert no_gif["msg"] == "images[0] must be jpeg, png, webp, bmp or tiff, not gif"
    assert await house.traces(who) == before


async def test_an_asset_where_another_kind_belongs_is_told_once(house: House, tmp_path: Path) -> None:
    who = await house.customer()
    link = (await sent(house, who, plain_clip(tmp_path / "walk.mp4", 48).read_bytes())).json()["link"]
    order = {"content": [{"type": "text", "text": "a kite"}, {"type": "image", "url": link, "role": "reference"}]}
    refused = await house.order(who, "senseaudio", **order)
    assert [each["rule"] for each in json.loads(refused.headers["X-Filmgate-Violations"])] == ["format"]


async def test_another_accounts_asset_is_like_none(house: House, tmp_path: Path) -> None:
    owner, stranger = await house.customer(), await house.customer()
    url = await hosted(house, owner, picture(tmp_path))
    shown = (await data_of(house, owner, SP_UPLOAD, {"name": "a", "type": "image", "url": url}))["asset_id"]
    await fetch_all(house)
    before = await house.traces(stranger)

    async def said(asset_id: str) -> list[str]:
        bodies: list[tuple[str, dict[str, Any]]] = [
            (SP_DETAIL, {"asset_id": asset_id}),
            (SP_STATUS, {"asset_ids": [asset_id]}),
            (AUDIT_STATUS, {"asset_ids": [asset_id]}),
        ]
        answers = [await jimmy(house, stranger, path, body) for path, body in bodies]
        order = await house.order(stranger, "jimmy", model="seedance2.0-sp", images=[f"asset://{asset_id}"])
        return [str(answer["msg"]) for answer in (*answers, order.json())]

    assert await said(shown) == await said(NOBODYS)
    assert await house.traces(stranger) == before


@pytest.mark.parametrize(("body", "says"), [
    ({}, "asset_ids is missing"),
    ({"asset_ids": []}, "asset_ids must name an asset"),
    ({"asset_ids": "x"}, "asset_ids must be a list"),
    ({"asset_ids": [7, None, "x", NOBODYS]}, "[0] must be text; asset_ids[1] must be text; asset_ids[2] names no such"),
    ({"asset_ids": [NOBODYS] * 101}, "must name at most 100 assets"),
    ({"asset_ids": ["素材", "a" * 100_000]}, "asset_ids[0] names no such asset; asset_ids[1] names no such asset"),
])  # fmt: skip
@pytest.mark.parametrize("path", [AUDIT_STATUS, SP_STATUS])
async def test_a_question_about_nothing_is_told_so(house: House, path: str, body: Any, says: str) -> None:
    envelope = await jimmy(house, await house.customer(), path, body)
    assert envelope["code"] == 20002
    assert says in envelope["msg"]


@pytest.mark.parametrize("path", [AUDIT, AUDIT_STATUS, SP_UPLOAD, SP_DETAIL, SP_STATUS, "/files/upload"])
async def test_nothing_is_said_without_a_key(house: House, path: str) -> None:
    answer = await house.client.post(f"{JIMMY}{path}", json={})
    assert answer.json() == {"code": 20001, "msg": "invalid api key", "data": None}


async def test_a_hosted_file_is_served_and_ordered_by_its_link(house: House, tmp_path: Path) -> None:
    who = await house.customer()
    content = picture(tmp_path)
    answer = await house.client.post(UPLOAD, files={"file": ("我的 图片.PNG", content)}, headers=who.headers)
    data = answer.json()["data"]
    assert list(data) == ["url", "filename", "size", "mime_type"]
    assert (data["filename"], data["size"], data["mime_type"]) == ("我的 图片.PNG", len(content), "image/png")
    served = await house.client.get(data["url"])
    assert (served.status_code, served.content, served.headers["content-type"]) == (200, content, "image/png")
    task = await house.ordered(who, "jimmy", model="seedance2.0-of-sp", first_image=data["url"])
    (media,) = task.request.media
    # The order has its own copy, because the file goes in some days.
    assert media.url == f"object://inputs/{task.id}/0"
    copied = b"".join([piece async for piece in house.services.objects.stream(f"inputs/{task.id}/0")])
    assert copied == content


async def test_a_changed_link_to_a_hosted_file_is_a_strangers_link(house: House, tmp_path: Path) -> None:
    who = await house.customer()
    url = await hosted(house, who, picture(tmp_path))
    refused = await house.order(who, "jimmy", model="seedance2.0-of-sp", first_image=url.replace("hosted/", "films/"))
    assert "first_image must be a link of the form https" in refused.json()["msg"]


@pytest.mark.parametrize("name", [f"a.{extension}" for extension in HOSTED_TYPES])
async def test_every_extension_of_the_vendor_is_taken(house: House, name: str) -> None:
    who = await house.customer()
    answer = await house.client.post(UPLOAD, files={"file": (name, b"x" * 10)}, headers=who.headers)
    assert answer.json()["data"]["mime_type"] == HOSTED_TYPES[name.rpartition(".")[2]]


@pytest.mark.parametrize("name", ["a.exe", "a", ".", "a.png.html", "", "a.png/../../x", "png", "a.png\0"])
async def test_another_extension_is_refused(house: House, name: str) -> None:
    who = await house.customer()
    answer = await house.client.post(UPLOAD, files={"file": (name, b"x" * 10)}, headers=who.headers)
    assert answer.json()["code"] == 20002
    assert "file" in answer.json()["msg"]


async def test_a_file_over_the_limit_is_refused_whether_it_announces_it_or_not(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = await house.customer()
    assert HOSTED_LIMIT_BYTES == 100 * 1024 * 1024
    monkeypatch.setattr("filmgate.api.jimmy_assets.HOSTED_LIMIT_BYTES", 1000)
    exactly = await house.client.post(UPLOAD, files={"file": ("a.png", b"x" * 1000)}, headers=who.headers)
    assert exactly.json()["code"] == 20000
    over = await house.client.post(UPLOAD, files={"file": ("a.png", b"x" * 1001)}, headers=who.headers)
    assert (over.json()["code"], over.json()["msg"]) == (20002, "file must have at most 1000 bytes")

    async def pieces() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        for _ in range(30):
            yield b"x" * 100_000
        yield b"\r\n--b--\r\n"

    headers = {**who.headers, "Content-Type": "multipart/form-data; boundary=b"}
    unannounced = await house.client.post(UPLOAD, content=pieces(), headers=headers)
    assert unannounced.json()["msg"] == "file must have at most 1000 bytes"
    assert list(house.services.work_folder.iterdir()) == []


FORM = "multipart/form-data; boundary=b"
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\nxyz\r\n'

TEXT = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n'
MISNAMED = FILE.replace(b'"file"', b'"image"')


@pytest.mark.parametrize(("content_type", "body", "says"), [
    ("application/json", b"{}", "Content-Type must be multipart/form-data"),
    ("multipart/form-data", FILE + b"--b--\r\n", "not a proper multipart form"),
    (FORM, b"", "not a proper multipart form"),
    (FORM, b"hello", "not a proper multipart form"),
    (FORM, FILE, "not a proper multipart form"),
    (FORM, b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nxyz\r\n--b--\r\n', "file: must be given"),
    (FORM, FILE + FILE + b"--b--\r\n", "file: must be given once"),
    (FORM, FILE.replace(b"xyz", b"") + b"--b--\r\n", "file must not be empty"),
    (FORM, FILE + TEXT + b"\xff\r\n--b--\r\n", "x: must be UTF-8"),
    (FORM, FILE + TEXT + b"y" * 70_000 + b"\r\n--b--\r\n", "longer than 65536 bytes"),
    (FORM, MISNAMED + b"--b--\r\n", "file: must be given, as a file; it came as 'image'"),
    (FORM, MISNAMED.replace(b"xyz", b"\xff") + b"--b--\r\n", "image: is a file, and a file must be named 'file'"),
    (FORM, MISNAMED.replace(b"z", b"z" * 70_000) + b"--b--\r\n", "image: is a file, and a file must be named 'file'"),
    (FORM, FILE.replace(b'"file"', b'""') + b"--b--\r\n", "every part of the form must have a name"),
    (FORM, FILE.replace(b'; name="file"', b"") + b"--b--\r\n", "every part of the form must have a name"),
    (FORM, FILE + (TEXT + b"y\r\n") * 60 + b"--b--\r\n", "not a proper multipart form"),
])  # fmt: skip
async def test_what_is_no_form_with_one_file_is_told_so(
    house: House, content_type: str, body: bytes, says: str
) -> None:
    who = await house.customer()
    answer: httpx.Response = await house.client.post(
        UPLOAD, content=body, headers={**who.headers, "Content-Type": content_type}
    )
    assert (answer.status_code, answer.json()["code"]) == (200, 20002)
    assert says in answer.json()["msg"]
    assert await house.services.db.value("SELECT count(*) FROM hosted_files WHERE account_id = $1", who.account.id) == 0


async def test_an_account_that_keeps_enough_is_told_so(postgres_url: str, template: str, tmp_path: Path) -> None:
    async with open_house(postgres_url, template, tmp_path, account_storage_megabytes=1) as house:
        who = await house.customer()
        for _ in range(2):
            await hosted(house, who, b"x" * 500_000)
        answer = await house.client.post(UPLOAD, files={"file": ("a.png", b"x" * 500_000)}, headers=who.headers)
        assert "file must leave what the account keeps within 1 MiB" in answer.json()["msg"]
        assert len(list((tmp_path / "objects" / "hosted").iterdir())) == 2
