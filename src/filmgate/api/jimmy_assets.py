"""Doors of Jimmy's asset APIs: review for the Full models, the SP library, portraits of real people, and files that lie
here for some days (spec jimmy 6 to 9)."""

from collections.abc import Sequence
from uuid import UUID

from filmgate.api.asset_links import link_at, url_checked_at
from filmgate.api.bodies import read_json_body
from filmgate.api.calls import Call
from filmgate.api.desk import Desk
from filmgate.api.uploads import FormUpload, is_form
from filmgate.asset import Asset
from filmgate.dialects.base import Reply
from filmgate.dialects.jimmy import asset_read as read
from filmgate.dialects.jimmy import asset_say as say
from filmgate.dialects.jimmy.asset_wire import AUDIT_LIBRARY, HOSTED_LIMIT_BYTES, HOSTED_TYPES, SP_LIBRARY
from filmgate.dialects.reading import Members
from filmgate.errors import BadRequest, BodyTooLarge, RulesBroken, Violation
from filmgate.store.accounts import Key
from filmgate.work.assets import Said
from filmgate.work.spool import spooled


async def audit(desk: Desk, call: Call) -> Reply:
    """Submit media for the Full models (spec jimmy 6.1)."""
    key = await desk.gatekeeper.identify(call)
    links = read.read_audit(await read_json_body(call, desk.dialect.body_limit_bytes), url_checked_at(desk))
    assets = await desk.services.keeper.add_links(key.account_id, [_said(link, AUDIT_LIBRARY) for link in links])
    submitted = [(asset, link.kind) for asset, link in zip(assets, links, strict=True)]
    return say.say_audited(_code(desk), submitted)


async def audit_status(desk: Desk, call: Call) -> Reply:
    """How reviews stand (spec jimmy 6.2)."""
    key = await desk.gatekeeper.identify(call)
    asset_ids = read.read_asset_ids(await read_json_body(call, desk.dialect.body_limit_bytes))
    return say.say_audit_states(_code(desk), await _known(desk, key, asset_ids, AUDIT_LIBRARY))


async def audit_status_by_query(desk: Desk, call: Call) -> Reply:
    """The same as a GET: the vendor's notes once call it one (spec jimmy 6.2, X15)."""
    key = await desk.gatekeeper.identify(call)
    members = Members({})
    texts = [value for name, value in call.query_fields() if name in ("asset_ids", "asset_ids[]")]
    asset_ids = read.asset_ids([part for text in texts for part in text.split(",")], members)
    if not texts:
        members.broken("asset_ids", "missing", "is missing")
    members.finish()
    return say.say_audit_states(_code(desk), await _known(desk, key, asset_ids, AUDIT_LIBRARY))


async def library_upload(desk: Desk, call: Call) -> Reply:
    """Add an asset to the SP library (spec jimmy 7.1)."""
    key = await desk.gatekeeper.identify(call)
    link = read.read_library_upload(await read_json_body(call, desk.dialect.body_limit_bytes), url_checked_at(desk))
    (asset,) = await desk.services.keeper.add_links(key.account_id, [_said(link, SP_LIBRARY)])
    return say.say_library_uploaded(_code(desk), asset)


async def library_detail(desk: Desk, call: Call) -> Reply:
    """One asset of the SP library (spec jimmy 7.2)."""
    return say.say_library_asset(_code(desk), await _asked_about(desk, call), link_at(desk, call))


async def library_status(desk: Desk, call: Call) -> Reply:
    """Several assets of the SP library (spec jimmy 7.3)."""
    key = await desk.gatekeeper.identify(call)
    asset_ids = read.read_asset_ids(await read_json_body(call, desk.dialect.body_limit_bytes))
    assets = await _known(desk, key, asset_ids, SP_LIBRARY)
    return say.say_library_assets(_code(desk), assets, link_at(desk, call))


async def portrait_submit(desk: Desk, call: Call) -> Reply:
    """Whitelist a portrait of a real person (spec jimmy 8)."""
    key = await desk.gatekeeper.identify(call)
    link = read.read_portrait(await read_json_body(call, desk.dialect.body_limit_bytes), url_checked_at(desk))
    url, said = _said(link, SP_LIBRARY)
    asset = await desk.services.consent_desk.portray(key, url, said)
    return say.say_portrait(_code(desk), asset, link_at(desk, call))


async def portrait_status(desk: Desk, call: Call) -> Reply:
    """One portrait (spec jimmy 8)."""
    return say.say_portrait(_code(desk), await _asked_about(desk, call), link_at(desk, call))


async def portrait_batch_status(desk: Desk, call: Call) -> Reply:
    """Several portraits (spec jimmy 8)."""
    key = await desk.gatekeeper.identify(call)
    asset_ids = read.read_asset_ids(await read_json_body(call, desk.dialect.body_limit_bytes))
    assets = await _known(desk, key, asset_ids, SP_LIBRARY)
    return say.say_portraits(_code(desk), assets, link_at(desk, call))


async def upload_file(desk: Desk, call: Call) -> Reply:
    """Host a file for some days (spec jimmy 9)."""
    key = await desk.gatekeeper.identify(call)
    if not is_form(call):
        raise BadRequest("the Content-Type must be multipart/form-data with one part named file")
    form = FormUpload(call)
    try:
        async with spooled(form.pieces(HOSTED_LIMIT_BYTES), desk.services.work_folder, HOSTED_LIMIT_BYTES) as file:
            extension = read.read_extension(form.file_name)
            hosted = await desk.services.host.take(
                key, file, suffix=extension, content_type=HOSTED_TYPES[extension], field="file"
            )
    except BodyTooLarge as exc:
        message = f"must have at most {HOSTED_LIMIT_BYTES} bytes"
        broken = Violation(field="file", rule="length", message=message, allowed=HOSTED_LIMIT_BYTES)
        raise RulesBroken([broken]) from exc
    path = desk.services.links.path(
        hosted.object_name, file_name=hosted.object_name.rpartition("/")[2], expires_at=hosted.expires_at
    )
    return say.say_hosted(
        _code(desk),
        url=desk.base_url(call).rstrip("/") + path,
        file_name=form.file_name or "",
        size_bytes=hosted.size_bytes,
        mime_type=HOSTED_TYPES[extension],
    )


async def _asked_about(desk: Desk, call: Call) -> Asset:
    """The asset of the SP library that a question names."""
    key = await desk.gatekeeper.identify(call)
    asset_id = read.read_asset_id_of(await read_json_body(call, desk.dialect.body_limit_bytes))
    found = await desk.services.assets.get(key.account_id, asset_id)
    if found is None or not found.is_in(SP_LIBRARY):
        raise read.unknown_assets(["asset_id"])
    return found


def _said(link: read.Link, library: str) -> tuple[str, Said]:
    return link.url, Said(name=link.name, libraries=(library,), kind=link.kind, field=link.field)


async def _known(desk: Desk, key: Key, asset_ids: Sequence[UUID], library: str) -> list[Asset]:
    """The assets in the order of the question.

    Raises:
        RulesBroken: some are not there, not the caller's, or of another library; each is named.
    """
    found = await desk.services.assets.get_many(key.account_id, asset_ids)
    unknown = [
        f"asset_ids[{number}]"
        for number, asset_id in enumerate(asset_ids)
        if asset_id not in found or not found[asset_id].is_in(library)
    ]
    if unknown:
        raise read.unknown_assets(unknown)
    return [found[asset_id] for asset_id in asset_ids]


def _code(desk: Desk) -> int | str:
    return desk.services.dialects.jimmy.success_code
