"""The options that 1.x models read from the end of a prompt: ``A cat yawns --rs 720p --dur 5`` (spec ark 2.3)."""

import re

_WORDS = {
    "rs": "resolution",
    "resolution": "resolution",
    "rt": "ratio",
    "ratio": "ratio",
    "dur": "duration",
    "duration": "duration",
    "frames": "frames",
    "seed": "seed",
    "cf": "camera_fixed",
    "camerafixed": "camera_fixed",
    "wm": "watermark",
    "watermark": "watermark",
}

# Commands are few and short: looking for them never costs more than this, however long the prompt is.
_LONGEST_CHARACTERS = 500
_TAIL = re.compile(
    rf"(?<!\S)--(?:{'|'.join(_WORDS)})(?!\S)(?:\s++(?!--)\S++)?+(?:\s++--[A-Za-z_]++(?:\s++(?!--)\S++)?+)*+\s*+\Z"
)
_EACH = re.compile(r"--([A-Za-z_]+)(?:\s+(?!--)(\S+))?")
_NUMBER = re.compile(r"-?[0-9]{1,10}")


def split_commands(prompt: str) -> tuple[str, dict[str, str]]:
    """The prompt without the commands at its end, and what they say, by the names of the body's members.

    The end begins at the first command that is known; an unknown one after it is dropped with them. Of a doubled
    command the last counts; one without a value says empty text.
    """
    found = _TAIL.search(prompt, max(len(prompt) - _LONGEST_CHARACTERS, 0))
    if found is None:
        return prompt, {}
    said = {name: value for name, value in _EACH.findall(found[0]) if name in _WORDS}
    return prompt[: found.start()].rstrip(), {_WORDS[name]: value for name, value in said.items()}


def number_in(text: str) -> int | None:
    """The whole number that a command says, or None."""
    return int(text) if _NUMBER.fullmatch(text) else None
