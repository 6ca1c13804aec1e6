"""Looking at films that a client has fetched, hearing of them, and ending those that nobody waits for."""

from io import BytesIO
from typing import NamedTuple

import av
import httpx
import numpy as np
from PIL import ImageColor


class Receiver(NamedTuple):
    """A web server that takes every callback."""

    url: str
    heard: list[tuple[bytes, dict[str, str]]]
    """Bodies and headers, in the order in which they came."""


def cancel_all(client: httpx.Client) -> None:
    """End every open order of the account behind this client's key."""
    listed = client.get("/filmgate/v1/tasks?status=queued,running,saving&limit=100").json()
    for task in listed["data"]:
        client.post(f"/filmgate/v1/tasks/{task['id']}/cancel")


class Seen:
    """What is in a film, from its first packet to its last."""

    def __init__(self, film: bytes) -> None:
        with av.open(BytesIO(film), "r") as container:
            stream = container.streams.video[0]
            self.codec, self.size = stream.codec_context.name, (stream.width, stream.height)
            self.sounds = len(container.streams.audio)
            frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        self.frames = len(frames)
        self.first_colour = np.median(frames[0].reshape(-1, 3), axis=0)

    def begins_with(self, colour: str) -> bool:
        """Whether the first frame is mostly of this colour."""
        wanted = np.array(ImageColor.getrgb(colour)[:3])
        return bool(np.abs(self.first_colour - wanted).max() < 12)
