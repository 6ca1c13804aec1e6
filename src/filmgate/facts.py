"""Facts: what is known of a picture, clip or sound from its own bytes. Pure."""

import msgspec

from filmgate.video import MediaKind


class Probe(msgspec.Struct, frozen=True, kw_only=True, tag="probe"):
    """The facts of a file, from its content. Set by ``media.decode``, in a child process."""

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
    """As the file declares it where its packets bear that out, else as they are."""
    frames: int | None = None
    """How many pictures were decoded; only where the whole film was."""
    video_codec: str | None = None
    """``h264``, ``hevc``, ``av1`` and so on."""
    audio_codec: str | None = None

    @property
    def shape(self) -> float | None:
        """Width divided by height; None for a sound."""
        return self.width / self.height if self.width and self.height else None
