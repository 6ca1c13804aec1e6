"""The sound of a film: what the order brought along, or else a soft ambience of the place that the prompt describes.

Pure: the same words, seed and sounds give the same samples. Sound is float32 of shape (count, 2) at 48 kHz.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from filmgate.engines.animatic.encode import SAMPLES_PER_SECOND, Samples
from filmgate.engines.animatic.prompt import Look

AMBIENCE_LUFS = -18.0

_BED_BESIDE_SOUND = 0.5
_SHORTEST_GAP_SECONDS = 0.25
_CROSSFADE_SECONDS = 0.4

Mono = NDArray[np.float32]
Curve = NDArray[np.float64]
Generator = np.random.Generator

Piece = tuple[float, Samples]
"""A sound of the order and the second of the film at which it begins."""


def film_sound(look: Look, seed: int, seconds: int, pieces: Sequence[Piece]) -> Samples:
    """Exactly ``seconds`` of sound.

    Args:
        look: what the whole prompt shows; decides the ambience.
        pieces: played as they are. What they leave open is filled with the ambience.
    """
    count = seconds * SAMPLES_PER_SECOND
    if not pieces:
        return _faded(ambience(look, seed, seconds), in_seconds=0.4, out_seconds=0.8)
    film = np.zeros((count, 2), np.float32)
    silent = np.ones(count, np.float32)
    for begin_seconds, sound in pieces:
        begin = round(begin_seconds * SAMPLES_PER_SECOND)
        heard = sound[: max(0, count - begin)]
        film[begin : begin + len(heard)] += _faded(heard, in_seconds=0.005, out_seconds=0.02)
        silent[begin : begin + len(heard)] = 0
    if silent.sum() > _SHORTEST_GAP_SECONDS * SAMPLES_PER_SECOND:
        bed = ambience(look, seed, seconds) * _BED_BESIDE_SOUND
        film += bed * _smooth(silent, _CROSSFADE_SECONDS)[:, None]
    return np.clip(_faded(film, in_seconds=0.005, out_seconds=0.2), -1, 1)


def ambience(look: Look, seed: int, seconds: int) -> Samples:
    """A soft bed: weather, place and creatures by the words, over a slow chord by the hour."""
    rng = np.random.default_rng([seed & 0xFFFF_FFFF, 0x50])
    count = seconds * SAMPLES_PER_SECOND
    bed = _level(_pad(rng, count, look)) * 0.55
    for layer, weight in _layers(look):
        bed += _level(layer(rng, count)) * weight
    return _at_loudness(bed, AMBIENCE_LUFS)


Layer = Callable[[Generator, int], Samples]


def _layers(look: Look) -> list[tuple[Layer, float]]:
    """What is heard, and how loud against the chord."""
    weather, places, subjects = set(look.weather), set(look.places), set(look.subjects)
    night = look.hour in ("night", "dusk")
    green = bool(places & {"forest", "field", "lake", "river"})
    wet = bool(weather & {"rain", "storm"})
    quiet = wet or "snow" in weather or look.season == "winter" or "room" in places
    heard: list[tuple[bool, Layer, float]] = [
        (wet, _rain, 1.0),
        ("storm" in weather, _thunder, 0.9),
        (bool(places & {"sea"} or subjects & {"boat", "lighthouse"}) and "river" not in places, _surf, 1.0),
        (bool(places & {"river"}), _stream, 0.8),
        (bool(places & {"lake"}), _stream, 0.3),
        (bool(weather & {"wind", "storm", "snow"} or places & {"mountain", "desert"}), _wind, 0.8),
        (bool(places & {"city"} or subjects & {"car", "train"}), _traffic, 0.9),
        (bool("birds" in subjects or (green and not night)) and not quiet, _birdsong, 0.45),
        (green and night and not quiet, _crickets, 0.35),
        (bool("sparks" in weather or subjects & {"lantern"}), _crackle, 0.3),
        (bool(places & {"room", "space"}), _hush, 0.5),
    ]
    chosen = [(layer, weight) for present, layer, weight in heard if present]
    return chosen or [(_wind, 0.35)]


# Weather and water.


def _rain(rng: Generator, count: int) -> Samples:
    hiss = _noise(rng, count, lambda f: (f / (f + 500)) ** 2 / (1 + (f / 6000) ** 2))
    drops = _scattered(rng, count, 60, [_blip(pitch, 0.012) for pitch in (1700, 2600, 4100)])
    return _level(hiss) + 0.5 * _level(drops)


def _thunder(rng: Generator, count: int) -> Samples:
    rumble = _noise(rng, count, lambda f: (f / (f + 25)) ** 2 / (1 + (f / 90) ** 2) ** 1.5)
    shape = np.zeros(count, np.float32)
    for begin in rng.uniform(0.05, 0.8, max(1, count // (6 * SAMPLES_PER_SECOND))):
        age = np.arange(count - int(begin * count), dtype=np.float32) / SAMPLES_PER_SECOND
        shape[count - len(age) :] += np.minimum(age / 0.15, 1) * np.exp(-age / 1.4)
    return rumble * (0.08 + shape)[:, None]


def _surf(rng: Generator, count: int) -> Samples:
    wash = _noise(rng, count, lambda f: (f / (f + 60)) / (1 + (f / 700) ** 1.2))
    time = _time(count)
    waves = []
    for delay in (0.0, 0.9):
        phase = time / rng.uniform(5.5, 7.5) + rng.uniform(0, 1) + delay / 6
        # A wave comes slowly and goes faster.
        waves.append(0.25 + 0.75 * np.sin(np.pi * (phase % 1) ** 1.6) ** 2)
    return wash * np.stack(waves, axis=1)


def _stream(rng: Generator, count: int) -> Samples:
    water = _noise(rng, count, lambda f: (f / (f + 400)) ** 2 / (1 + (f / 2200) ** 2.5))
    bubbles = _scattered(rng, count, 25, [_blip(pitch, 0.03) for pitch in (520, 740, 1050)])
    return _level(water) * _swell(rng, count, 3.0, 0.3)[:, None] + 0.5 * _level(bubbles)


def _wind(rng: Generator, count: int) -> Samples:
    low = _noise(rng, count, lambda f: (f / (f + 40)) / (1 + (f / 260) ** 2))
    whistle = _noise(rng, count, lambda f: np.exp(-(((f - 620) / 130) ** 2)))
    gusts = _swell(rng, count, 0.35, 0.8)
    return _level(low) * gusts[:, None] + 0.16 * _level(whistle) * (gusts**3)[:, None]


# Places and creatures.


def _traffic(rng: Generator, count: int) -> Samples:
    hum = _noise(rng, count, lambda f: (f / (f + 30)) / (1 + (f / 180) ** 2))
    cars = _noise(rng, count, lambda f: (f / (f + 150)) / (1 + (f / 900) ** 2))
    side = _swell(rng, count, 0.4, 0.9)
    return _level(hum) + 0.45 * _level(cars) * np.stack([side, side[::-1]], axis=1)


def _birdsong(rng: Generator, count: int) -> Samples:
    song = np.zeros((count, 2), np.float32)
    for _ in range(max(2, count // (SAMPLES_PER_SECOND * 3 // 2))):
        pitch, bend = rng.uniform(2300, 4300), rng.uniform(-900, 900)
        length, place = rng.uniform(0.06, 0.16), rng.uniform(0.15, 0.85)
        begin, gap = rng.uniform(0, 0.9) * count / SAMPLES_PER_SECOND, length + rng.uniform(0.04, 0.1)
        for note in range(rng.integers(2, 6)):
            age = np.arange(int(length * SAMPLES_PER_SECOND), dtype=np.float32) / SAMPLES_PER_SECOND
            sweep = pitch * age + bend * age**2 / length + 12 * np.sin(2 * np.pi * 38 * age) / 6
            chirp = np.sin(2 * np.pi * sweep) * np.sin(np.pi * age / length) ** 2
            start = int((begin + note * gap) * SAMPLES_PER_SECOND)
            room = song[start : start + len(chirp)]
            room += (chirp[: len(room), None] * np.array([1 - place, place])).astype(np.float32)
    return song


def _crickets(rng: Generator, count: int) -> Samples:
    time = _time(count)
    voices = np.zeros((count, 2), np.float32)
    for _ in range(4):
        pitch, pulse, verse = rng.uniform(3900, 4700), rng.uniform(24, 32), rng.uniform(0.6, 1.1)
        beat = np.maximum(np.sin(2 * np.pi * pulse * time), 0) ** 2
        sings = np.clip(np.sin(2 * np.pi * (time / verse + rng.uniform())) * 4, 0, 1)
        place = rng.uniform(0.1, 0.9)
        voice = np.sin(2 * np.pi * pitch * time) * beat * sings
        voices += voice[:, None] * np.array([1 - place, place], np.float32)
    return voices


def _crackle(rng: Generator, count: int) -> Samples:
    return _scattered(rng, count, 9, [_blip(pitch, 0.003) for pitch in (900, 2300)])


def _hush(rng: Generator, count: int) -> Samples:
    return _noise(rng, count, lambda f: (f / (f + 50)) / (1 + (f / 110) ** 2))


# The chord.

_CHORDS: dict[str | None, tuple[tuple[int, ...], tuple[int, ...]]] = {
    # Notes as semitones above A2 (110 Hz), two chords an hour.
    "dawn": ((5, 12, 16, 21, 24), (3, 10, 17, 19, 26)),
    "day": ((3, 10, 14, 19, 22), (8, 15, 19, 22, 24)),
    "golden": ((8, 12, 15, 19, 22), (3, 10, 14, 17, 19)),
    "dusk": ((0, 7, 12, 15, 23), (-4, 8, 12, 15, 19)),
    "night": ((-5, 7, 10, 14, 18), (-9, 3, 7, 10, 14)),
    None: ((0, 7, 12, 16, 23), (-4, 8, 12, 15, 22)),
}
_TABLE_BITS = 13
# The chord has nothing above 2 kHz: every third sample is made, the others lie between.
_PAD_STEP = 3


def _pad(rng: Generator, count: int, look: Look) -> Samples:
    around = np.arange(1 << _TABLE_BITS) * (2 * np.pi / (1 << _TABLE_BITS))
    # One period of the tone; reading it is several times as fast as three sines.
    tone = (np.sin(around) + 0.22 * np.sin(2 * around) + 0.07 * np.sin(3 * around)).astype(np.float32)
    samples = np.arange(0, count, _PAD_STEP, dtype=np.uint32)
    # From the first chord to the second and back, once in eight seconds.
    turn = (0.5 - 0.5 * np.cos(2 * np.pi * samples / (8 * SAMPLES_PER_SECOND))).astype(np.float32)
    pad = np.zeros((2, len(samples)), np.float32)
    for notes, share in zip(_CHORDS[look.hour], (1 - turn, turn), strict=True):
        for note in notes:
            pitch = 110 * 2 ** (note / 12)
            weight = share * np.float32((220 / pitch) ** 0.6)
            for side, detune in enumerate((-0.0012, 0.0012)):
                # A period is 2 ** 32, so that the phase wraps round by itself.
                step = np.uint32(round(pitch * (1 + detune) * 2**32 / SAMPLES_PER_SECOND))
                phase = samples * step + rng.integers(1 << 32, dtype=np.uint32)
                pad[side] += tone[phase >> (32 - _TABLE_BITS)] * weight
    pad *= _swell(rng, len(samples), 0.5 * _PAD_STEP, 0.25)
    return np.stack([np.interp(np.arange(count), samples, side) for side in pad], axis=1).astype(np.float32)


# Building blocks.


def _time(count: int) -> Curve:
    return np.arange(count, dtype=np.float64) / SAMPLES_PER_SECOND


def _frequencies(count: int) -> Curve:
    return np.asarray(np.fft.rfftfreq(count, 1 / SAMPLES_PER_SECOND), np.float64)


def _noise(rng: Generator, count: int, colour: Callable[[Curve], Curve]) -> Samples:
    """Stereo noise whose spectrum has the given shape over the frequency in Hz."""
    gains = colour(_frequencies(count)).astype(np.float32)
    spectrum = rng.standard_normal((2, len(gains), 2), np.float32).view(np.complex64)[..., 0]
    spectrum *= gains
    return np.asarray(np.fft.irfft(spectrum, count).T, np.float32)


# Samples between the points that a swell is found at.
_SWELL_STEP = 64


def _swell(rng: Generator, count: int, per_second: float, depth: float) -> Mono:
    """A slow, never repeating envelope between ``1 - depth`` and 1."""
    knots = rng.uniform(1 - depth, 1, max(3, round(count / SAMPLES_PER_SECOND * per_second) + 2))
    place = np.linspace(0, len(knots) - 1.001, count // _SWELL_STEP + 2)
    left, part = place.astype(np.int64), place % 1
    slow = knots[left] + np.diff(knots)[left] * (part * part * (3 - 2 * part))
    return np.interp(np.arange(count) / _SWELL_STEP, np.arange(len(slow)), slow).astype(np.float32)


def _blip(pitch: float, decay_seconds: float) -> Mono:
    age = np.arange(int(5 * decay_seconds * SAMPLES_PER_SECOND)) / SAMPLES_PER_SECOND
    return (np.sin(2 * np.pi * pitch * age) * np.exp(-age / decay_seconds)).astype(np.float32)


def _scattered(rng: Generator, count: int, per_second: float, blips: Sequence[Mono]) -> Samples:
    """Short sounds at random times, loudnesses and places; each so many times a second."""
    left, right = np.zeros((2, count), np.float32)
    number = max(1, round(count / SAMPLES_PER_SECOND * per_second))
    for blip in blips:
        times, place = rng.integers(0, count, number), rng.uniform(0, 1, number)
        loud = rng.uniform(0.05, 1, number) ** 2
        for begin, on_left, on_right in zip(times, loud * (1 - place), loud * place, strict=True):
            heard = blip[: count - begin]
            left[begin : begin + len(heard)] += heard * np.float32(on_left)
            right[begin : begin + len(heard)] += heard * np.float32(on_right)
    return np.stack([left, right], axis=1)


def _smooth(curve: Mono, seconds: float) -> Mono:
    """The moving average over so many seconds."""
    half = round(seconds * SAMPLES_PER_SECOND / 2)
    total = np.cumsum(np.pad(curve.astype(np.float64), (half + 1, half), mode="edge"))
    return ((total[2 * half + 1 :] - total[: -2 * half - 1]) / (2 * half + 1)).astype(np.float32)


def _level(sound: Samples) -> Samples:
    return (sound / max(float(np.sqrt(np.mean(sound**2))), 1e-9)).astype(np.float32)


def _at_loudness(sound: Samples, lufs: float) -> Samples:
    """Turned to a loudness as ITU-R BS.1770 weighs it, ungated; peaks are rounded off."""
    spectrum = np.abs(np.fft.rfft(sound.T)) * _k_weighting(_frequencies(len(sound)))
    measured = -0.691 + 10 * np.log10(max(2 * float(np.square(spectrum).sum()) / len(sound) ** 2, 1e-12))
    return np.asarray(np.tanh(sound * np.float32(10 ** ((lufs - measured) / 20))), np.float32)


def _k_weighting(frequencies: Curve) -> Curve:
    z = np.exp(-2j * np.pi * frequencies / SAMPLES_PER_SECOND)
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high_pass = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    weights: Curve = np.abs(shelf * high_pass)
    return weights


def _faded(sound: Samples, *, in_seconds: float, out_seconds: float) -> Samples:
    faded = sound.copy()
    rising, falling = (min(len(sound), round(s * SAMPLES_PER_SECOND)) for s in (in_seconds, out_seconds))
    if rising:
        faded[:rising] *= np.linspace(0, 1, rising, dtype=np.float32)[:, None]
    if falling:
        faded[-falling:] *= np.linspace(1, 0, falling, dtype=np.float32)[:, None]
    return faded
