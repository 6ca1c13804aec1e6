"""Consents of real people over HTTP: given with a proof, relied on by orders, revoked for good."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from PIL import Image
from tests.api.api_helpers import Customer, House, open_house
from tests.api.asset_helpers import data_of, fetch_all, hosted, jimmy, picture, sent
from tests.media.face_model import write_face_model

from filmgate.asset import show_asset_id
from filmgate.consent import show_consent_id
from filmgate.ids import new_id
from filmgate.settings import ReviewRule

CONSENTS = "/filmgate/v1/consents"
SAID = {"person": "Ana Lima", "evidence": "contract 2026-17"}
SUBMIT = "/seedance/sp/realperson/submit"
STATUS = "/seedance/sp/realperson/status"
BATCH = "/seedance/sp/realperson/batch-status"
NOBODYS = show_consent_id(UUID(int=7))


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("consents")
    async with open_house(
        postgres_url,
        template,
        folder / "data",
        review_rule=(ReviewRule(verdict="consent", reason="shows a face", faces=True),),
        face_model=write_face_model(folder / "bright.onnx"),
    ) as house:
        yield house


async def post(house: House, who: Customer, path: str, body: Any) -> httpx.Response:
    return await house.client.post(path, json=body, headers=who.headers)


async def give(house: House, who: Customer, **said: Any) -> dict[str, Any]:
    answer = await post(house, who, CONSENTS, {**SAID, **said})
    assert answer.status_code == 201, answer.text
    consent: dict[str, Any] = answer.json()
    return consent


async def portrait(house: House, who: Customer, grey: int = 255) -> dict[str, Any]:
    """An asset in which the model sees a face."""
    file = BytesIO()
    Image.new("L", (640, 480), grey).save(file, "PNG")
    answer = await sent(house, who, file.getvalue())
    assert answer.status_code == 201, answer.text
    asset: dict[str, Any] = answer.json()
    return asset


def naming(asset: dict[str, Any]) -> dict[str, Any]:
    return {"media": [{"kind": "image", "role": "first_frame", "url": asset["link"]}]}


async def test_an_asset_with_a_face_is_ordered_with_under_a_consent_alone(house: House) -> None:
    who = await house.customer()
    asset = await portrait(house, who)
    before = await house.traces(who)
    refused = await house.order(who, "native", **naming(asset))
    assert refused.status_code == 400
    (violation,) = refused.json()["error"]["violations"]
    assert (violation["field"], violation["rule"]) == ("media[0].url", "needs")
    assert "shows a real person, and no consent covers it" in violation["message"]
    assert await house.traces(who) == before
    consent = await give(house, who, asset_ids=[asset["id"]])
    task = await house.ordered(who, "native", **naming(asset))
    listed = (await house.client.get(f"{CONSENTS}/{consent['id']}/tasks", headers=who.headers)).json()
    assert [each["id"] for each in listed["data"]] == [house.dialect("native").show_id(task.id)]
    # The same bytes under another name stand under it too.
    again = await portrait(house, who)
    await house.ordered(who, "native", **naming(again))


async def test_a_link_to_the_bytes_of_a_portrait_is_no_way_around_a_consent(house: House) -> None:
    who = await house.customer()
    asset = await portrait(house, who)
    before = await house.traces(who)
    link = {"link": asset["file"]["url"]}
    refused = await house.order(who, "native", **naming(link))
    (violation,) = refused.json()["error"]["violations"]
    assert (violation["field"], violation["rule"]) == ("media[0].url", "closed")
    assert "shows a real person, which orders name as asset://…, under a consent" in violation["message"]
    assert await house.traces(who) == before
    await give(house, who, asset_ids=[asset["id"]])
    # No order would be in the consent's list.
    assert (await house.order(who, "native", **naming(link))).status_code == 400


async def test_an_asset_without_a_face_needs_no_consent_until_it_stands_under_one(house: House) -> None:
    who = await house.customer()
    asset = await portrait(house, who, grey=0)
    await house.ordered(who, "native", **naming(asset))
    consent = await give(house, who, asset_ids=[asset["id"]])
    await house.ordered(who, "native", **naming(asset))
    assert (await post(house, who, f"{CONSENTS}/{consent['id']}/revoke", {})).json()["state"] == "revoked"
    assert (await house.order(who, "native", **naming(asset))).status_code == 400


async def test_a_revocation_stops_new_orders_and_lists_what_was_made(house: House) -> None:
    who = await house.customer()
    asset = await portrait(house, who)
    consent = await give(house, who, asset_ids=[asset["id"]])
    tasks = [await house.ordered(who, "native", **naming(asset)) for _ in range(3)]
    path = f"{CONSENTS}/{consent['id']}"
    answer = await post(house, who, f"{path}/revoke", {"reason": "撤回"})
    revoked = answer.json()
    assert (answer.status_code, revoked["state"], revoked["revoked_because"]) == (200, "revoked", "撤回")
    assert revoked["order_count"] == 3
    assert (await post(house, who, f"{path}/revoke", {"reason": "again"})).json() == revoked
    assert (await house.order(who, "native", **naming(asset))).status_code == 400
    found, cursor = [], ""
    while cursor is not None:
        query = f"?limit=2&cursor={cursor}" if cursor else "?limit=2"
        page = (await house.client.get(f"{path}/tasks{query}", headers=who.headers)).json()
        found += [each["id"] for each in page["data"]]
        cursor = page["next_cursor"]
    assert found == [house.dialect("native").show_id(task.id) for task in reversed(tasks)]
    # What was accepted before goes on.
    assert (await house.task(tasks[0].id)).status == "queued"
    # A new consent makes the asset usable again.
    await give(house, who, asset_ids=[asset["id"]])
    await house.ordered(who, "native", **naming(asset))


async def test_a_consent_covers_its_models_alone(house: House) -> None:
    who = await house.customer()
    asset = await portrait(house, who)
    consent = await give(house, who, asset_ids=[asset["id"]], models=["seedance-2.0"])
    assert consent["models"] == ["seedance-2.0"]
    await house.ordered(who, "native", **naming(asset))
    refused = await house.order(who, "jimmy", model="seedance2.0-sp", images=[asset["link"]])
    assert "images[0] names an asset that shows a real person" in refused.json()["msg"]


async def test_a_consent_ends_with_its_time(house: House) -> None:
    who = await house.customer()
    asset = await portrait(house, who)
    until = datetime.now(UTC) + timedelta(hours=1)
    consent = await give(house, who, asset_ids=[asset["id"]], valid_until=until.isoformat())
    await house.ordered(who, "native", **naming(asset))
    await house.services.db.run("UPDATE consents SET valid_until = now() WHERE person = $1", SAID["person"])
    assert (await house.order(who, "native", **naming(asset))).status_code == 400
    shown = (await house.client.get(f"{CONSENTS}/{consent['id']}", headers=who.headers)).json()
    assert shown["state"] == "ended"


async def test_a_file_may_prove_a_consent(house: House) -> None:
    who = await house.customer()
    asset = await portrait(house, who)
    proof = b"%PDF-1.7 signed" * 100
    form = {"person": "Ana Lima", "models": "seedance-2.0,seedance2.0-sp", "asset_ids": asset["id"]}
    answer = await house.client.post(
        CONSENTS, data=form, files={"file": ("签名.PDF", proof, "application/pdf")}, headers=who.headers
    )
    consent = answer.json()
    assert (answer.status_code, consent["evidence"]) == (201, "")
    assert consent["models"] == ["seedance-2.0", "seedance2.0-sp"]
    assert consent["asset_ids"] == [asset["id"]]
    assert consent["evidence_sha256"] == hashlib.sha256(proof).hexdigest()
    served = await house.client.get(consent["evidence_url"])
    assert (served.status_code, served.content) == (200, proof)
    assert "html" not in served.headers["content-type"]


async def test_a_proof_in_html_is_not_shown_as_a_page(house: House) -> None:
    who = await house.customer()
    files = {"file": ("a.html", b"<script>alert(1)</script>", "text/html")}
    answer = await house.client.post(CONSENTS, data={"person": "Ana"}, files=files, headers=who.headers)
    served = await house.client.get(answer.json()["evidence_url"])
    assert served.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(("body", "wrong"), [
    ({}, {"person": "missing"}),
    ({"person": "Ana"}, {"evidence": "missing"}),
    ({"person": " ", "evidence": " "}, {"person": "missing"}),
    ({"person": 7, "evidence": [], "models": "x", "asset_ids": {}, "valid_until": 5},
     {"person": "type", "evidence": "type", "models": "type", "asset_ids": "type", "valid_until": "type"}),
    ({"person": "x" * 201, "evidence": "y" * 10_001}, {"person": "length", "evidence": "length"}),
    ({**SAID, "models": []}, {"models": "count"}),
    ({**SAID, "models": ["no-such", None]}, {"models[0]": "unknown", "models[1]": "unknown"}),
    ({**SAID, "valid_until": "2020-01-01T00:00:00Z"}, {"valid_until": "range"}),
    ({**SAID, "valid_until": "2999-01-01"}, {"valid_until": "format"}),
    ({**SAID, "valid_until": "9999-12-31T23:59:59-12:00"}, {"valid_until": "format"}),
    ({**SAID, "asset_ids": ["x", None, show_asset_id(new_id())[:-1]]},
     {"asset_ids[0]": "unknown", "asset_ids[1]": "unknown", "asset_ids[2]": "unknown"}),
    ({**SAID, "asset_ids": ["x"] * 101}, {"asset_ids": "count"}),
    ({**SAID, "given_by": "me", "revoked_at": None}, {"given_by": "unknown", "revoked_at": "unknown"}),
    ({**SAID, "person": "a\0b"}, {"person": "format"}),
])  # fmt: skip
async def test_a_consent_that_is_wrong_says_where_and_is_not_kept(
    house: House, body: dict[str, Any], wrong: dict[str, str]
) -> None:
    who = await house.customer(0)
    refused = await post(house, who, CONSENTS, body)
    assert refused.status_code == 400
    found = {each["field"]: each["rule"] for each in refused.json()["error"]["violations"]}
    assert found == wrong
    assert (await house.client.get(CONSENTS, headers=who.headers)).json()["data"] == []


async def test_a_form_without_any_proof_is_refused(house: House) -> None:
    who = await house.customer(0)
    empty = {"file": ("a.pdf", b"", "application/pdf")}
    refused = await house.client.post(CONSENTS, data={"person": "Ana"}, files=empty, headers=who.headers)
    assert [each["field"] for each in refused.json()["error"]["violations"]] == ["evidence"]


async def test_a_proof_that_is_too_large_is_refused_and_leaves_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("filmgate.api.consents.LARGEST_EVIDENCE_BYTES", 1000)
    who = await house.customer(0)
    files = {"file": ("a.pdf", b"x" * 1001, "application/pdf")}
    refused = await house.client.post(CONSENTS, data={"person": "Ana"}, files=files, headers=who.headers)
    assert refused.status_code == 413
    assert list(house.services.work_folder.iterdir()) == []


async def test_an_account_that_keeps_enough_keeps_no_more_proofs(
    postgres_url: str, template: str, tmp_path: Path
) -> None:
    async with open_house(postgres_url, template, tmp_path, account_storage_megabytes=1) as house:
        who = await house.customer(0)
        answers = [
            await house.client.post(
                CONSENTS, data={"person": "Ana"}, files={"file": ("a.pdf", b"x" * 600_000)}, headers=who.headers
            )
            for _ in range(2)
        ]
        assert [answer.status_code for answer in answers] == [201, 400]
        assert "within 1 MiB" in answers[1].text
        assert len(list((tmp_path / "objects" / "consents").iterdir())) == 1


async def test_another_accounts_consent_is_like_none(house: House) -> None:
    owner, stranger = await house.customer(), await house.customer()
    asset, theirs = await portrait(house, owner), await portrait(house, stranger)
    consent = await give(house, owner, asset_ids=[asset["id"]])

    async def said(consent_id: str) -> list[tuple[int, str]]:
        path = f"{CONSENTS}/{consent_id}"
        answers = [
            await house.client.get(path, headers=stranger.headers),
            await house.client.get(f"{path}/tasks", headers=stranger.headers),
            await post(house, stranger, f"{path}/revoke", {}),
            await post(house, stranger, f"{path}/assets", {"asset_ids": [theirs["id"]]}),
        ]
        return [(answer.status_code, answer.json()["error"]["code"]) for answer in answers]

    assert await said(consent["id"]) == await said(NOBODYS) == await said("素材") == [(404, "not_found")] * 4
    foreign = await post(house, stranger, CONSENTS, {**SAID, "asset_ids": [asset["id"]]})
    assert foreign.json()["error"]["violations"][0]["field"] == "asset_ids[0]"
    assert (await house.client.get(CONSENTS, headers=stranger.headers)).json()["data"] == []
    assert (await house.client.get(f"{CONSENTS}/{consent['id']}", headers=owner.headers)).json()["state"] == "valid"


async def test_a_consent_that_the_operator_shared_is_seen_without_its_proof(house: House) -> None:
    owner, other = await house.customer(), await house.customer()
    consent = await give(house, owner)
    stored = (await house.services.consents.page(owner.account.id, after=None, limit=1))[0]
    await house.services.consents.share(stored.id, other.account.id)
    asset = await portrait(house, other)
    covered = await post(house, other, f"{CONSENTS}/{consent['id']}/assets", {"asset_ids": [asset["id"]]})
    seen = covered.json()
    assert (seen["own"], seen["evidence"], seen["given_by"], seen["asset_ids"]) == (False, None, None, [asset["id"]])
    await house.ordered(other, "native", **naming(asset))
    assert (await post(house, other, f"{CONSENTS}/{consent['id']}/revoke", {})).status_code == 404
    mine = (await house.client.get(f"{CONSENTS}/{consent['id']}", headers=owner.headers)).json()
    assert (mine["own"], mine["evidence"], mine["asset_ids"], mine["order_count"]) == (True, SAID["evidence"], [], 0)


async def test_consents_are_listed_in_pages(house: House) -> None:
    who = await house.customer(0)
    given = [(await give(house, who, person=f"person {number}"))["id"] for number in range(3)]
    first = (await house.client.get(f"{CONSENTS}?limit=2", headers=who.headers)).json()
    rest = await house.client.get(f"{CONSENTS}?limit=2&cursor={first['next_cursor']}", headers=who.headers)
    assert [each["id"] for each in (*first["data"], *rest.json()["data"])] == given[::-1]
    assert rest.json()["next_cursor"] is None
    other = await house.customer(0)
    stolen = await house.client.get(f"{CONSENTS}?cursor={first['next_cursor']}", headers=other.headers)
    assert stolen.status_code == 400


@pytest.mark.parametrize("path", ["", f"/{NOBODYS}", f"/{NOBODYS}/tasks"])
async def test_nothing_is_said_of_consents_without_a_key(house: House, path: str) -> None:
    assert (await house.client.get(CONSENTS + path)).status_code == 401


async def test_a_portrait_is_whitelisted_under_a_consent_that_its_submitter_declares(
    house: House, tmp_path: Path
) -> None:
    who = await house.customer()
    url = await hosted(house, who, picture(tmp_path))
    data = await data_of(house, who, SUBMIT, {"name": "presenter A", "url": url})
    shown = data["asset_id"]
    assert list(data) == ["asset_id", "official_id", "status", "asset_ref", "name", "url", "created_at"]
    assert (data["official_id"], data["status"], data["asset_ref"]) == (shown, "Processing", None)
    assert (data["name"], data["url"]) == ("presenter A", url)
    await fetch_all(house)
    active = {**data, "status": "Active", "asset_ref": f"asset://{shown}"}
    assert await data_of(house, who, STATUS, {"asset_id": shown}) == active
    assert await data_of(house, who, BATCH, {"asset_ids": [shown, shown]}) == {"items": [active, active]}
    task = await house.ordered(who, "jimmy", model="seedance2.0-fast-sp", images=[active["asset_ref"]])
    (consent,) = (await house.client.get(CONSENTS, headers=who.headers)).json()["data"]
    assert (consent["person"], consent["asset_ids"], consent["order_count"]) == ("presenter A", [shown], 1)
    assert url in consent["evidence"]
    assert who.secret not in str(consent)
    assert task.request.media[0].asset_id is not None
    # Once it is revoked, the portrait has failed in the vendor's words, and no order may name it.
    await post(house, who, f"{CONSENTS}/{consent['id']}/revoke", {"reason": "she asked"})
    failed = await data_of(house, who, STATUS, {"asset_id": shown})
    assert (failed["status"], failed["asset_ref"]) == ("Failed", None)
    refused = await house.order(who, "jimmy", model="seedance2.0-fast-sp", images=[f"asset://{shown}"])
    assert "images[0] names an asset that shows a real person" in refused.json()["msg"]


async def test_a_portrait_that_is_not_taken_leaves_no_consent_that_is_good(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = await house.customer()
    url = await hosted(house, who, picture(tmp_path))
    monkeypatch.setattr("filmgate.work.assets.MOST_FETCHING", 0)
    refused = await jimmy(house, who, SUBMIT, {"name": "presenter A", "url": url})
    assert "at most 0 links of an account are fetched at the same time" in refused["msg"]
    (consent,) = (await house.client.get(CONSENTS, headers=who.headers)).json()["data"]
    assert (consent["asset_ids"], consent["revoked_because"]) == (
        [],
        "the portrait that it was given for was not taken",
    )


@pytest.mark.parametrize(("path", "body", "says"), [
    (SUBMIT, {}, "name is missing; url is missing"),
    (SUBMIT, {"name": "", "url": "https://10.0.0.1/a.png"}, "url must be a public https link"),
    (SUBMIT, {"name": 7, "url": []}, "name must be text; url must be a link"),
    (STATUS, {}, "asset_id is missing"),
    (STATUS, {"asset_id": show_asset_id(new_id())}, "asset_id names no such asset"),
    (STATUS, {"asset_id": None}, "asset_id is missing"),
    (BATCH, {"asset_ids": ["x", show_asset_id(new_id())]}, "asset_ids[0] names no such asset"),
    (BATCH, {"asset_ids": []}, "asset_ids must name an asset"),
])  # fmt: skip
async def test_a_question_about_portraits_that_is_wrong_says_where(
    house: House, path: str, body: Any, says: str
) -> None:
    envelope = await jimmy(house, await house.customer(0), path, body)
    assert (envelope["code"], envelope["data"]) == (20002, None)
    assert says in envelope["msg"]
