"""What is said about a file, and what passes between us and the child process that looks at it."""

from typing import Literal

import msgspec

from filmgate.video import MediaKind


class Probe(msgspec.Struct, frozen=True, kw_only=True, tag="probe"):
    """The facts of a file, from its content. Set by ``decode``, in the child process."""

    kind: MediaKind
    format: str
    """``png``, ``jpeg``, ``webp``, ``bmp``, ``tiff``, ``gif``; ``mp4``, ``mov``, ``m4v``, ``3gp``, ``webm``, ``mkv``,
    ``avi``, ``flv``; ``wav``, ``mp3``, ``aac``, ``m4a``, ``flac``, ``ogg``."""
    size_bytes: int
    width: int | None = None
    """As it is shown: a turn that the file asks for is made. So with ``height``. None for a sound."""
    height: int | None = None
    seconds: float | None = None
    """Measured from the packets of a clip's pictures or of a sound, not as the file declares it. None for an image."""
    frames_per_second: float | None = None
    frames: int | None = None
    """How many pictures were decoded; only where the whole film was."""
    video_codec: str | None = None
    """``h264``, ``hevc``, ``av1`` and so on."""
    audio_codec: str | None = None


class Trouble(msgspec.Struct, frozen=True, kw_only=True, tag="trouble"):
    """Why there are no facts. Set in the child process."""

    too_large: bool
    message: str
    """The rest of a sentence that begins with what the file was meant to be: ``is not a picture``."""


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
