"""Labels films and reads their labels, in child processes: off the event loop, in bounded time, a few at once."""

from pathlib import Path

import msgspec

from filmgate.errors import SetupError, Unavailable
from filmgate.label import AigcEntry
from filmgate.media.facts import Trouble
from filmgate.media.label_facts import (
    Answer,
    Credentials,
    FoundLabels,
    LabelFilm,
    Labelled,
    Put,
    PutManifest,
    Question,
    ReadLabels,
    Tried,
    Trust,
    TryCredentials,
)
from filmgate.media.manifest import FilmFacts
from filmgate.media.sandbox import ChildDied, ChildTooSlow, Sandbox

LABEL_SECONDS = 120.0
"""For one film. The largest that are brought home, of 4 GiB, take a sixth of it (measured)."""

READ_SECONDS = 20.0
"""For one file, of anybody's: a film takes a second for each gigabyte, and some files are made to take for ever."""

_MODULE = "filmgate.media.labelling"
_ANSWERS: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)


class NotLabelled(Exception):
    """The film cannot be labelled, or not in time. The message is for the log."""


class LabelWriter:
    """Labels films, so many at once; more wait for their turn.

    Args:
        credentials: what manifests are signed with; None: no film gets one.
        trust: whose manifests are this installation's own.
    """

    def __init__(self, credentials: Credentials | None, trust: Trust, processes: int = 1) -> None:
        self._credentials = credentials
        self._trust = trust
        self._sandbox = Sandbox(_MODULE, processes)

    async def check(self) -> None:
        """Sign something small.

        Raises:
            SetupError: manifests cannot be signed with the credentials, or not on this machine.
        """
        if self._credentials is None:
            return
        question = TryCredentials(credentials=self._credentials, limit_seconds=LABEL_SECONDS)
        try:
            answer = await _ask(self._sandbox, question)
        except (NotLabelled, Unavailable) as exc:
            mend = "Set labels = 'metadata' to do without."
            raise SetupError("films cannot be signed here: the C2PA library does not start.", mend) from exc
        problem = answer.problem if isinstance(answer, Tried) else str(_no_answer(answer))
        if problem is not None:
            mend = "C2PA asks for a certificate that is meant for signing documents or mail."
            raise SetupError(f"label_certificate: manifests cannot be signed with it: {problem}.", mend)

    async def label(self, path: Path, original: Path, folder: Path, entry: AigcEntry, facts: FilmFacts) -> Labelled:
        """Write a film with an entry and a manifest beside it; one that is labelled already stays as it is.

        Args:
            path: the film.
            original: the film as it came, where it was changed since.
            folder: takes what is written.

        Raises:
            NotLabelled: it has no label more than before.
        """
        answer = await _ask(
            self._sandbox,
            LabelFilm(
                path=str(path),
                original=str(original),
                folder=str(folder),
                entry=entry,
                facts=facts,
                credentials=self._credentials,
                trust=self._trust,
                limit_seconds=LABEL_SECONDS,
            ),
        )
        if isinstance(answer, Labelled):
            return answer
        raise _no_answer(answer)

    async def put(self, path: Path, own: bytes, other: bytes) -> bool:
        """Give a signed film another manifest, made before for the same bytes. False, and it stays, where it is not.

        Raises:
            NotLabelled: it could not be tried.
        """
        question = PutManifest(path=str(path), own=own, other=other, trust=self._trust, limit_seconds=LABEL_SECONDS)
        answer = await _ask(self._sandbox, question)
        if isinstance(answer, Put):
            return answer.is_done
        raise _no_answer(answer)

    async def close(self) -> None:
        """End all child processes."""
        await self._sandbox.close()


class LabelReader:
    """Reads the labels of files, which may be anything."""

    def __init__(self, processes: int = 2) -> None:
        self._sandbox = Sandbox(_MODULE, processes)

    async def read(self, path: Path, trust: Trust) -> FoundLabels:
        """Everything in a file that says where it came from; nothing, in a file that is no film.

        Raises:
            Unavailable: it cannot be looked at now.
        """
        try:
            answer = await _ask(self._sandbox, ReadLabels(path=str(path), trust=trust, limit_seconds=READ_SECONDS))
        except NotLabelled as exc:
            raise Unavailable("the file takes too long, or too much memory, to be looked at") from exc
        return answer if isinstance(answer, FoundLabels) else FoundLabels(manifest=None, entry=None)

    async def close(self) -> None:
        """End all child processes."""
        await self._sandbox.close()


async def _ask(sandbox: Sandbox, question: Question) -> Answer:
    try:
        return _ANSWERS.decode(await sandbox.ask(msgspec.json.encode(question), question.limit_seconds))
    except ChildTooSlow as exc:
        raise NotLabelled(f"not within {question.limit_seconds:g} seconds") from exc
    except ChildDied as exc:
        raise NotLabelled("the process that does it ended over it") from exc


def _no_answer(answer: Answer) -> NotLabelled:
    return NotLabelled(answer.message if isinstance(answer, Trouble) else "the answer is to another question")
