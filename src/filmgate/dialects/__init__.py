"""The tongues: how vendors speak. Pure: bytes and words in and out."""

from collections.abc import Iterator
from typing import Literal
from uuid import UUID

import msgspec

from filmgate.dialects.ark import ArkClient, ArkServer
from filmgate.dialects.base import ServerDialect
from filmgate.dialects.client import ClientDialect
from filmgate.dialects.ink import InkClient, InkServer
from filmgate.dialects.jimmy import JimmyClient, JimmyServer
from filmgate.dialects.native import NativeServer
from filmgate.dialects.openai import OpenAIClient, OpenAIServer
from filmgate.dialects.senseaudio import SenseAudioClient, SenseAudioServer


class Dialects(msgspec.Struct, frozen=True, kw_only=True):
    """Every dialect the server speaks."""

    jimmy: JimmyServer
    senseaudio: SenseAudioServer
    ink: InkServer
    ark: ArkServer
    openai: OpenAIServer
    native: NativeServer

    def __iter__(self) -> Iterator[ServerDialect]:
        return iter((self.jimmy, self.senseaudio, self.ink, self.ark, self.openai, self.native))

    @property
    def names(self) -> tuple[str, ...]:
        """The words for all of them, as in ``Task.dialect``."""
        return tuple(dialect.name for dialect in self)

    def named(self, name: str) -> ServerDialect:
        """The dialect of that name, as in ``Task.dialect``.

        Raises:
            LookupError: there is none.
        """
        for dialect in self:
            if dialect.name == name:
                return dialect
        raise LookupError(f"there is no dialect {name!r}")

    def that_shows(self, shown_id: str) -> ServerDialect | None:
        """The dialect that shows a task's id in this form."""
        for dialect in self:
            task_id = dialect.read_id(shown_id)
            if task_id is not None and dialect.show_id(task_id) == shown_id:
                return dialect
        return None

    def read_id(self, shown_id: str) -> UUID | None:
        """The id behind a form of it that any dialect understands."""
        found = (dialect.read_id(shown_id) for dialect in self)
        return next((task_id for task_id in found if task_id is not None), None)


def build_dialects(
    *,
    jimmy_success_code: Literal["20000", "number", "zero"] = "number",
    senseaudio_unknown_model_status: Literal[500, 400] = 500,
    openai_default_model: str | None = "seedance-2.0",
) -> Dialects:
    """Build every dialect, each with its switches (``settings`` says what they mean)."""
    return Dialects(
        jimmy=JimmyServer(success_code=jimmy_success_code),
        senseaudio=SenseAudioServer(unknown_model_status=senseaudio_unknown_model_status),
        ink=InkServer(),
        ark=ArkServer(),
        openai=OpenAIServer(default_model=openai_default_model),
        native=NativeServer(),
    )


def build_clients(*, plain_http_allowed: bool) -> dict[str, ClientDialect]:
    """Build every client half, by the name of its dialect.

    Args:
        plain_http_allowed: media may have ``http://`` links at every vendor, for vendors inside a closed network; the
            wires of those that are not asked here have always taken them.
    """
    return {
        "jimmy": JimmyClient(plain_http_allowed=plain_http_allowed),
        "senseaudio": SenseAudioClient(),
        "ink": InkClient(plain_http_allowed=plain_http_allowed),
        "ark": ArkClient(),
        "openai": OpenAIClient(),
    }
