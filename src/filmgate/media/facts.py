"""What passes between us and the child process that looks at files."""

from typing import Literal

import msgspec

from filmgate.facts import Probe
from filmgate.video import MediaKind

__all__ = ["Answer", "Probe", "Question", "Trouble"]


class Trouble(msgspec.Struct, frozen=True, kw_only=True, tag="trouble"):
    """Why there are no facts. Set in the child process, and by ``probe`` where that gives no answer."""

    too_large: bool
    message: str
    """The rest of a sentence that begins with what the file was meant to be: ``is not a picture``."""
    passing: bool = False
    """The machine may be to blame as well as the file: another look may find something else."""


class Watched(msgspec.Struct, frozen=True, kw_only=True, tag="watched"):
    """A film that was decoded from its beginning to its end, with two pictures of it. Taken by ``stills``, in the child
    process.
    """

    probe: Probe
    poster: bytes
    """JPEG, at the film's size."""
    last_frame: bytes
    """PNG: the very last frame."""


class Spritesheet(msgspec.Struct, frozen=True, kw_only=True, tag="spritesheet"):
    """Small pictures of a film on one large one. Drawn by ``spritesheet``, in the child process."""

    jpeg: bytes


class Faces(msgspec.Struct, frozen=True, kw_only=True, tag="faces"):
    """How many faces there are. Counted by ``faces``, in the child process."""

    count: int


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One file to look at."""

    path: str
    expected: MediaKind | Literal["film", "film with pictures", "spritesheet", "faces", "face model"]
    """What the file is meant to be; a film is decoded to its end. ``spritesheet``: a film, of which one is wanted.
    ``faces``: a picture or a clip, whose faces are to be counted."""
    kind: MediaKind = "image"
    """Of what has faces."""
    model: str = ""
    """What finds them."""
    limit_seconds: float
    """After which nobody waits for the answer any more."""


Answer = Probe | Watched | Spritesheet | Faces | Trouble
