"""Finds the facts of a file, in a child process with limits; never in the caller's process."""

from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from filmgate.errors import EngineFailed, MediaTooLarge, MediaUnreadable, SetupError
from filmgate.media.cache import AnswerCache, key_of
from filmgate.media.facts import Faces, Probe, Question, Spritesheet, Trouble, Watched
from filmgate.media.sandbox import ChildDied, ChildTooSlow, Sandbox
from filmgate.video import MediaKind

__all__ = ["Probe", "Prober", "Watched"]

PROBE_SECONDS = 10.0
FILM_SECONDS = 120.0
FACES_SECONDS = 60.0

Found = TypeVar("Found", Probe, Watched, Spritesheet, Faces)

_PROBES: msgspec.json.Decoder[Probe | Trouble] = msgspec.json.Decoder(Probe | Trouble)
_WATCHED: msgspec.json.Decoder[Watched | Trouble] = msgspec.json.Decoder(Watched | Trouble)
_SPRITESHEETS: msgspec.json.Decoder[Spritesheet | Trouble] = msgspec.json.Decoder(Spritesheet | Trouble)
_FACES: msgspec.json.Decoder[Faces | Trouble] = msgspec.json.Decoder(Faces | Trouble)


class Prober:
    """Looks into files. Strangers' files and finished films have children of their own.

    Every method raises ``Unavailable`` when no child process can be started.

    Args:
        processes: how many files, and besides them how many films, are looked at at once.
    """

    def __init__(self, processes: int = 1) -> None:
        # Decoding a long film must not keep new orders waiting for their probes.
        self._probes = Sandbox("filmgate.media.child", processes)
        self._films = Sandbox("filmgate.media.child", processes)
        self._found = AnswerCache()

    async def warm_up(self) -> None:
        """Start what looks into strangers' files before the first of them comes."""
        await self._probes.warm_up()

    async def probe(self, path: Path, kind: MediaKind, field: str) -> Probe:
        """The facts of a file that is meant to be of this kind. The same bytes are looked into once.

        Raises:
            MediaTooLarge: it has more pixels than are decoded.
            MediaUnreadable: it is of another kind or format, does not decode, or takes too long or too much memory.
        """
        key = await key_of(path, kind)
        if key is None:
            answer = await _ask(self._probes, path, kind, PROBE_SECONDS, _PROBES)
        else:
            answer = await self._found.answer(key, lambda: _ask(self._probes, path, kind, PROBE_SECONDS, _PROBES))
        if isinstance(answer, Probe):
            return answer
        error = MediaTooLarge if answer.too_large else MediaUnreadable
        raise error(f"the file given as {kind} {answer.message}", kind=kind, field=field)

    async def check_film(self, path: Path) -> Probe:
        """Decode a whole film, pictures and sound.

        Raises:
            EngineFailed: it does not decode from its beginning to its end.
        """
        answer = await _ask(self._films, path, "film", FILM_SECONDS, _PROBES)
        if isinstance(answer, Probe):
            return answer
        raise EngineFailed(f"the film {answer.message}")

    async def watch_film(self, path: Path) -> Watched:
        """The same, with its poster and its last frame.

        Raises:
            EngineFailed: as ``check_film``.
        """
        answer = await _ask(self._films, path, "film with pictures", FILM_SECONDS, _WATCHED)
        if isinstance(answer, Watched):
            return answer
        raise EngineFailed(f"the film {answer.message}")

    async def draw_spritesheet(self, path: Path) -> bytes:
        """A JPEG with small pictures of a film.

        Raises:
            EngineFailed: it does not decode.
        """
        answer = await _ask(self._films, path, "spritesheet", FILM_SECONDS, _SPRITESHEETS)
        if isinstance(answer, Spritesheet):
            return answer.jpeg
        raise EngineFailed(f"the film {answer.message}")

    async def count_faces(self, path: Path, kind: MediaKind, model: Path, field: str) -> int:
        """How many faces a picture shows, or the frame of a clip that shows most of them.

        Args:
            model: a YuNet model as ONNX.

        Raises:
            MediaUnreadable: it does not decode as a whole, or takes too long.
        """
        question = Question(path=str(path), expected="faces", kind=kind, model=str(model), limit_seconds=FACES_SECONDS)
        answer = await _put(self._films, question, _FACES)
        if isinstance(answer, Faces):
            return answer.count
        raise MediaUnreadable(f"the file given as {kind} {answer.message}", kind=kind, field=field)

    async def check_face_model(self, model: Path) -> None:
        """Nothing, where a model is one that finds faces.

        Raises:
            SetupError: it is not.
        """
        question = Question(path=str(model), expected="face model", limit_seconds=FACES_SECONDS)
        answer = await _put(self._films, question, _FACES)
        if isinstance(answer, Trouble):
            raise SetupError(
                f"setting 'face_model' is wrong: {model} {answer.message}.",
                "OpenCV's model zoo has one under the name face_detection_yunet.",
            )

    async def close(self) -> None:
        """End all child processes."""
        await self._probes.close()
        await self._films.close()


async def _ask(
    sandbox: Sandbox,
    path: Path,
    expected: MediaKind | Literal["film", "film with pictures", "spritesheet"],
    limit_seconds: float,
    answers: msgspec.json.Decoder[Found | Trouble],
) -> Found | Trouble:
    return await _put(sandbox, Question(path=str(path), expected=expected, limit_seconds=limit_seconds), answers)


async def _put(sandbox: Sandbox, question: Question, answers: msgspec.json.Decoder[Found | Trouble]) -> Found | Trouble:
    try:
        answer = await sandbox.ask(msgspec.json.encode(question), question.limit_seconds)
    except ChildTooSlow:
        return Trouble(
            too_large=False, message=f"does not decode within {question.limit_seconds:g} seconds", passing=True
        )
    except ChildDied:
        message = "does not decode: it breaks its decoder or needs too much memory"
        return Trouble(too_large=False, message=message, passing=True)
    return answers.decode(answer)
