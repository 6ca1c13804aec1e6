"""Reading what callers say about assets in the native API: everything that is wrong is told at once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, get_args

import msgspec

from filmgate.dialects.native.asset_wire import AssetChanges, NewAsset
from filmgate.dialects.reading import Members, read_object
from filmgate.errors import Violation
from filmgate.video import MediaKind

CheckUrl = Callable[[str, str], list[Violation]]
"""Everything that is wrong with the url in a field; given by the door."""

KINDS: tuple[MediaKind, ...] = get_args(MediaKind)
DESCRIBING = ("name", "kind", "tags", "libraries")
"""What may be said of a file beside the file."""

_LONGEST_NAME = 200
_MOST_TAGS = 50
_LONGEST_TAG = 100


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a new asset."""

    url: str = ""
    name: str = ""
    kind: MediaKind | None = None
    tags: tuple[str, ...] = ()
    libraries: tuple[str, ...] | None = None


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be changed; None where nothing is said."""

    name: str | None
    tags: tuple[str, ...] | None
    libraries: tuple[str, ...] | None
    all_libraries: bool


def read_new_asset(body: bytes, check_url: CheckUrl, libraries: Collection[str]) -> Described:
    """A link that is to become an asset.

    Args:
        libraries: those that there are.

    Raises:
        BadRequest: it is not a JSON object.
        RulesBroken: everything that is wrong inside it.
    """
    values = read_object(body)
    members = _members(values, NewAsset.__struct_fields__)
    url = members.link("url", required=True)
    if url is not None:
        members.violations += check_url("url", url)
    described = _described(members, libraries)
    members.finish()
    return msgspec.structs.replace(described, url=url or "")


def read_described(texts: Mapping[str, Sequence[str]], libraries: Collection[str]) -> Described:
    """What is said of a file beside it, in a form or in the query, by name; names may be repeated or hold several
    words with commas between.

    Raises:
        RulesBroken: everything that is wrong.
    """
    values: dict[str, Any] = {}
    for name, given in texts.items():
        if name in ("tags", "libraries"):
            words = [word.strip() for text in given for word in text.split(",")]
            values[name] = [word for word in words if word] or None
        else:
            values[name] = given[0] if len(given) == 1 else list(given)
    members = _members(values, DESCRIBING, lenient=True)
    described = _described(members, libraries)
    members.finish()
    return described


def read_asset_changes(body: bytes, libraries: Collection[str]) -> Changes:
    """What is to be changed. Raises as ``read_new_asset``."""
    values = read_object(body)
    members = _members(values, AssetChanges.__struct_fields__)
    found = Changes(
        name=None if values.get("name") is None else _name(members),
        tags=None if values.get("tags") is None else _words(members, "tags"),
        libraries=_libraries(members, libraries),
        all_libraries="libraries" in values and values["libraries"] is None,
    )
    members.finish()
    return found


def _members(values: dict[str, Any], known: Sequence[str], *, lenient: bool = False) -> Members:
    members = Members(values, lenient=lenient)
    for name in sorted(values.keys() - set(known))[:20]:
        members.broken(name[:_LONGEST_TAG], "unknown", "is not a member here", allowed=list(known))
    return members


def _described(members: Members, libraries: Collection[str]) -> Described:
    kind = members.text("kind")
    if kind is not None and kind not in KINDS:
        members.broken("kind", "choice", f"must be {', '.join(KINDS[:-1])} or {KINDS[-1]}", kind, list(KINDS))
    return Described(
        name=_name(members),
        kind=next((each for each in KINDS if each == kind), None),
        tags=_words(members, "tags"),
        libraries=_libraries(members, libraries),
    )


def _name(members: Members) -> str:
    name = members.text("name") or ""
    if len(name) > _LONGEST_NAME:
        members.broken("name", "length", f"must have at most {_LONGEST_NAME} characters", len(name), _LONGEST_NAME)
    return name


def _words(members: Members, field: str) -> tuple[str, ...]:
    """A list of words of the caller's own, each once."""
    found: dict[str, None] = {}
    given = members.array(field) or []
    if len(given) > _MOST_TAGS:
        members.broken(field, "count", f"must hold at most {_MOST_TAGS} words", len(given), _MOST_TAGS)
        return ()
    for number, word in enumerate(given):
        if not isinstance(word, str):
            members.broken(f"{field}[{number}]", "type", "must be text", word)
        elif not word.strip() or len(word) > _LONGEST_TAG or "," in word or not word.isprintable():
            message = f"must be 1 to {_LONGEST_TAG} printable characters without a comma"
            members.broken(f"{field}[{number}]", "format", message, word)
        else:
            found[word.strip()] = None
    return tuple(found)


def _libraries(members: Members, known: Collection[str]) -> tuple[str, ...] | None:
    given = members.array("libraries")
    if given is None:
        return None
    allowed = sorted(known)
    for number, name in enumerate(given[:_MOST_TAGS]):
        if name not in allowed:
            message = f"must be one of {', '.join(allowed)}"
            members.broken(f"libraries[{number}]", "choice", message, name, allowed)
    return tuple(name for name in allowed if name in given)
