"""Media inside orders under the setting ``review_media``: what each API says of them before money moves."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.api.api_helpers import DIALECTS, ORDERS, Customer, House, assert_refused, open_house
from tests.api.asset_helpers import clip, hosted, sent
from tests.api.media_site import serving
from tests.api.review_helpers import USUAL, WIDE, decide, image, inline, refused, with_picture
from tests.media.face_model import write_face_model

from filmgate.ids import new_id
from filmgate.settings import ReviewRule
from filmgate.store.asset_files import AssetFiles, NewFile
from filmgate.work import media_review
from filmgate.work.media_review import MediaReview
from filmgate.work.spool import hashed

RULES = (
    ReviewRule(verdict="reject", reason="a banner", kinds=("image",), over_side_pixels=1000),
    ReviewRule(verdict="human", reason="a webp", formats=("webp",)),
    ReviewRule(verdict="reject", reason="a clip of ours", kinds=("video",), over_seconds=3.5),
    ReviewRule(verdict="consent", reason="shows a face", kinds=("image",), faces=True),
)
TAKE_DATA = ("senseaudio", "ark", "openai", "native")
"""The APIs that take data URLs."""


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("media_review")
    async with open_house(
        postgres_url,
        template,
        folder / "data",
        review_rule=RULES,
        review_media=True,
        allow_private_networks=True,
        face_model=write_face_model(folder / "bright.onnx"),
    ) as house:
        yield house


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[str]:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "wide.png").write_bytes(image(WIDE))
    (folder / "usual.png").write_bytes(image())
    async with serving(folder) as address:
        yield address


async def link_of_kind(way: str, house: House, who: Customer, site: str, size: tuple[int, int]) -> str:
    match way:
        case "link":
            return f"{site}/{'wide' if size == WIDE else 'usual'}.png"
        case "hosted":
            return await hosted(house, who, image(size))
        case _:
            return inline(image(size))


WAYS = [
    (dialect, way)
    for dialect in DIALECTS
    for way in ("link", "hosted", "data")
    if way != "data" or dialect in TAKE_DATA
]


@pytest.mark.parametrize(("dialect", "way"), WAYS)
async def test_what_the_rules_reject_is_refused_however_it_comes(
    house: House, site: str, dialect: str, way: str
) -> None:
    who = await house.customer()
    good = await link_of_kind(way, house, who, site, USUAL)
    bad = await link_of_kind(way, house, who, site, WIDE)
    says = "the file given as image is refused by review: a banner"
    await refused(house, who, dialect, says, **with_picture(dialect, bad))
    await house.ordered(who, dialect, **with_picture(dialect, good))


async def test_an_upload_at_openai_is_reviewed(house: House) -> None:
    who = await house.customer()
    before = await house.traces(who)

    async def uploaded(size: tuple[int, int]) -> httpx.Response:
        fields = {name: str(value) for name, value in ORDERS["openai"].items()}
        files = {"input_reference": ("a.png", image(size), "image/png")}
        return await house.client.post("/v1/videos", data=fields, files=files, headers=who.headers)

    answer = await uploaded(WIDE)
    assert_refused("openai", answer, says="is refused by review: a banner")
    assert (answer.json()["error"]["code"], answer.json()["error"]["param"]) == ("media_closed", "input_reference")
    assert await house.traces(who) == before
    assert (await uploaded(USUAL)).status_code == 200


async def test_what_somebody_must_look_at_comes_as_an_asset_first(house: House) -> None:
    who, other = await house.customer(), await house.customer()
    webp = image(form="WEBP")
    order = with_picture("ark", inline(webp, "webp"))
    says = "must be looked at by somebody first: bring it as an asset, and name it as asset://… once it is approved"
    await refused(house, who, "ark", says, **order)
    asset = (await sent(house, who, webp)).json()
    assert asset["state"] == "pending"
    await refused(house, who, "ark", "is still under review: name it as asset://… once it is approved", **order)
    await decide(house, who, asset, "approved")
    await house.ordered(who, "ark", **order)
    await house.ordered(who, "ark", **with_picture("ark", asset["link"]))
    await house.ordered(who, "jimmy", **with_picture("jimmy", await hosted(house, who, webp, "hero.webp")))
    # Nobody looked at it for another account.
    await refused(house, other, "ark", says, **order)


@pytest.mark.parametrize("dialect", TAKE_DATA)
async def test_what_a_person_rejected_stays_rejected_whatever_the_rules_say(house: House, dialect: str) -> None:
    who = await house.customer()
    content = image(colour="navy")
    order = with_picture(dialect, inline(content))
    asset = (await sent(house, who, content)).json()
    assert asset["state"] == "approved"
    await decide(house, who, asset, "rejected", "a trademark")
    await refused(house, who, dialect, "is refused by review: a trademark", **order)
    # The decision outlives the asset, and a later one counts more.
    await house.client.delete(f"/filmgate/v1/assets/{asset['id']}", headers=who.headers)
    await refused(house, who, dialect, "is refused by review: a trademark", **order)
    again = (await sent(house, who, content)).json()
    await decide(house, who, again, "approved")
    await house.ordered(who, dialect, **order)


async def test_a_decision_without_a_reason_refuses_in_a_whole_sentence(house: House) -> None:
    who = await house.customer()
    content = image(colour="maroon")
    await decide(house, who, (await sent(house, who, content)).json(), "rejected")
    answer = await refused(house, who, "native", "is refused by review", **with_picture("native", inline(content)))
    (violation,) = answer.json()["error"]["violations"]
    assert violation == {
        "field": "media[0].url",
        "rule": "media_closed",
        "message": "the file given as image is refused by review",
    }


@pytest.mark.parametrize("dialect", TAKE_DATA)
async def test_a_person_is_named_as_an_asset_under_a_consent_alone(house: House, dialect: str) -> None:
    who = await house.customer()
    content = image(colour="white")
    order = with_picture(dialect, inline(content))
    says = "shows a real person, which orders name as asset://…, under a consent"
    # JSON in a header is ASCII.
    says = says.replace("…", "\\u2026") if dialect == "senseaudio" else says
    await refused(house, who, dialect, says, **order)
    asset = (await sent(house, who, content)).json()
    await refused(house, who, dialect, says, **order)
    consent = {"person": "Ana Lima", "evidence": "contract 7", "asset_ids": [asset["id"]]}
    given = await house.client.post("/filmgate/v1/consents", json=consent, headers=who.headers)
    assert given.status_code == 201, given.text
    # Still no way around the consent's list of what was made under it.
    await refused(house, who, dialect, says, **order)
    named = with_picture("native", asset["link"])
    await house.ordered(who, "native", **named)
    # An asset is looked at anew where its facts are those of another version, and not reviewed anew.
    await house.services.db.run("UPDATE asset_files SET facts = '{}' WHERE account_id = $1", who.account.id)
    await house.ordered(who, "native", **named)


async def test_a_clip_that_was_approved_as_a_sound_is_judged_as_a_clip(house: House, tmp_path: Path) -> None:
    who = await house.customer()
    content = clip(tmp_path, "long.mp4", seconds=4.0)
    file = await hashed(tmp_path / "long.mp4")
    file_id, now = new_id(), house.services.clock()
    new = NewFile(
        id=file_id,
        account_id=who.account.id,
        sha256=file.sha256,
        kind="audio",
        size_bytes=file.size_bytes,
        facts={},
        object_name=f"assets/{file_id}.m4a",
        state="approved",
        person=False,
    )
    assert (await AssetFiles(house.services.db).keep(new, 10**9, now)).verdict == "new"
    link = await hosted(house, who, content, "long.mp4")
    media = [{"kind": "video", "role": "reference", "url": link}]
    answer = await refused(
        house, who, "native", "is refused by review: a clip of ours", **{**with_picture("native", ""), "media": media}
    )
    assert [each["rule"] for each in answer.json()["error"]["violations"]] == ["media_closed"]


async def test_a_film_made_here_is_reviewed_where_it_goes_into_another_order(house: House, tmp_path: Path) -> None:
    who = await house.customer()
    first = await house.finished(await house.ordered(who, "openai"), clip(tmp_path, seconds=4.0))
    before = await house.traces(who)
    path = f"/v1/videos/{house.dialect('openai').show_id(first.id)}/remix"
    answer = await house.client.post(path, json={"prompt": "at night"}, headers=who.headers)
    assert_refused("openai", answer, says="the file given as video is refused by review: a clip of ours")
    assert await house.traces(who) == before


async def test_all_that_is_wrong_is_told_with_it_each_at_its_place(house: House, site: str) -> None:
    who = await house.customer()
    media = [
        {"kind": "image", "role": "reference", "url": url}
        for url in (f"{site}/usual.png", f"{site}/wide.png", f"{site}/none.png", inline(image(form="WEBP"), "webp"))
    ]
    changes = {"model": "doubao-seedance-2-0-260128", "duration_seconds": 99, "media": media}
    answer = await refused(house, who, "native", "a banner", **changes)
    told = [(each["field"], each["rule"]) for each in answer.json()["error"]["violations"]]
    assert told == [
        ("duration_seconds", "range"),
        ("media[1].url", "media_closed"),
        ("media[2].url", "media_unreachable"),
        ("media[3].url", "media_closed"),
    ]
    jimmy = {"model": "seedance2.0-md", "duration": 99, "images": [f"{site}/usual.png", f"{site}/wide.png"]}
    sentences = (await refused(house, who, "jimmy", "a banner", **jimmy)).json()["msg"].split("; ")
    assert [sentence.partition(" ")[0] for sentence in sentences] == ["duration", "images[1]:"]


async def test_a_quote_says_what_the_order_would_be_told(house: House, site: str) -> None:
    who = await house.customer()
    order = {**ORDERS["native"], **with_picture("native", f"{site}/wide.png")}
    answer = await house.client.post("/filmgate/v1/quotes", json=order, headers=who.headers)
    body = answer.json()
    assert [each["rule"] for each in body["violations"]] == ["media_closed"], answer.text
    assert body["quote_id"] is None


async def test_what_does_not_decode_is_told_as_ever(house: House) -> None:
    who = await house.customer()
    order = with_picture("ark", inline(b"<h1>Sign in</h1>"))
    await refused(house, who, "ark", "is in none of the formats", **order)
    # Cut off: it begins as a picture, and faces cannot be counted in it.
    await refused(house, who, "ark", "the file given as image", **with_picture("ark", inline(image()[:-40])))


async def test_without_rules_the_accounts_own_decisions_hold_alone(
    postgres_url: str, template: str, tmp_path: Path
) -> None:
    async with open_house(postgres_url, template, tmp_path, review_media=True) as house:
        who, other = await house.customer(), await house.customer()
        content = image(WIDE)
        order = with_picture("ark", inline(content))
        await house.ordered(who, "ark", **order)
        await decide(house, who, (await sent(house, who, content)).json(), "rejected", "a trademark")
        await refused(house, who, "ark", "is refused by review: a trademark", **order)
        await house.ordered(other, "ark", **order)


async def test_nothing_is_asked_where_media_are_not_reviewed(
    postgres_url: str, template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_arguments: Any) -> Any:
        raise AssertionError("nobody is to be asked")

    monkeypatch.setattr(MediaReview, "__call__", never)
    monkeypatch.setattr(AssetFiles, "reviewed", never)
    monkeypatch.setattr(media_review, "hashed", never)
    async with open_house(postgres_url, template, tmp_path, review_rule=RULES[:3]) as house:
        assert not house.services.fetcher.reviews_media
        who = await house.customer()
        for dialect in TAKE_DATA:
            await house.ordered(who, dialect, **with_picture(dialect, inline(image(WIDE))))
            link = await hosted(house, who, image(WIDE))
            await house.ordered(who, dialect, **with_picture(dialect, link))
        # Nor is anything fetched that is not fetched otherwise.
        await house.ordered(who, "jimmy", **with_picture("jimmy", "https://media.example/a.png"))
