"""Assets in a Jimmy vendor's libraries: brought by their links, asked about until they are usable (spec jimmy 6 to 8).

The Full models take assets of the audit. The SP models take links too, but real people only as portraits that were
whitelisted; what else is reviewed there once is not reviewed again with every order (spec jimmy 4.9).
"""

import re
from typing import Any

import msgspec

from filmgate.dialects.answer import Answer
from filmgate.dialects.base import Reply
from filmgate.dialects.client import Call, VendorAsset, VendorAssetState
from filmgate.dialects.jimmy.reports import data_in, why_not_taken, why_not_told
from filmgate.errors import UpstreamFailed
from filmgate.video import MediaKind

_BASE_PATH = "/api/open-api/v1/seedance"
_AUDIT, _SP, _PORTRAITS = "audit", "sp", "portraits"

_IS_FULL = re.compile(r"sd2_mx_", re.IGNORECASE)
_IS_SP = re.compile(r"seedance2\.0-(?:of-)?(?:fast-)?sp", re.IGNORECASE)

_SUBMIT = {_AUDIT: "/assets/audit", _SP: "/sp/assets/upload", _PORTRAITS: "/sp/realperson/submit"}
_ASK = {_AUDIT: "/assets/status", _SP: "/sp/assets/status", _PORTRAITS: "/sp/realperson/status"}

# In every spelling of every time (spec jimmy 6.2, 7.4, 8). A word that is not here is taken for an in-between one.
_STATES: dict[str, VendorAssetState] = {
    "active": "usable",
    "failed": "refused",
    "rejected": "refused",
    "expired": "gone",
    "deleted": "gone",
}
_SCHEME = "asset://"
# What goes into a link of ours to the vendor's library.
_AN_ID = re.compile(r"[\w.:-]{1,200}", re.ASCII)


class JimmyAssets:
    """Speaks of assets to a Jimmy vendor. The contract of the methods is ``client.AssetsClient``."""

    def library(self, vendor_model: str, kind: MediaKind, *, person: bool) -> str | None:
        if _IS_FULL.match(vendor_model):
            return _AUDIT
        if _IS_SP.fullmatch(vendor_model):
            # Only pictures are portraits (spec jimmy 8).
            return _PORTRAITS if person and kind == "image" else _SP
        return None

    def submit(self, library: str, kind: MediaKind, name: str, url: str) -> Call:
        bodies: dict[str, dict[str, Any]] = {
            _AUDIT: {f"{kind}_urls": [url]},
            _SP: {"name": name, "type": kind, "url": url},
            _PORTRAITS: {"name": name, "url": url},
        }
        return _post(_SUBMIT[library], bodies[library])

    def submitted(self, library: str, reply: Reply) -> VendorAsset:
        data = data_in(reply)
        said = (data.objects("items") or [data])[0] if library == _AUDIT else data
        vendor_asset_id = _id_in(said)
        if not vendor_asset_id:
            if data.objects("failed_items"):
                raise UpstreamFailed("the vendor did not take it", fault="content")
            raise why_not_taken(reply)
        return _asset(vendor_asset_id, said)

    def ask(self, library: str, vendor_asset_id: str) -> Call:
        one = library == _PORTRAITS
        return _post(_ASK[library], {"asset_id": vendor_asset_id} if one else {"asset_ids": [vendor_asset_id]})

    def told(self, library: str, vendor_asset_id: str, reply: Reply) -> VendorAsset:
        data = data_in(reply)
        found = [data] if library == _PORTRAITS else data.objects("items") or []
        for said in found:
            if _id_in(said) == vendor_asset_id:
                return _asset(vendor_asset_id, said)
        why_not = why_not_told(reply)
        # What is left out of a list is not there; what its pages say of it, nobody knows (spec jimmy 7.3).
        if data.objects("items") is not None or why_not.fault == "missing":
            return VendorAsset(vendor_asset_id=vendor_asset_id, state="gone", word="")
        raise why_not


def _post(path: str, body: dict[str, Any]) -> Call:
    return Call(method="POST", path=_BASE_PATH + path, body=msgspec.json.encode(body), content_type="application/json")


def _id_in(said: Answer) -> str:
    """The id, also where it stands in a whole reference (spec jimmy 8)."""
    vendor_asset_id = said.identifier("asset_id") or (said.text("asset_ref") or "").removeprefix(_SCHEME)
    return vendor_asset_id if _AN_ID.fullmatch(vendor_asset_id) else ""


def _asset(vendor_asset_id: str, said: Answer) -> VendorAsset:
    word = said.word("status")
    return VendorAsset(vendor_asset_id=vendor_asset_id, state=_STATES.get(word.lower(), "pending"), word=word)
