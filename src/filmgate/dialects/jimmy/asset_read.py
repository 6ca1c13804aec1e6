"""Reading what callers say about assets in the Jimmy dialect: everything that is wrong is told at once (spec jimmy 6 to
9)."""

from collections.abc import Callable, Sequence
from typing import get_args
from uuid import UUID

import msgspec

from filmgate.asset import read_asset_id
from filmgate.catalogue.rules import shortened
from filmgate.dialects.jimmy.asset_wire import HOSTED_TYPES
from filmgate.dialects.reading import Members, read_object
from filmgate.errors import RulesBroken, Violation
from filmgate.video import MediaKind

CheckUrl = Callable[[str, str], list[Violation]]
"""Everything that is wrong with the url in a field; given by the door."""

MOST_AT_ONCE = 100
"""Links in one submit, and ids in one question."""
_LONGEST_NAME = 200
_KINDS: tuple[MediaKind, ...] = get_args(MediaKind)
_UNKNOWN = "names no such asset"


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link that is to become an asset."""

    url: str
    kind: MediaKind
    name: str = ""
    field: str


def read_audit(body: bytes, check_url: CheckUrl) -> list[Link]:
    """The links of a submit (spec jimmy 6.1).

    Raises:
        BadRequest: it is not a JSON object.
        RulesBroken: everything that is wrong inside it.
    """
    members = Members(read_object(body), lenient=True)
    links = [Link(url=url, kind=kind, field=path) for kind in _KINDS for path, url in members.links(f"{kind}_urls")]
    for link in links:
        members.violations += check_url(link.field, link.url)
    if not links and not members.violations:
        members.broken("image_urls", "missing", "must hold a link, or video_urls or audio_urls must")
    if len(links) > MOST_AT_ONCE:
        message = f"is one too many: at most {MOST_AT_ONCE} links may be submitted at once, not {len(links)}"
        members.broken(links[MOST_AT_ONCE].field, "count", message, len(links), MOST_AT_ONCE)
    members.finish()
    return links


def read_library_upload(body: bytes, check_url: CheckUrl) -> Link:
    """A new asset of the SP library (spec jimmy 7.1). Raises as above."""
    members = Members(read_object(body), lenient=True)
    kind = members.text("type", required=True)
    if kind is not None and kind not in _KINDS:
        members.broken("type", "choice", f"must be {', '.join(_KINDS[:-1])} or {_KINDS[-1]}", kind, list(_KINDS))
    return _link(members, next((each for each in _KINDS if each == kind), "image"), check_url)


def read_portrait(body: bytes, check_url: CheckUrl) -> Link:
    """A portrait of a real person (spec jimmy 8). Raises as above."""
    return _link(Members(read_object(body), lenient=True), "image", check_url)


def read_asset_ids(body: bytes) -> list[UUID]:
    """The assets that are asked about, in their order. Raises as above."""
    members = Members(read_object(body), lenient=True)
    ids = members.array("asset_ids", required=True)
    if ids == []:
        members.broken("asset_ids", "missing", "must name an asset")
    found = asset_ids(ids or [], members)
    members.finish()
    return found


def read_asset_id_of(body: bytes) -> UUID:
    """The one asset that is asked about. Raises as above."""
    members = Members(read_object(body), lenient=True)
    text = members.text("asset_id", required=True)
    asset_id = None if text is None else read_asset_id(text)
    if text is not None and asset_id is None:
        members.broken("asset_id", "unknown", _UNKNOWN, text)
    members.finish()
    if asset_id is None:
        raise unknown_assets(["asset_id"])
    return asset_id


def asset_ids(texts: Sequence[object], members: Members) -> list[UUID]:
    """The ids behind their texts. What is none is noted in ``members``."""
    if len(texts) > MOST_AT_ONCE:
        members.broken("asset_ids", "count", f"must name at most {MOST_AT_ONCE} assets", len(texts), MOST_AT_ONCE)
        return []
    found = []
    for number, text in enumerate(texts):
        asset_id = read_asset_id(text) if isinstance(text, str) else None
        if asset_id is not None:
            found.append(asset_id)
        elif isinstance(text, str):
            members.broken(f"asset_ids[{number}]", "unknown", _UNKNOWN, text)
        else:
            members.broken(f"asset_ids[{number}]", "type", "must be text", text)
    return found


def unknown_assets(fields: Sequence[str]) -> RulesBroken:
    """These members name assets that there are not, or that are not the caller's."""
    return RulesBroken([Violation(field=field, rule="unknown", message=_UNKNOWN) for field in fields])


def read_extension(file_name: str | None) -> str:
    """The extension of an uploaded file, in lower case (spec jimmy 9).

    Raises:
        RulesBroken: there is none, or none that may be uploaded.
    """
    _, dot, ending = (file_name or "").rpartition(".")
    extension = ending.lower()
    if dot and extension in HOSTED_TYPES:
        return extension
    message = f"must have a name that ends in .{', .'.join(HOSTED_TYPES)}"
    value = shortened(file_name or "")
    raise RulesBroken(
        [Violation(field="file", rule="format", message=message, value=value, allowed=list(HOSTED_TYPES))]
    )


def _link(members: Members, kind: MediaKind, check_url: CheckUrl) -> Link:
    name, url = members.text("name", required=True), members.link("url", required=True)
    if name is not None and not name.strip():
        members.broken("name", "missing", "must not be blank")
    if name is not None and len(name) > _LONGEST_NAME:
        members.broken("name", "length", f"must have at most {_LONGEST_NAME} characters", len(name), _LONGEST_NAME)
    if url is not None:
        members.violations += check_url("url", url)
    members.finish()
    return Link(url=url or "", kind=kind, name=name or "", field="url")
