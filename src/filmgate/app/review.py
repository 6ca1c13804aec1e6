"""Builds the automatic part of the review."""

from pathlib import Path

import msgspec

from filmgate.errors import SetupError
from filmgate.media.probe import Probe, Prober
from filmgate.review import Rule, needs_faces
from filmgate.settings import Settings
from filmgate.work.gate import Gate


async def open_gate(settings: Settings, prober: Prober) -> Gate:
    """As the settings say.

    Raises:
        SetupError: a moderator could not reach this server, or faces are to be counted and nothing finds them.
    """
    if settings.moderator_url is not None and settings.public_url is None:
        raise SetupError(
            "setting 'moderator_url' needs 'public_url': a moderator must reach what it is asked about.",
            "Set FILMGATE_PUBLIC_URL to the address of this server.",
        )
    rules = [Rule(**msgspec.structs.asdict(rule)) for rule in settings.review_rule]
    model = settings.face_model
    if model is None:
        if needs_faces(rules):
            raise SetupError(
                "a rule in setting 'review_rule' asks for faces, and setting 'face_model' is not set.",
                "Set FILMGATE_FACE_MODEL to the path of a YuNet model as ONNX.",
            )
        return Gate(rules, prompts_too=settings.review_prompts)
    await prober.check_face_model(model)

    async def count_faces(path: Path, probe: Probe) -> int:
        return await prober.count_faces(path, probe.kind, model, "file")

    return Gate(rules, prompts_too=settings.review_prompts, count_faces=count_faces)
