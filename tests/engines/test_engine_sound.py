"""What a film sounds like: the order's own sounds, or the ambience of its words."""

import numpy as np
import pytest

from filmgate.engines.animatic.encode import SAMPLES_PER_SECOND, Samples
from filmgate.engines.animatic.prompt import Look, read_look
from filmgate.engines.animatic.sound import AMBIENCE_LUFS, ambience, film_sound

PROMPTS = [
    "",
    "a lighthouse in a storm at night, waves against the cliff",
    "竹林中的小溪，清晨，鸟鸣",
    "a neon city street in the rain, cars passing",
    "a meadow on a summer night, fireflies",
    "a snowy mountain at dawn",
    "a kitchen with a lantern",
    "an astronaut in outer space",
]


def tone(seconds: float, hertz: float) -> Samples:
    time = np.arange(round(seconds * SAMPLES_PER_SECOND)) / SAMPLES_PER_SECOND
    return np.stack([0.4 * np.sin(2 * np.pi * hertz * time)] * 2, axis=1).astype(np.float32)


def decibels(sound: Samples) -> float:
    return 10 * float(np.log10(np.mean(sound.astype(np.float64) ** 2) + 1e-12))


def share(sound: Samples, low: float, high: float) -> float:
    """How much of the sound's power lies between two frequencies."""
    power = np.abs(np.fft.rfft(sound.mean(axis=1))) ** 2
    frequencies = np.fft.rfftfreq(len(sound), 1 / SAMPLES_PER_SECOND)
    return float(power[(frequencies >= low) & (frequencies < high)].sum() / power.sum())


@pytest.mark.parametrize("prompt", PROMPTS)
def test_an_ambience_is_soft_and_whole(prompt: str) -> None:
    sound = ambience(read_look(prompt), 5, 4)
    assert sound.shape == (4 * SAMPLES_PER_SECOND, 2)
    assert sound.dtype == np.float32
    assert bool(np.isfinite(sound).all())
    assert float(np.abs(sound).max()) < 1
    # Its loudness is set by ear (BS.1770), so the plain power lies a few decibels around it.
    assert AMBIENCE_LUFS - 9 < decibels(sound) < AMBIENCE_LUFS + 3
    quarters = [decibels(part) for part in np.split(sound, 4)]
    assert min(quarters) > max(quarters) - 18


def test_the_same_words_and_seed_sound_the_same() -> None:
    look = read_look(PROMPTS[1])
    assert np.array_equal(ambience(look, 5, 2), ambience(look, 5, 2))
    assert not np.array_equal(ambience(look, 5, 2), ambience(look, 6, 2))


def test_a_negative_seed_is_a_seed() -> None:
    assert ambience(Look(), -1, 1).shape == (SAMPLES_PER_SECOND, 2)


def test_the_words_are_heard() -> None:
    calm = ambience(read_look("a kitchen"), 5, 3)
    assert share(ambience(read_look("rain"), 5, 3), 1000, 12_000) > 10 * share(calm, 1000, 12_000)
    assert share(ambience(read_look("crickets in a meadow at night"), 5, 3), 3500, 5000) > 0.05
    assert share(ambience(read_look("birds over a forest at noon"), 5, 3), 1500, 6000) > 0.05
    assert share(calm, 20, 500) > 0.8


def test_it_fades_at_both_ends() -> None:
    sound = film_sound(read_look("rain"), 5, 3, [])
    middle = decibels(sound[SAMPLES_PER_SECOND : 2 * SAMPLES_PER_SECOND])
    assert decibels(sound[:960]) < middle - 20
    assert decibels(sound[-960:]) < middle - 20


def test_given_sounds_follow_each_other_and_are_cut_to_length() -> None:
    sound = film_sound(Look(), 5, 3, [(0, tone(2, 440)), (2, tone(2, 1760))])
    assert len(sound) == 3 * SAMPLES_PER_SECOND
    assert share(sound[: 2 * SAMPLES_PER_SECOND], 430, 450) > 0.99
    assert share(sound[2 * SAMPLES_PER_SECOND :], 1740, 1780) > 0.95
    assert np.allclose(sound[4800:9600], tone(2, 440)[4800:9600])


def test_what_a_short_sound_leaves_open_is_ambience() -> None:
    sound = film_sound(read_look("rain"), 5, 4, [(0, tone(1, 440))])
    assert len(sound) == 4 * SAMPLES_PER_SECOND
    assert np.allclose(sound[4800:24_000], tone(1, 440)[4800:24_000])
    assert share(sound[2 * SAMPLES_PER_SECOND :], 1000, 12_000) > 0.05
    assert decibels(sound[2 * SAMPLES_PER_SECOND : 3 * SAMPLES_PER_SECOND]) > -40


def test_a_sound_begins_where_its_clip_is_seen() -> None:
    sound = film_sound(Look(), 5, 4, [(2, tone(2, 1760))])
    assert share(sound[: 3 * SAMPLES_PER_SECOND // 2], 1740, 1780) < 0.01
    assert decibels(sound[SAMPLES_PER_SECOND : 3 * SAMPLES_PER_SECOND // 2]) > -40
    assert share(sound[5 * SAMPLES_PER_SECOND // 2 :], 1740, 1780) > 0.95


def test_a_sound_that_just_misses_the_end_is_left_alone() -> None:
    sound = film_sound(read_look("rain"), 5, 1, [(0, tone(0.9, 440))])
    assert len(sound) == SAMPLES_PER_SECOND
    assert not sound[-4700:].any()
