"""What the words of a prompt ask to see: place, hour, weather, colours, subjects and the camera's move.

Words are looked up in English and Chinese. English words match whole (with an ordinary plural), Chinese ones anywhere.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal

import msgspec

from filmgate.engines.animatic.vocabulary import (
    CLOSE,
    HANDHELD,
    HOURS,
    MOVES,
    PACES,
    PLACES,
    SEASONS,
    STYLE,
    SUBJECTS,
    TINTS,
    WEATHER,
)  # fmt: skip

Hour = Literal["dawn", "day", "golden", "dusk", "night"]
Season = Literal["spring", "summer", "autumn", "winter"]
Move = Literal[
    "drift", "push_in", "pull_out", "zoom_in", "zoom_out", "pan_left", "pan_right", "tilt_up", "tilt_down",
    "track_left", "track_right", "crane_up", "crane_down", "orbit", "aerial", "static",
]  # fmt: skip
Pace = Literal["slow", "normal", "fast"]

# A bar that is not inside parentheses (which are never nested more than once in the vocabulary).
_BETWEEN_BARS = re.compile(r"\|(?![^()]*(?:\([^()]*\)[^()]*)*\))")


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What a shot shows. Empty and None mean that the words do not say."""

    hour: Hour | None = None
    season: Season | None = None
    places: tuple[str, ...] = ()
    """Keys of ``PLACES``, in the order of the words."""
    weather: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    tints: tuple[str, ...] = ()
    move: Move | None = None
    handheld: bool = False
    pace: Pace | None = None
    from_above: bool = False
    close: bool = False

    def over(self, whole: "Look") -> "Look":
        """This look, with what it leaves open taken from the look of the whole prompt."""
        return Look(
            hour=self.hour or whole.hour,
            season=self.season or whole.season,
            places=self.places or whole.places,
            weather=self.weather or whole.weather,
            subjects=self.subjects or whole.subjects,
            tints=self.tints or whole.tints,
            move=self.move or whole.move,
            handheld=self.handheld or whole.handheld,
            pace=self.pace or whole.pace,
            from_above=self.from_above or whole.from_above,
            close=self.close,
        )


def read_look(text: str) -> Look:
    """The look that a piece of a prompt asks for."""
    hours = _found(text, HOURS)
    seasons = _found(text, SEASONS)
    moves = _found(text, MOVES)
    paces = _found(text, PACES)
    places = _found(text, PLACES)
    return Look(
        hour=msgspec.convert(hours[0], Hour) if hours else None,
        season=msgspec.convert(seasons[0], Season) if seasons else None,
        places=places,
        weather=_found(text, WEATHER),
        subjects=_found(text, SUBJECTS),
        tints=_found(text, TINTS),
        move=msgspec.convert(moves[0], Move) if moves else None,
        handheld=bool(_found(text, HANDHELD)),
        pace=msgspec.convert(paces[0], Pace) if paces else None,
        from_above="aerial" in moves,
        close=bool(_found(text, CLOSE)),
    )


def is_direction(text: str) -> bool:
    """Whether a clause only speaks to the camera and the style, and shows nothing of its own."""
    if _found(text, PLACES) or _found(text, SUBJECTS) or _found(text, WEATHER):
        return False
    if not (_found(text, MOVES) or _found(text, HANDHELD) or _found(text, STYLE)):
        return False
    return len(text) <= 48


def _found(text: str, vocabulary: Mapping[str, str]) -> tuple[str, ...]:
    """The keys whose words occur, in the order of their first occurrence."""
    plain = text.casefold().replace("_", " ")
    firsts = {key: match.start() for key, words in vocabulary.items() if (match := _pattern(words).search(plain))}
    return tuple(sorted(firsts, key=firsts.__getitem__))


@cache
def _pattern(words: str) -> re.Pattern[str]:
    choices = _BETWEEN_BARS.split(words)
    latin = [word for word in choices if all(character.isascii() for character in word)]
    other = [word for word in choices if word not in latin]
    parts = []
    if latin:
        parts.append(rf"\b(?:{'|'.join(latin)})(?:e?s)?\b")
    if other:
        parts.append("|".join(other))
    return re.compile("|".join(parts))
