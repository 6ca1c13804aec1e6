"""The child process that looks into strangers' files: ``python -m filmgate.media.child``. It writes no file."""

from pathlib import Path

import msgspec

from filmgate.media.answering import answer_questions
from filmgate.media.decode import Refusal, look, watch
from filmgate.media.facts import Answer, Question, Trouble
from filmgate.media.spritesheet import draw_spritesheet
from filmgate.media.stills import watch_with_pictures

MEMORY_BYTES = 2 * 1024**3
"""Address space. The largest picture takes 1.2 GB (as WebP; measured), an 8K film less."""

_QUESTIONS: msgspec.json.Decoder[Question] = msgspec.json.Decoder(Question)


def main() -> None:
    """Answer questions until the parent closes the pipe."""
    answer_questions(_QUESTIONS, _answer, memory_bytes=MEMORY_BYTES)


def _answer(question: Question) -> Answer:
    path = Path(question.path)
    try:
        match question.expected:
            case "film":
                return watch(path)
            case "film with pictures":
                return watch_with_pictures(path)
            case "spritesheet":
                return draw_spritesheet(path)
            case "faces" | "face model":
                return _look_for_faces(question)
            case kind:
                return look(path, kind)
    except Refusal as exc:
        return Trouble(too_large=exc.too_large, message=str(exc))
    except MemoryError:
        raise
    except Exception:  # Decoders raise anything over a hostile file, and all of it means this.
        return Trouble(too_large=False, message="does not decode: it is damaged or cut off")


def _look_for_faces(question: Question) -> Answer:
    # What finds them takes a moment to import and much address space, and most children never need it.
    from filmgate.media.faces import check_face_model, count_faces

    if question.expected == "face model":
        return check_face_model(Path(question.path))
    return count_faces(Path(question.path), question.kind, Path(question.model))


if __name__ == "__main__":
    main()
