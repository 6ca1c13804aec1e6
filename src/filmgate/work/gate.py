"""The gate: what the rules of the review say of files and prompts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from filmgate.errors import Violation
from filmgate.media.probe import Probe
from filmgate.review import Facts, Judgement, Rule, judge_file, judge_prompt, needs_faces


class CountFaces(Protocol):
    """Counts the faces that a picture or a clip shows."""

    async def __call__(self, path: Path, probe: Probe) -> int: ...


class Gate:
    """The automatic part of the review."""

    def __init__(
        self, rules: Sequence[Rule], *, prompts_too: bool = False, count_faces: CountFaces | None = None
    ) -> None:
        """``count_faces`` is there where a rule asks for faces."""
        self._rules = rules
        self._prompts_too = prompts_too
        self._count_faces = count_faces

    async def judge_file(self, path: Path, probe: Probe) -> Judgement:
        """What the rules say of a file that decodes.

        Raises:
            MediaUnreadable: faces are to be counted, and it decodes at its beginning alone.
        """
        faces = None
        if needs_faces(self._rules) and self._count_faces is not None and probe.kind != "audio":
            faces = await self._count_faces(path, probe)
        facts = Facts(
            kind=probe.kind,
            format=probe.format,
            size_bytes=probe.size_bytes,
            seconds=probe.seconds,
            width=probe.width,
            height=probe.height,
            faces=faces,
        )
        return judge_file(self._rules, facts)

    def judge_prompt(self, prompt: str) -> Judgement:
        """What the rules say of an order's prompt; nothing, unless prompts are reviewed."""
        return judge_prompt(self._rules, prompt) if self._prompts_too else Judgement()

    def broken(self, prompt: str) -> list[Violation]:
        """What stands against a prompt that the rules reject."""
        judgement = self.judge_prompt(prompt)
        if judgement.state != "rejected":
            return []
        return [Violation(field="prompt", rule="closed", message=f"is refused by review: {judgement.reason}")]


OPEN = Gate(())
"""Lets everything pass."""
