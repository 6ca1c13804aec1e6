"""The generations of the vendor's models, and which members of an order each of them knows (spec ark 2.2).

Which values a member may have is the catalogue's matter; that a member is there at all is one of the wire. A model
whose name is none of the vendor's is another vendor's: it is told no member off (spec ark 14).
"""

import re
from typing import Literal

from filmgate.video import VideoRequest

Generation = Literal["1.0", "1.5", "2.0", "2.5"]

_GENERATIONS: dict[str, Generation] = {"1-0": "1.0", "1-5": "1.5", "2-0": "2.0", "2-5": "2.5"}
# With the vendor's prefixes ``doubao-`` and ``dreamina-`` or without (spec ark 10).
_NAME = re.compile(r"(?:^|-)seedance-([12]-[05])(?:-|$)")

_KNOWN_IN: dict[str, tuple[Generation, ...]] = {
    "priority": ("2.0", "2.5"),
    "generate_audio": ("1.5", "2.0", "2.5"),
    "draft": ("1.5", "2.5"),
    "draft_task": ("1.5", "2.5"),
    "camera_fixed": ("1.0", "1.5"),
    "frames": ("1.0",),
    "tools": ("2.0", "2.5"),
    "output_format": ("2.5",),
    "omni_reference_task_type": ("2.5",),
}
_FLEX_IN: tuple[Generation, ...] = ("1.0", "1.5")


def generation_of(model: str) -> Generation | None:
    """The generation that a model's name tells, or None where it tells none."""
    match = _NAME.search(model)
    return None if match is None else _GENERATIONS[match[1]]


def knows(model: str, member: str) -> bool:
    """Whether the model knows a member of the body. A model of no known generation may know any."""
    generation = generation_of(model)
    return generation is None or generation in _KNOWN_IN.get(member, (generation,))


def knows_flex(model: str) -> bool:
    """Whether the model can be ordered at the service tier ``flex``."""
    return generation_of(model) in (None, *_FLEX_IN)


def reads_commands(model: str) -> bool:
    """Whether the model reads options from the end of the prompt (spec ark 2.3)."""
    return generation_of(model) in ("1.0", "1.5")


def input_mode(request: VideoRequest) -> str:
    """The vendor's word for the kind of an order: ``t2v``, ``i2v``, ``flf2v`` or ``r2v``."""
    if request.mode != "frames":
        return "t2v" if request.mode == "text" else "r2v"
    return "flf2v" if request.of_kind("image", "last_frame") else "i2v"
