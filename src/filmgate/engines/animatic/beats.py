"""A prompt cut into beats: the shots that a storyboard would give it."""

import re
import unicodedata
from collections.abc import Iterable

import msgspec

from filmgate.engines.animatic.prompt import is_direction

MOST_BEATS = 4
_SHORTEST_BEAT_SECONDS = 2.0

# A shot that the writer numbered: "Shot 2:", "Scene 1 -", "镜头三：", "2)", "[0-3s]".
_NUMBERED = re.compile(
    r"(?:^|(?<=[\s。．.!！?？;；,，]))(?:"
    r"(?:shot|scene|cut|beat|clip)\s*\d{1,2}\s*[:：.)\-–—]"
    r"|(?:镜头|分镜|场景|画面|第)\s*[0-9一二三四五六七八九十]{1,3}\s*(?:个镜头|幕|镜|段|场)?\s*[:：、.)\-–—]"
    r"|\d{1,2}\s*[.)、:：]\s*(?=\D)"
    r"|[\[【(（]\s*\d{1,3}(?:\.\d)?\s*s?\s*[-–—~至到]\s*\d{1,3}(?:\.\d)?\s*(?:s|秒)?\s*[\]】)）]\s*[:：]?"
    r")\s*",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[。！？；!?;…։؟।॥])(?![。！？；!?;…։؟।॥”’\"')）」』])|(?<=[.])(?=\s)|\n+")
_THEN = re.compile(
    r"(?:[,，]\s*)?(?:\b(?:and then|then|after that|cut to|next|finally)\b[,:]?"
    r"|然后|接着|随后|紧接着|最后|切换到|切到)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"(?<=[，、,،])")
_TRIM = " \t\r\n,，、،;；。"


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """One shot's words."""

    text: str
    """What is seen, to be read by people."""
    direction: str = ""
    """What was said to the camera, set smaller."""
    weight: float = 1.0
    """Its share of the film's time, against the other beats."""

    @property
    def words(self) -> str:
        """Everything that was said for this beat."""
        return f"{self.text}, {self.direction}" if self.direction else self.text


def cut_beats(prompt: str, seconds: float, most: int = MOST_BEATS) -> tuple[Beat, ...]:
    """The beats of a prompt for a film of this length, at least one; an empty prompt gives one empty beat.

    Args:
        most: never more beats than this, such as the number of reference pictures.
    """
    wanted = max(1, min(most, round(seconds / (_SHORTEST_BEAT_SECONDS + 0.5))))
    parts = _explicit(prompt) or _sentences(prompt)
    if len(parts) < wanted:
        parts = _clauses(parts)
    drafts = _with_directions(parts)
    while len(drafts) > wanted:
        drafts = _merge_shortest_pair(drafts)
    return tuple(
        Beat(text=text, direction=direction, weight=min(max(_reading_length(text), 8.0), 40.0))
        for text, direction in drafts
    ) or (Beat(text=""),)


def _explicit(prompt: str) -> list[str]:
    cuts = list(_NUMBERED.finditer(prompt))
    if len(cuts) < 2:
        return []
    parts = [prompt[: cuts[0].start()]]
    parts += [
        prompt[cut.end() : following.start() if following else len(prompt)]
        for cut, following in zip(cuts, [*cuts[1:], None], strict=True)
    ]
    return _tidied(parts)


def _sentences(prompt: str) -> list[str]:
    sentences = _tidied(_SENTENCE.split(prompt))
    return _tidied(piece for sentence in sentences for piece in _THEN.split(sentence))


def _clauses(parts: list[str]) -> list[str]:
    """Parts cut at commas where both sides can stand alone as pictures."""
    pieces: list[str] = []
    for part in parts:
        current = ""
        for clause in _CLAUSE.split(part):
            alone = _reading_length(clause) >= 8 or is_direction(clause)
            if current and alone and _reading_length(current) >= 7:
                pieces.append(current)
                current = clause
            else:
                current += clause
        pieces.append(current)
    return _tidied(pieces)


def _with_directions(parts: list[str]) -> list[tuple[str, str]]:
    """(text, direction) pairs; words to the camera alone join the beat before them."""
    drafts: list[tuple[str, str]] = []
    held = ""
    for part in parts:
        if not is_direction(part):
            drafts.append((part, held))
            held = ""
        elif drafts:
            text, direction = drafts[-1]
            drafts[-1] = (text, _joined(direction, part, separator=" · "))
        else:
            held = _joined(held, part, separator=" · ")
    if held and not drafts:
        drafts.append((held, ""))
    return drafts


def _merge_shortest_pair(drafts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    lengths = [_reading_length(text) for text, _ in drafts]
    first = min(range(len(drafts) - 1), key=lambda index: lengths[index] + lengths[index + 1])
    (text, direction), (next_text, next_direction) = drafts[first], drafts[first + 1]
    merged = (_joined(text, next_text), _joined(direction, next_direction, separator=" · "))
    return [*drafts[:first], merged, *drafts[first + 2 :]]


def _joined(left: str, right: str, separator: str | None = None) -> str:
    if not left or not right:
        return left or right
    if separator is None:
        wide = unicodedata.east_asian_width(left[-1]) in "WF"
        closed = unicodedata.category(left[-1]) == "Po"
        separator = ("" if closed else "，") if wide else (" " if closed else ", ")
    return left + separator + right


def _tidied(parts: Iterable[str]) -> list[str]:
    return [tidy for part in parts if (tidy := " ".join(part.split()).strip(_TRIM))]


def _reading_length(text: str) -> float:
    """How long it takes to read, in Latin letters; an ideograph counts for two."""
    return sum(2.0 if unicodedata.east_asian_width(character) in "WF" else 1.0 for character in text)
