"""The orders placed at a filmgate in front of another: in every mode that each of the five dialects can say."""

from typing import Any, NamedTuple

from tests.elsewhere.station import DIALECTS

SOURCE = "SOURCE"
"""Stands for the id of a film that is there already."""
FILES = ("one.png", "two.png", "three.jpg", "clip.mp4", "sound.wav")
_KINDS = {"png": "image", "jpg": "image", "mp4": "video", "wav": "audio"}


class FrontOrder(NamedTuple):
    """One order at the outer server. File names stand for links to the files."""

    dialect: str
    """By which it goes on to the inner server."""
    body: dict[str, Any]
    door: str = "native"
    path: str = ""
    """Below the door's own."""
    suffix: str = ""
    """Of the model's name."""


def medium(name: str, role: str = "reference") -> dict[str, str]:
    return {"kind": _KINDS[name.rpartition(".")[2]], "role": role, "url": name}


_REFERENCES = [medium(name) for name in FILES]
_FIRST, _LAST = medium("one.png", "first_frame"), medium("two.png", "last_frame")
_SAID: dict[str, Any] = {
    "prompt": 'A paper boat, 纸船\n— at "dusk" 🌊',
    "ratio": "9:16",
    "duration_seconds": 2,
    "last_frame": True,
    "timeout_seconds": 7200,
    "metadata": {"mine": [1, None, "é"]},
    "webhook_url": "http://127.0.0.1:9/gone",
}
# What not every wire has a word for.
_SAID_THERE: dict[str, dict[str, Any]] = {
    "jimmy": {"audio": False},
    "senseaudio": {"audio": False, "watermark": True},
    "ink": {},
    "ark": {"audio": False, "watermark": True, "seed": 58291},
    "openai": {"audio": False, "seed": 58291},
}
_OF_ALL: dict[str, dict[str, Any]] = {
    "a first frame": {"prompt": "x", "ratio": "adaptive", "media": [_FIRST]},
    "both frames": {"prompt": "x", "media": [_LAST, _FIRST]},
    "references": {"prompt": "图片1 在 视频1", "media": _REFERENCES[::-1]},
}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _ark_clip(**members: Any) -> dict[str, Any]:
    clip = {"type": "video_url", "video_url": {"url": "clip.mp4"}, "role": "reference_video"}
    return {"content": [_text("Make it night"), clip], "ratio": "adaptive", **members}


_BY_THEIR_OWN_DOORS = {
    "frames in a mode": FrontOrder(
        "jimmy",
        {
            "prompt": "x",
            "duration": 1,
            "images": ["one.png", "two.png"],
            "reference_mode": "frame",
            "face_processing": False,
        },
        "jimmy",
        suffix="-933",
    ),
    "the text last": FrontOrder(
        "senseaudio",
        {
            "content": [{"type": "image", "url": "one.png", "role": "reference"}, _text("纸船")],
            "duration": 1,
            "resolution": "480p",
            "ratio": "1:1",
            "watermark": False,
            "provider_specific": {"generate_audio": False, "mine": [1]},
        },
        "senseaudio",
    ),
    "pictures by their number": FrontOrder(
        "ink",
        {"prompt": "x", "duration": 1, "mediaUrls": ["two.png", "one.png"], "metadata": {"mine": {"a": 1}}},
        "ink",
    ),
    "an edit": FrontOrder("ark", _ark_clip(omni_reference_task_type="edit", priority=3), "ark"),
    "an extension": FrontOrder("ark", _ark_clip(omni_reference_task_type="extend", duration=1), "ark"),
    "a search": FrontOrder(
        "ark",
        {
            "content": [_text("x")],
            "resolution": "720p",
            "duration": 1,
            "tools": [{"type": "web_search"}],
            "safety_identifier": "u-1",
            "camera_fixed": True,
            "return_last_frame": True,
            "execution_expires_after": 3600,
        },
        "ark",
    ),
    "a size": FrontOrder(
        "openai",
        {"prompt": "x", "seconds": "1", "size": "560x752", "input_reference": {"image_url": "one.png"}},
        "openai",
    ),
}
ORDERS: dict[str, FrontOrder] = (
    {f"all that can be said by {dialect}": FrontOrder(dialect, _SAID | more) for dialect, more in _SAID_THERE.items()}
    | {
        f"{name} by {dialect}": FrontOrder(dialect, body)
        for dialect in DIALECTS
        for name, body in _OF_ALL.items()
        # OpenAI has no last frame.
        if (name, dialect) != ("both frames", "openai")
    }
    | {f"{name} at the door of {order.door}": order for name, order in _BY_THEIR_OWN_DOORS.items()}
)

CHANGES: dict[str, FrontOrder] = {
    f"{path.rpartition('/')[2]} by {dialect}": FrontOrder(
        dialect, {"prompt": "Make it night", "seconds": "1", "video": {"id": SOURCE}}, "openai", path
    )
    for dialect, path in (
        ("openai", "/edits"),
        ("openai", "/extensions"),
        ("openai", f"/{SOURCE}/remix"),
        ("ink", "/edits"),
    )
}
"""Orders that begin with a film."""


def with_links(value: Any, links: dict[str, str]) -> Any:
    """An order's body with what its file names, and the source, stand for."""
    match value:
        case dict():
            return {name: with_links(inner, links) for name, inner in value.items()}
        case list():
            return [with_links(inner, links) for inner in value]
        case str():
            return links.get(value, value)
        case _:
            return value
