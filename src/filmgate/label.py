"""Labels: what a film carries that says where it came from.

    c2pa      a signed manifest in the file: who made the film and how, and that nobody has changed it since
    aigc      the entry in the file's metadata that GB 45438-2025 asks for
    visible   words drawn into the pictures

The entry is one JSON object of seven texts. Names and meanings: GB 45438-2025, appendix E. That it is plain JSON, its
order, and its place in an MP4 (the key ``AIGC`` in ``moov.udta.meta``): the practice guide TC260-PG-20257A, section 6
and appendix A, of which public implementations tell (seen 2026-11); we have not read it ourselves.
"""

from typing import Literal

import msgspec

Label = Literal["c2pa", "aigc", "visible"]

Source = Literal["trained", "drawn", "composed"]
"""How a film's pictures came about: by a model that was trained; by an algorithm that learned from nothing; by one
that also put someone's pictures or clips into it."""

AIGC_KEY = "AIGC"
"""The entry's name in a file's metadata."""

IS_GENERATED = "1"
"""``Label``: it is generated. 2 and 3 are for those who pass on what may be, and what looks as if."""

_LONGEST_ENTRY_CHARACTERS = 16_384


class AigcEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Who generated a film and who passed it on, by the names of the standard."""

    label: str = msgspec.field(name="Label")
    content_producer: str = msgspec.field(name="ContentProducer")
    """Who generated it: a name, or the 27 characters of TC260-PG-20252A."""
    produce_id: str = msgspec.field(name="ProduceID")
    """The producer's own number for it."""
    reserved_code_1: str = msgspec.field(name="ReservedCode1", default="")
    """The producer's own proof that nothing was changed."""
    content_propagator: str = msgspec.field(name="ContentPropagator", default="")
    """Who passes it on; likewise with the next two."""
    propagate_id: str = msgspec.field(name="PropagateID", default="")
    reserved_code_2: str = msgspec.field(name="ReservedCode2", default="")


def read_entry(text: str | None) -> AigcEntry | None:
    """The entry that stands in a file, or None where none does that anybody could read."""
    if text is None or len(text) > _LONGEST_ENTRY_CHARACTERS:
        return None
    try:
        return msgspec.json.decode(text, type=AigcEntry)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None


def entry_text(entry: AigcEntry) -> str:
    """The entry as it stands in a file."""
    return msgspec.json.encode(entry).decode()


def wanted_entry(found: AigcEntry | None, own: AigcEntry) -> AigcEntry:
    """The entry that a film should have.

    A film that names its producer keeps that one: whoever generated it stays so. We then only pass it on, and say so
    where nobody has said it before.
    """
    if found is None:
        return own
    if found.content_propagator or not own.content_propagator:
        return found
    return msgspec.structs.replace(found, content_propagator=own.content_propagator, propagate_id=own.propagate_id)
