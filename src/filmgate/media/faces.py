"""Counts faces in a stranger's picture or clip, with a YuNet model that the operator gave. Runs only in the child
process, as ``decode`` does.

It serves a review, where a face too many costs somebody a look and a missed one more than that: so it counts what is
only probably a face. Pictures are made smaller first; a face that is hardly a hundredth of a picture's side is missed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from filmgate.media.decode import Refusal, opened_film
from filmgate.media.facts import Faces
from filmgate.sniff import IMAGE_FORMATS
from filmgate.video import MediaKind

LONGER_SIDE_PIXELS = 1280
MOST_FRAMES = 24
"""Of a clip, spread over its length."""

_LEAST_SCORE = 0.6
_MOST_OVERLAP = 0.3
_MOST_CANDIDATES = 500
_DEEP = ("I", "I;16", "I;16B", "F")
# What a model must be able to look at, to be one.
_BLANK = np.zeros((64, 64, 3), np.uint8)


def count_faces(path: Path, kind: MediaKind, model: Path) -> Faces:
    """How many faces a picture shows, or the frame of a clip that shows most of them."""
    detector = _Detector(model)
    pictures = _frames(path) if kind == "video" else iter([_picture(path)])
    return Faces(count=max((detector.count(picture) for picture in pictures), default=0))


def check_face_model(model: Path) -> Faces:
    """Nothing, where a model is one that finds faces.

    Raises:
        Refusal: it is not.
    """
    try:
        return Faces(count=_Detector(model).count(_BLANK))
    except (cv2.error, IndexError) as exc:
        raise Refusal("is no YuNet model in the format ONNX") from exc


class _Detector:
    def __init__(self, model: Path) -> None:
        cv2.setNumThreads(1)  # Threads would only fight for the one that this process may use.
        self._detector: Any = cv2.FaceDetectorYN.create(
            str(model), "", (64, 64), _LEAST_SCORE, _MOST_OVERLAP, _MOST_CANDIDATES
        )

    def count(self, picture: NDArray[np.uint8]) -> int:
        height, width = picture.shape[:2]
        self._detector.setInputSize((width, height))
        _, found = self._detector.detect(picture)
        return 0 if found is None else len(found)


def _picture(path: Path) -> NDArray[np.uint8]:
    """As it is shown, in the order of colours that OpenCV wants."""
    Image.MAX_IMAGE_PIXELS = None  # Whoever asks has checked it already.
    with Image.open(path, formats=list(IMAGE_FORMATS)) as image:
        image.draft("RGB", (LONGER_SIDE_PIXELS, LONGER_SIDE_PIXELS))
        image.thumbnail((LONGER_SIDE_PIXELS, LONGER_SIDE_PIXELS))
        upright = ImageOps.exif_transpose(_eight_bits(image)).convert("RGB")
    return np.ascontiguousarray(np.asarray(upright)[:, :, ::-1])


def _eight_bits(image: Image.Image) -> Image.Image:
    """Pillow cuts deeper greys off at 255, and all of the picture would be white."""
    if image.mode not in _DEEP:
        return image
    return Image.fromarray(np.clip(np.asarray(image, np.float64) / 257, 0, 255).astype(np.uint8))


def _frames(path: Path) -> Iterator[NDArray[np.uint8]]:
    with opened_film(path) as (container, stream, _):
        packets = sum(1 for packet in container.demux(stream) if packet.size)
        container.seek(0, stream=stream)
        step = max(1, -(-packets // MOST_FRAMES))
        for number, frame in enumerate(container.decode(stream)):
            if number % step == 0:
                scale = min(1.0, LONGER_SIDE_PIXELS / max(frame.width, frame.height))
                width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
                small = np.asarray(frame.reformat(width, height, format="bgr24").to_ndarray(), np.uint8)
                yield np.ascontiguousarray(np.rot90(small, frame.rotation // 90))
