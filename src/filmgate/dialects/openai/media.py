"""The pictures, clips and sounds of an order in their many forms on this wire (spec openai_videos 2.2, 2.3, 9).

    input_reference    the one picture of OpenAI: the film's first frame
    reference_url      the same, as SGLang calls a link
    image_reference    the same, as vLLM-Omni calls a link; a list of them are references
    input_references   references of any kind, in order: files, or objects that name their kind
    video_reference    references that are links (vLLM-Omni): one or a list
    audio_reference

Each comes as a file, as a link, as an object, as an object in JSON text, or flattened in a form.
"""

from typing import Any

from filmgate.dialects.reading import MOST_LINKS, Members, read_json
from filmgate.errors import BadRequest
from filmgate.video import Media, MediaKind, link_scheme

FILE_FIELDS = frozenset({"input_reference", "image_reference", "input_references", "video"})
"""The fields of a form that may be files. ``video`` is that of edits and extensions."""

FILE_ID_SCHEME = "asset://"
"""A file that the customer has registered is an asset to us."""

_IMAGE_REFERENCE = "image_reference"
_REFERENCE_FIELDS: dict[str, tuple[MediaKind, ...]] = {
    "input_references": ("image", "video", "audio"),
    _IMAGE_REFERENCE: ("image",),
    "video_reference": ("video",),
    "audio_reference": ("audio",),
}
_LINK_NAMES: dict[str, MediaKind] = {"image_url": "image", "video_url": "video", "audio_url": "audio"}
_FILE_ID = "file_id"
_FORMATS = {"image": "a picture, such as jpeg, png or webp", "video": "a video", "audio": "a sound"}


def read_media(members: Members) -> tuple[Media, ...]:
    """The first frame, then the references. What is wrong is noted in ``members``."""
    names = {"input_reference", "reference_url", *_REFERENCE_FIELDS}
    values = {name: opened(members, members.value(name), name) for name in names}
    pictures = ["input_reference", "reference_url"]
    references = dict(_REFERENCE_FIELDS)
    if not isinstance(values[_IMAGE_REFERENCE], list):
        pictures.append(_IMAGE_REFERENCE)
        del references[_IMAGE_REFERENCE]
    return (
        *_first_frame(members, [media for name in pictures for media in _picture(members, name, values[name])]),
        *(media for name, kinds in references.items() for media in _references(members, name, values[name], kinds)),
    )


def opened(members: Members, value: Any, field: str) -> Any:
    """A value that may be an object or a list written as JSON text (spec openai_videos 2.3).

    Text that is not what it begins like is noted, and gives None.
    """
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return read_json(value.encode())
    except BadRequest:
        members.broken(field, "format", "begins like JSON and cannot be read as such", value)
        return None


def is_data_of(kind: MediaKind, url: str) -> bool:
    """Whether a link is fit for a kind: a data URL must say so, any other link is looked at later."""
    return link_scheme(url) != "data" or url[len("data:") :].lstrip().lower().startswith(f"{kind}/")


def _first_frame(members: Members, found: list[Media]) -> list[Media]:
    for other in found[1:]:
        # Who does not know what the server knows may send one picture under several names.
        if other.url != found[0].url:
            members.broken(other.field, "exclusive", f"must not be given beside {found[0].field}")
    return found[:1]


def _picture(members: Members, name: str, value: Any) -> list[Media]:
    if isinstance(value, list):
        members.broken(name, "count", "must be one picture", len(value), 1)
        return []
    link = None if value is None else _picture_link(members, name, value)
    if link is None:
        return []
    field, url = link
    if not is_data_of("image", url):
        members.broken(field, "format", f"must be {_FORMATS['image']}")
    return [Media(kind="image", role="first_frame", url=url, field=field)]


def _picture_link(members: Members, name: str, value: Any) -> tuple[str, str] | None:
    """The path and the link of one picture."""
    if not isinstance(value, dict):
        url = Members({name: value}, violations=members.violations).link(name)
        return None if url is None else (name, url)
    inner = Members(value, lenient=True, path=f"{name}.", violations=members.violations)
    url, file_id = inner.link("image_url"), inner.link(_FILE_ID)
    if url is not None and file_id is not None:
        members.broken(name, "exclusive", "must hold one of image_url and file_id, not both")
    elif file_id is not None:
        return f"{name}.{_FILE_ID}", FILE_ID_SCHEME + file_id
    elif url is not None:
        return f"{name}.image_url", url
    elif inner.value("image_url") is None and inner.value(_FILE_ID) is None:
        members.broken(name, "missing", "must hold image_url or file_id")
    return None


def _references(members: Members, name: str, value: Any, kinds: tuple[MediaKind, ...]) -> list[Media]:
    if value is None:
        return []
    if not isinstance(value, list):
        return _reference(members, name, value, kinds)
    if len(value) > MOST_LINKS:
        members.broken(name, "count", f"must hold at most {MOST_LINKS} items", len(value), MOST_LINKS)
        return []
    found = []
    for index, item in enumerate(value):
        field = f"{name}[{index}]"
        one = opened(members, item, field)
        if one is not None or item is None:
            found += _reference(members, field, one, kinds)
    return found


def _reference(members: Members, field: str, value: Any, kinds: tuple[MediaKind, ...]) -> list[Media]:
    if isinstance(value, dict):
        return _named_reference(members, field, value, kinds)
    url = Members({field: value}, violations=members.violations).link(field, required=True)
    if url is None:
        return []
    fitting = [kind for kind in kinds if is_data_of(kind, url)]
    if len(fitting) == 1:
        return [Media(kind=fitting[0], role="reference", url=url, field=field)]
    if fitting:
        names = ", ".join(_LINK_NAMES)
        members.broken(field, "format", f"must be an object with one of {names}: a link does not say what it leads to")
    else:
        members.broken(field, "format", f"must be {' or '.join(_FORMATS[kind] for kind in kinds)}")
    return []


def _named_reference(members: Members, field: str, value: dict[str, Any], kinds: tuple[MediaKind, ...]) -> list[Media]:
    inner = Members(value, lenient=True, path=f"{field}.", violations=members.violations)
    names = [name for name, kind in _LINK_NAMES.items() if kind in kinds]
    given = [name for name in names if inner.value(name) is not None]
    if len(given) != 1:
        rule, more = ("exclusive", ", and only one of them") if given else ("missing", "")
        members.broken(field, rule, f"must hold {' or '.join(names)}{more}")
        return []
    (name,) = given
    kind, url = _LINK_NAMES[name], inner.link(name)
    if url is None:
        return []
    if not is_data_of(kind, url):
        members.broken(f"{field}.{name}", "format", f"must be {_FORMATS[kind]}")
    return [Media(kind=kind, role="reference", url=url, field=f"{field}.{name}")]
