"""Reading what callers say about consents in the native API: everything that is wrong is told at once."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from filmgate.asset import read_asset_id
from filmgate.dialects.native.consent_wire import ConsentAssets, NewConsent, Revocation
from filmgate.dialects.reading import Members, read_object

FindModel = Callable[[str], str | None]
"""The id of a model by any of its names; None where there is none. Given by the door."""

MOST_ASSETS = 100
_LONGEST_PERSON = 200
_LONGEST_EVIDENCE = 10_000
_LONGEST_REASON = 1000
_LISTS = ("models", "asset_ids")
_MOST_MODELS = 200

_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a new consent."""

    person: str
    evidence: str
    models: tuple[str, ...] | None
    valid_until: datetime | None
    asset_ids: tuple[UUID, ...]


def read_new_consent(body: bytes, find_model: FindModel, now: datetime) -> Said:
    """A new consent as JSON.

    Raises:
        BadRequest: it is not a JSON object.
        RulesBroken: everything that is wrong inside it.
    """
    return _said(read_object(body), find_model, now, lenient=False)


def read_consent_form(texts: Mapping[str, Sequence[str]], find_model: FindModel, now: datetime) -> Said:
    """The same as the texts of a form, by name; lists may be repeated, or hold several words with commas between.

    Raises:
        RulesBroken: everything that is wrong.
    """
    values: dict[str, Any] = {}
    for name, given in texts.items():
        if name in _LISTS:
            values[name] = [word.strip() for text in given for word in text.split(",") if word.strip()] or None
        else:
            values[name] = given[0] if len(given) == 1 else list(given)
    return _said(values, find_model, now, lenient=True)


def read_consent_assets(body: bytes) -> tuple[UUID, ...]:
    """Assets that are to stand under a consent. Raises as ``read_new_consent``."""
    members = _members(read_object(body), ConsentAssets)
    if members.array("asset_ids", required=True) == []:
        members.broken("asset_ids", "missing", "must name an asset")
    found = _asset_ids(members)
    members.finish()
    return found


def read_revocation(body: bytes) -> str:
    """Why a consent ends; an empty body says nothing. Raises as ``read_new_consent``."""
    members = _members(read_object(body or b"{}"), Revocation)
    reason = members.text("reason") or ""
    if len(reason) > _LONGEST_REASON:
        message = f"must have at most {_LONGEST_REASON} characters"
        members.broken("reason", "length", message, len(reason), _LONGEST_REASON)
    members.finish()
    return reason


def _said(values: dict[str, Any], find_model: FindModel, now: datetime, *, lenient: bool) -> Said:
    members = _members(values, NewConsent, lenient=lenient)
    person, evidence = members.text("person", required=True), members.text("evidence")
    if person is not None and not person.strip():
        members.broken("person", "missing", "must not be blank")
    for field, text, most in (("person", person, _LONGEST_PERSON), ("evidence", evidence, _LONGEST_EVIDENCE)):
        if text is not None and len(text) > most:
            members.broken(field, "length", f"must have at most {most} characters", len(text), most)
    said = Said(
        person=person or "",
        evidence=evidence or "",
        models=_models(members, find_model),
        valid_until=_valid_until(members, now),
        asset_ids=_asset_ids(members),
    )
    members.finish()
    return said


def _members(values: dict[str, Any], struct: type[msgspec.Struct], *, lenient: bool = False) -> Members:
    members = Members(values, lenient=lenient)
    for name in sorted(values.keys() - set(struct.__struct_fields__))[:20]:
        members.broken(name[:100], "unknown", "is not a member here", allowed=list(struct.__struct_fields__))
    return members


def _models(members: Members, find_model: FindModel) -> tuple[str, ...] | None:
    given = members.array("models")
    if given is None:
        return None
    if not given or len(given) > _MOST_MODELS:
        members.broken("models", "count", f"must name 1 to {_MOST_MODELS} models, or be left out for all", len(given))
        return None
    found: dict[str, None] = {}
    for number, name in enumerate(given):
        model = find_model(name) if isinstance(name, str) else None
        if model is None:
            members.broken(f"models[{number}]", "unknown", "is not a model that can be ordered", name)
        else:
            found[model] = None
    return tuple(found)


def _valid_until(members: Members, now: datetime) -> datetime | None:
    text = members.text("valid_until")
    if text is None:
        return None
    try:
        moment = msgspec.convert(text, _Moment).astimezone(UTC)
    except (msgspec.ValidationError, OverflowError):
        members.broken("valid_until", "format", "must be a time such as 2027-01-31T00:00:00Z", text)
        return None
    if moment <= now:
        members.broken("valid_until", "range", "must be in the future", text)
    return moment


def _asset_ids(members: Members) -> tuple[UUID, ...]:
    given = members.array("asset_ids") or []
    if len(given) > MOST_ASSETS:
        members.broken("asset_ids", "count", f"must name at most {MOST_ASSETS} assets", len(given), MOST_ASSETS)
        return ()
    found = []
    for number, text in enumerate(given):
        asset_id = read_asset_id(text) if isinstance(text, str) else None
        if asset_id is None:
            members.broken(f"asset_ids[{number}]", "unknown", "names no such asset", text)
        else:
            found.append(asset_id)
    return tuple(found)
