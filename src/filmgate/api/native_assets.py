"""Doors of the native API for assets: take in, list, change, delete."""

from collections.abc import Sequence

from filmgate.api.asset_links import link_at, url_checked_at
from filmgate.api.bodies import read_json_body
from filmgate.api.calls import Call
from filmgate.api.desk import Desk
from filmgate.api.native import MOST_ON_A_PAGE
from filmgate.api.pages import Pages
from filmgate.api.query import Query
from filmgate.api.uploads import FormUpload, content_type_of, is_form, pieces_of
from filmgate.asset import STATES, Asset, AssetFilter, read_asset_id
from filmgate.dialects.base import Reply
from filmgate.dialects.native import asset_read as read
from filmgate.dialects.native import asset_say as say
from filmgate.errors import NotFound
from filmgate.store.accounts import Key
from filmgate.work.assets import LARGEST_BYTES, Said
from filmgate.work.spool import spooled

_BODY_LIMIT_BYTES = 64 * 1024
_LIST = "assets"


async def add(desk: Desk, call: Call) -> Reply:
    """A new asset: a link in JSON, a file in a form, or a body that is the file itself."""
    key = await desk.gatekeeper.identify(call)
    content_type = content_type_of(call)
    if is_form(call):
        asset = await _add_form(desk, call, key)
    elif content_type in ("", "application/json") or content_type.endswith("+json"):
        return await _add_link(desk, call, key)
    else:
        asset = await _add_body(desk, call, key)
    return say.say_asset(asset, link_at(desk, call), status=201)


async def list_assets(desk: Desk, call: Call) -> Reply:
    """The account's assets, newest first."""
    key = await desk.gatekeeper.identify(call)
    query = Query(
        call,
        ("library", "sha256", "created_from", "created_before", "limit", "cursor"),
        repeatable=("kind", "state", "tag"),
    )
    libraries = libraries_at(desk)
    wanted = AssetFilter(
        kinds=query.choices("kind", read.KINDS),
        states=query.choices("state", STATES),
        library=query.choice("library", libraries),
        tags=query.texts("tag"),
        sha256=query.text("sha256"),
        created_from=query.moment("created_from"),
        created_before=query.moment("created_before"),
    )
    limit = query.whole_number("limit", least=1, most=MOST_ON_A_PAGE, default=20)
    cursor = query.text("cursor")
    query.finish()
    pages = Pages(desk.services.cursors, key.account_id, _LIST, wanted)
    found = await desk.services.assets.page(key.account_id, wanted, after=pages.position(cursor), limit=limit + 1)
    shown = found[:limit]
    next_cursor = pages.cursor(shown[-1].created_at, shown[-1].id) if len(found) > limit else None
    return say.say_assets(shown, link_at(desk, call), next_cursor)


async def show(desk: Desk, call: Call) -> Reply:
    """One asset."""
    key = await desk.gatekeeper.identify(call)
    return say.say_asset(await _own_asset(desk, call, key), link_at(desk, call))


async def change(desk: Desk, call: Call) -> Reply:
    """Another name, other tags or libraries."""
    key = await desk.gatekeeper.identify(call)
    asset = await _own_asset(desk, call, key)
    said = read.read_asset_changes(await read_json_body(call, _BODY_LIMIT_BYTES), libraries_at(desk))
    changed = await desk.services.assets.change(
        key.account_id,
        asset.id,
        name=said.name,
        tags=said.tags,
        libraries=said.libraries,
        all_libraries=said.all_libraries,
    )
    if changed is None:
        raise _not_found()
    return say.say_asset(changed, link_at(desk, call))


async def delete(desk: Desk, call: Call) -> Reply:
    """An asset that is wanted no more."""
    key = await desk.gatekeeper.identify(call)
    asset = await _own_asset(desk, call, key)
    if not await desk.services.assets.delete(key.account_id, asset.id, desk.services.clock()):
        raise _not_found()
    return say.say_removed(asset)


def libraries_at(desk: Desk) -> Sequence[str]:
    """The libraries that models of the catalogue take assets from."""
    catalogue = desk.services.catalogue
    offers = [*catalogue.offers(), *(each for name in desk.services.dialects.names for each in catalogue.sold_in(name))]
    return sorted({offer.library for offer in offers if offer.library is not None})


def said_of(described: read.Described) -> Said:
    """What is said of a file, for ``work.assets``."""
    return Said(
        name=described.name, tags=described.tags, libraries=described.libraries, kind=described.kind, field="file"
    )


async def _add_link(desk: Desk, call: Call, key: Key) -> Reply:
    body = await read_json_body(call, _BODY_LIMIT_BYTES)
    described = read.read_new_asset(body, url_checked_at(desk), libraries_at(desk))
    said = Said(
        name=described.name, tags=described.tags, libraries=described.libraries, kind=described.kind, field="url"
    )
    (asset,) = await desk.services.keeper.add_links(key.account_id, [(described.url, said)])
    return say.say_asset(asset, link_at(desk, call), status=202)


async def _add_form(desk: Desk, call: Call, key: Key) -> Asset:
    form = FormUpload(call)
    async with spooled(form.pieces(LARGEST_BYTES), desk.services.work_folder, LARGEST_BYTES) as file:
        described = read.read_described(form.texts, libraries_at(desk))
        return await desk.services.keeper.add_file(key.account_id, file, said_of(described))


async def _add_body(desk: Desk, call: Call, key: Key) -> Asset:
    texts: dict[str, list[str]] = {}
    for name, value in call.query_fields():
        texts.setdefault(name, []).append(value)
    described = read.read_described(texts, libraries_at(desk))
    async with spooled(pieces_of(call, LARGEST_BYTES), desk.services.work_folder, LARGEST_BYTES) as file:
        return await desk.services.keeper.add_file(key.account_id, file, said_of(described))


async def _own_asset(desk: Desk, call: Call, key: Key) -> Asset:
    asset_id = read_asset_id(call.path_values["asset_id"])
    asset = None if asset_id is None else await desk.services.assets.get(key.account_id, asset_id)
    if asset is None:
        raise _not_found()
    return asset


def _not_found() -> NotFound:
    return NotFound("asset not found")
