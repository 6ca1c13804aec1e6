"""Text in any script is drawn, and never as empty boxes."""

import numpy as np
import pytest

from filmgate.engines.animatic.lettering import Setting, drawable, is_right_to_left, language_of, set_text, shorten

SETTING = Setting(width=600, size=32.0)


@pytest.mark.parametrize(
    "text",
    [
        "A river flows", "雨夜街头，女孩回头微笑", "春の海 ひねもすのたり", "빗속의 거리", "مرحبا بالعالم", "שלום עולם",
        "नमस्ते क्षत्रिय", "தமிழ் மொழி", "ภาษาไทยสวยงาม", "Привет, мир", "Καλημέρα",
    ],
)  # fmt: skip
def test_every_script_leaves_ink(text: str) -> None:
    assert drawable(text) == text
    ink = set_text(text, SETTING)
    assert ink.shape[1] == 600
    assert np.count_nonzero(ink > 200) > 100


@pytest.mark.parametrize("text", ["", "   ", "\x00\x01\x1b", "\U0010fffd", "\ud800", "\u200d\ufe0f"])
def test_what_no_font_draws_is_left_out(text: str) -> None:
    assert drawable(text) == ""
    assert set_text(text, SETTING).shape == (0, 600)


def test_a_missing_character_leaves_no_box() -> None:
    with_missing = set_text("before \U0010fffd\U000e0041 after", SETTING)
    assert np.array_equal(with_missing, set_text("before after", SETTING))


def test_a_mark_goes_with_its_missing_letter() -> None:
    assert drawable("a\U0010fffd\u0301b") == "ab"


def test_arabic_begins_at_the_right() -> None:
    ink = set_text("مرحبا", SETTING)
    columns = np.flatnonzero(ink.any(axis=0))
    assert columns.min() > 300
    assert is_right_to_left("12 مرحبا")
    assert not is_right_to_left("hello مرحبا")


def test_arabic_letters_join() -> None:
    # Joined forms are narrower than the same letters kept apart.
    joined, apart = set_text("بببب", SETTING), set_text("ب ب ب ب", SETTING)
    assert np.ptp(np.flatnonzero(joined.any(axis=0))) < np.ptp(np.flatnonzero(apart.any(axis=0)))


def test_a_text_is_data_and_never_markup() -> None:
    ink = set_text("#panic() $x$ *bold* _it_ \\ // [a] @b <c>", SETTING)
    assert ink.any()


def test_a_long_text_is_cut_at_a_word_to_the_lines_allowed() -> None:
    ink = set_text("wordless " * 600, SETTING)
    assert 0 < ink.shape[0] < 3 * 32 * 2
    assert shorten("one two three four five", 6.0).endswith("…")
    assert "\u0301" not in shorten("e\u0301" * 60, 10.0).rstrip("…e\u0301")


def test_ideographs_are_drawn_in_the_manner_of_their_language() -> None:
    assert language_of("海辺のカフェ") == "ja"
    assert language_of("한국어 漢字") == "ko"
    assert language_of("海边") == "zh"
    assert language_of("sea") == ""
    assert not np.array_equal(set_text("直骨", SETTING), set_text("直骨の", SETTING)[:, :600])
