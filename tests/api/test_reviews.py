"""The review as customers, operators and moderators meet it over HTTP."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from tests.api.api_helpers import DIALECTS, Customer, House, assert_refused, open_house
from tests.api.asset_helpers import data_of, fetch_all, hosted, picture, sent, sound, stored
from tests.media.face_model import write_face_model

from filmgate.app import open_services
from filmgate.errors import SetupError
from filmgate.review import show_review_id
from filmgate.settings import ReviewRule, Settings
from filmgate.webhook import Secret, new_secret, signed_headers

DECISIONS = "/filmgate/v1/reviews/decisions"
RULES = (
    ReviewRule(verdict="reject", reason="too small to be of use", under_side_pixels=50),
    ReviewRule(verdict="human", reason="a picture", kinds=("image",)),
    ReviewRule(verdict="reject", reason="no swords", prompt="sword"),
    ReviewRule(verdict="human", reason="speaks of war", prompt=r"\bwar\b|战争"),
)


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("reviews")
    async with open_house(postgres_url, template, folder, review_rule=RULES, review_prompts=True) as house:
        yield house


async def pending(house: House, who: Customer, folder: Path, width: int) -> dict[str, Any]:
    """An asset that waits for review; each width makes bytes of its own."""
    answer = await sent(house, who, picture(folder, size=(width, 480)))
    assert answer.status_code == 201, answer.text
    asset: dict[str, Any] = answer.json()
    assert asset["state"] == "pending"
    return asset


async def review_of(house: House, who: Customer, asset: dict[str, Any]) -> str:
    found = await stored(house, who, asset["id"])
    assert found.file is not None
    return show_review_id(found.file.id)


async def answer(house: House, body: Any, *, secret: str | None = None, late: float = 0) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    now = datetime.now(UTC)
    good = Secret(secret=secret or house.services.moderation_secret, created_at=now, expires_at=None)
    headers = signed_headers("msg_1", content, [good], now - timedelta(seconds=late))
    return await house.client.post(DECISIONS, content=content, headers=headers)


async def test_an_asset_that_waits_or_was_refused_cannot_be_ordered_with(house: House, tmp_path: Path) -> None:
    who = await house.customer()
    asset = await pending(house, who, tmp_path, 640)
    assert asset["reason"] == "a picture"
    order = {"media": [{"kind": "image", "role": "first_frame", "url": asset["link"]}]}
    refused = await house.order(who, "native", **order)
    assert "names an asset that is still under review" in refused.text
    review_id = await review_of(house, who, asset)
    told = await answer(house, {"review_id": review_id, "decision": "rejected", "reason": "a trademark", "who": "Li"})
    assert told.json() == {"object": "review", "id": review_id, "outcome": "decided"}
    shown = (await house.client.get(f"/filmgate/v1/assets/{asset['id']}", headers=who.headers)).json()
    assert (shown["state"], shown["reason"]) == ("rejected", "a trademark")
    assert "names an asset that is refused by review" in (await house.order(who, "native", **order)).text


async def test_a_link_to_the_bytes_of_an_asset_is_no_way_around_its_review(house: House, tmp_path: Path) -> None:
    who, other = await house.customer(), await house.customer()
    asset = await pending(house, who, tmp_path, 645)
    first_frame = {"kind": "image", "role": "first_frame", "url": asset["file"]["url"]}
    orders: list[tuple[str, dict[str, Any]]] = [
        ("native", {"media": [first_frame]}),
        ("jimmy", {"model": "seedance2.0-sp", "first_image": asset["file"]["url"]}),
    ]
    review_id = await review_of(house, who, asset)
    for decision, says in (
        (None, "leads to an asset that is still under review"),
        ("rejected", "leads to an asset that is refused by review"),
    ):
        if decision is not None:
            await answer(house, {"review_id": review_id, "decision": decision})
        for customer in (who, other):
            before = await house.traces(customer)
            for dialect, changes in orders:
                refused = await house.order(customer, dialect, **changes)
                assert_refused(dialect, refused, says=says)
            assert await house.traces(customer) == before


async def test_a_link_to_the_bytes_of_an_approved_asset_may_be_ordered_with(house: House, tmp_path: Path) -> None:
    who = await house.customer()
    asset = await pending(house, who, tmp_path, 646)
    await answer(house, {"review_id": await review_of(house, who, asset), "decision": "approved"})
    await house.ordered(who, "jimmy", model="seedance2.0-sp", first_image=asset["file"]["url"])


async def test_an_asset_that_was_approved_can_be_ordered_with(house: House, tmp_path: Path) -> None:
    who = await house.customer()
    asset = await pending(house, who, tmp_path, 641)
    await answer(house, {"review_id": await review_of(house, who, asset), "decision": "approved"})
    order = {"media": [{"kind": "image", "role": "first_frame", "url": asset["link"]}]}
    assert (await house.order(who, "native", **order)).status_code == 201
    # The same bytes again are approved already.
    again = await sent(house, who, picture(tmp_path, size=(641, 480)))
    assert again.json()["state"] == "approved"


async def test_jimmys_clients_see_the_review_in_the_vendors_words(house: House, tmp_path: Path) -> None:
    who = await house.customer()
    links = [await hosted(house, who, picture(tmp_path, size=size)) for size in ((642, 480), (40, 40))]
    items = (await data_of(house, who, "/seedance/assets/audit", {"image_urls": links}))["items"]
    ids = [item["asset_id"] for item in items]
    await fetch_all(house)

    async def states() -> list[str]:
        data = await data_of(house, who, "/seedance/assets/status", {"asset_ids": ids})
        return [item["status"] for item in data["items"]]

    assert await states() == ["Pending", "Rejected"]
    await answer(house, {"review_id": await review_of(house, who, {"id": ids[0]}), "decision": "approved"})
    assert await states() == ["Active", "Rejected"]


@pytest.mark.parametrize("dialect", [*DIALECTS])
async def test_a_prompt_that_the_rules_reject_is_refused_without_a_trace(house: House, dialect: str) -> None:
    who = await house.customer()
    before = await house.traces(who)
    text = "a Sword fight"
    changes: dict[str, Any] = {"prompt": text}
    if dialect in ("senseaudio", "ark"):
        changes = {"content": [{"type": "text", "text": text}]}
    assert_refused(dialect, await house.order(who, dialect, **changes))
    assert await house.traces(who) == before


async def test_a_prompt_that_somebody_must_read_is_accepted_and_held(house: House) -> None:
    who = await house.customer()
    task = await house.ordered(who, "jimmy", prompt="一场战争")
    assert task.request.held == "speaks of war"
    review = await house.services.reviews.of_task(task.id)
    assert review is not None
    assert review.state == "pending"
    plain = await house.ordered(who, "jimmy", prompt="a warm day")
    assert plain.request.held is None
    assert await house.services.reviews.of_task(plain.id) is None


async def test_an_answer_needs_the_moderators_signature(house: House, tmp_path: Path) -> None:
    who = await house.customer(0)
    asset = await pending(house, who, tmp_path, 643)
    body = {"review_id": await review_of(house, who, asset), "decision": "approved"}
    unsigned = await house.client.post(DECISIONS, json=body, headers=who.headers)
    others = [await answer(house, body, secret=new_secret()), await answer(house, body, late=400), unsigned]
    for refused in others:
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unauthenticated")
    assert (await stored(house, who, asset["id"])).state == "pending"


@pytest.mark.parametrize(("body", "wrong"), [
    ({}, {"review_id": "missing", "decision": "missing"}),
    ({"review_id": "rev_x", "decision": "maybe", "reason": 7, "by": "me"},
     {"review_id": "unknown", "decision": "choice", "reason": "type", "by": "unknown"}),
    ({"review_id": "rev_" + "0" * 22, "decision": "approved"}, {"review_id": "unknown"}),
    ({"review_id": None, "decision": "approved", "reason": "x" * 1001, "who": "y" * 201},
     {"review_id": "missing", "reason": "length", "who": "length"}),
])  # fmt: skip
async def test_an_answer_that_makes_no_sense_is_told_so(
    house: House, body: dict[str, Any], wrong: dict[str, str]
) -> None:
    refused = await answer(house, body)
    assert refused.status_code == 400
    assert {each["field"]: each["rule"] for each in refused.json()["error"]["violations"]} == wrong


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"'])
async def test_an_answer_that_is_no_object_is_told_so(house: House, body: bytes) -> None:
    refused = await answer(house, body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "bad_request")


async def test_a_moderator_that_cannot_reach_us_is_found_at_the_start(tmp_path: Path, database_url: str) -> None:
    settings = Settings(data=tmp_path, moderator_url="https://mod.example/")
    with pytest.raises(SetupError, match="public_url"):
        await open_services(settings, database_url)


async def test_a_rule_that_asks_for_faces_needs_a_model_that_finds_them(tmp_path: Path, database_url: str) -> None:
    rule = ReviewRule(verdict="human", reason="a face", faces=True)
    with pytest.raises(SetupError, match="'face_model' is not set"):
        await open_services(Settings(data=tmp_path, review_rule=(rule,)), database_url)
    with pytest.raises(SetupError, match=r"is no YuNet model|does not decode"):
        await open_services(Settings(data=tmp_path, review_rule=(rule,), face_model=tmp_path / "none"), database_url)


async def test_a_picture_with_a_face_waits_and_one_without_passes(
    postgres_url: str, template: str, tmp_path: Path
) -> None:
    rule = ReviewRule(verdict="human", reason="shows a face", faces=True)
    model = write_face_model(tmp_path / "bright.onnx")
    async with open_house(postgres_url, template, tmp_path / "data", review_rule=(rule,), face_model=model) as house:
        who = await house.customer()
        answers = []
        for colour in ("white", "black"):
            file = BytesIO()
            Image.new("RGB", (640, 480), colour).save(file, "PNG")
            answers.append((await sent(house, who, file.getvalue())).json())
        assert [(each["state"], each["reason"]) for each in answers] == [
            ("pending", "shows a face"),
            ("approved", None),
        ]
        # A sound shows nothing.
        heard = (await sent(house, who, sound(tmp_path), name="theme")).json()
        assert heard["state"] == "approved"
