"""Keeping assets at a Jimmy vendor: what is asked, and what its answers mean (spec jimmy 6 to 8)."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from tests.dialects.dialect_samples import answered

from filmgate.asset import Asset, show_asset_id
from filmgate.dialects.base import Reply
from filmgate.dialects.client import VendorAssetState
from filmgate.dialects.jimmy import JimmyClient, asset_read, asset_say
from filmgate.errors import Fault, UpstreamFailed
from filmgate.video import Media, MediaKind, VideoRequest

JIMMY = JimmyClient()
ASSETS = JIMMY.assets
LINK = "https://films.example/files/assets/a.png"
ASSET = Asset(
    id=UUID(int=1 << 76),
    account_id=UUID(int=2),
    name="hero",
    tags=(),
    libraries=None,
    kind="image",
    url=LINK,
    created_at=datetime(2026, 7, 5, tzinfo=UTC),
    error=None,
    file=None,
)
NAME = show_asset_id(ASSET.id)


def envelope(data: Any, code: object = 20000, msg: str = "ok", status: int = 200) -> Reply:
    return answered({"code": code, "msg": msg, "data": data}, status)


@pytest.mark.parametrize(("model", "kind", "person", "library"), [
    ("sd2_mx_720p", "image", False, "audit"), ("SD2_MX_video_fast_720p", "video", True, "audit"),
    ("seedance2.0-sp", "image", False, "sp"), ("seedance2.0-of-fast-sp", "image", True, "portraits"),
    ("seedance2.0-fast-sp", "video", True, "sp"), ("seedance2.0-mini-sp", "image", True, None),
    ("seedance2.0-md", "image", False, None), ("seedance2.0-sp-x", "image", False, None), ("", "image", False, None),
])  # fmt: skip
def test_each_model_has_its_library(model: str, kind: MediaKind, person: bool, library: str | None) -> None:
    assert ASSETS.library(model, kind, person=person) == library


def test_what_is_submitted_is_what_our_own_server_reads() -> None:
    def unchecked(_field: str, _url: str) -> list[Any]:
        return []

    audit = ASSETS.submit("audit", "video", NAME, LINK)
    (link,) = asset_read.read_audit(audit.body, unchecked)
    assert (audit.path, link.kind, link.url) == ("/api/open-api/v1/seedance/assets/audit", "video", LINK)
    library = ASSETS.submit("sp", "audio", NAME, LINK)
    link = asset_read.read_library_upload(library.body, unchecked)
    assert (library.path, link.kind, link.name) == ("/api/open-api/v1/seedance/sp/assets/upload", "audio", NAME)
    portrait = ASSETS.submit("portraits", "image", NAME, LINK)
    link = asset_read.read_portrait(portrait.body, unchecked)
    assert (portrait.path, link.url) == ("/api/open-api/v1/seedance/sp/realperson/submit", LINK)
    for several in ("audit", "sp"):
        assert list(asset_read.read_asset_ids(ASSETS.ask(several, NAME).body)) == [ASSET.id]
    assert asset_read.read_asset_id_of(ASSETS.ask("portraits", NAME).body) == ASSET.id


def test_what_our_own_server_says_is_understood() -> None:
    def link(_asset: Asset) -> tuple[str, datetime]:
        return LINK, ASSET.created_at

    said = {
        "audit": (asset_say.say_audited(20000, [(ASSET, "image")]), asset_say.say_audit_states(20000, [ASSET])),
        "sp": (asset_say.say_library_uploaded(20000, ASSET), asset_say.say_library_assets(20000, [ASSET], link)),
        "portraits": (asset_say.say_portrait(20000, ASSET, link), asset_say.say_portrait(20000, ASSET, link)),
    }
    for library, (first, later) in said.items():
        submitted = ASSETS.submitted(library, first)
        assert (submitted.vendor_asset_id, submitted.state) == (NAME, "pending")
        assert ASSETS.told(library, NAME, later).state == "pending"


@pytest.mark.parametrize(("word", "state"), [
    ("Active", "usable"), ("ACTIVE", "usable"), ("active", "usable"), ("Pending", "pending"), ("Processing", "pending"),
    ("NONE", "pending"), ("UPLOADING", "pending"), ("submitted", "pending"), ("审核中", "pending"), ("", "pending"),
    ("Failed", "refused"), ("Rejected", "refused"), ("EXPIRED", "gone"), ("DELETED", "gone"),
])  # fmt: skip
def test_every_word_has_its_place(word: str, state: VendorAssetState) -> None:
    others = [{"asset_id": "b", "status": "Rejected"}]
    told = ASSETS.told("sp", "a", envelope({"items": [*others, {"asset_id": "a", "status": word}]}))
    assert (told.vendor_asset_id, told.state, told.word) == ("a", state, word)


@pytest.mark.parametrize("code", [20000, "20000", 0])
def test_a_success_has_any_of_its_codes(code: object) -> None:
    assert ASSETS.submitted("sp", envelope({"asset_id": "a"}, code)).vendor_asset_id == "a"


def test_a_reference_names_a_portrait_too() -> None:
    data = {"asset_id": None, "asset_ref": "asset://rp_20f7", "status": "Active"}
    submitted = ASSETS.submitted("portraits", envelope(data))
    assert (submitted.vendor_asset_id, submitted.state) == ("rp_20f7", "usable")


@pytest.mark.parametrize(("reply", "fault"), [
    (envelope({"items": [], "failed_items": [{"url": LINK}]}), "content"),
    (envelope(None, 20002, "image ratio must be 0.4 to 2.5"), "content"),
    (envelope(None, 20001, "invalid api key"), "account"),
    (envelope(None, 20002, "余额不足"), "account"),
    (envelope(None, -1, "internal error"), "vendor"),
    (envelope(None, 20002, "too many requests"), "busy"),
    (envelope({"items": [{"asset_id": "a/../b"}]}), "vendor"),
    (envelope({"items": [{"asset_id": "a\r\nb"}]}), "vendor"),
    (envelope({"items": [{"asset_id": "x" * 201}]}), "vendor"),
    (envelope({"items": [{"asset_id": {"$ne": 1}}]}), "vendor"),
    (envelope({"items": "x"}), "vendor"),
    (envelope([]), "vendor"),
    (Reply(status=502, headers={}, body=b"<html>"), "vendor"),
    (Reply(status=429, headers={}, body=b""), "busy"),
])  # fmt: skip
def test_an_asset_that_was_not_taken_says_whose_fault_it_is(reply: Reply, fault: Fault) -> None:
    with pytest.raises(UpstreamFailed) as failed:
        ASSETS.submitted("audit", reply)
    assert failed.value.fault == fault


def test_an_asset_that_the_vendor_does_not_know_is_gone() -> None:
    assert ASSETS.told("audit", "a", envelope(None, 20002, "asset not found")).state == "gone"
    for items in ([], [{"asset_id": "b", "status": "Active"}]):
        assert ASSETS.told("audit", "a", envelope({"items": items})).state == "gone"
    for reply in (envelope(None, -1, "error"), Reply(status=404, headers={}, body=b""), envelope({})):
        with pytest.raises(UpstreamFailed) as failed:
            ASSETS.told("audit", "a", reply)
        assert failed.value.fault == "unclear"


def _ordering(media: Media, model: str) -> dict[str, Any]:
    request = VideoRequest(model="x", prompt="a kite", media=(media,), duration_seconds=5)
    body: dict[str, Any] = json.loads(JIMMY.create(request, model, "key").body)
    return body


def test_an_order_names_the_vendors_copies() -> None:
    media = Media(kind="image", role="reference", url="object://assets/a.png", field="images[0]", vendor_asset_id="a-7")
    for model in ("sd2_mx_720p", "seedance2.0-sp"):
        assert _ordering(media, model)["images"] == ["asset://a-7"]


@pytest.mark.parametrize("url", ["asset://a-7", "assetId://a-7", "object://assets/a.png", "ASSET://a-7"])
def test_no_order_reaches_into_the_vendors_library_as_it_stands(url: str) -> None:
    media = Media(kind="image", role="reference", url=url, field="images[0]")
    for model in ("sd2_mx_720p", "seedance2.0-sp"):
        with pytest.raises(ValueError, match=r"images\[0\]"):
            _ordering(media, model)
    linked = msgspec.structs.replace(media, url=LINK)
    with pytest.raises(ValueError, match="only as assets"):
        _ordering(linked, "sd2_mx_720p")
