"""A film as a storyboard: what it is cut from, what is written over it, and its frames one after the other."""

from collections.abc import Callable, Iterator

import cv2
import msgspec
import numpy as np

from filmgate.engines.animatic.beats import MOST_BEATS, Beat, cut_beats
from filmgate.engines.animatic.board import Cut, Storyboard, Title
from filmgate.engines.animatic.brush import Sheet
from filmgate.engines.animatic.camera import Shot, ease
from filmgate.engines.animatic.ground import paint_ground
from filmgate.engines.animatic.palette import Colour, colours_of
from filmgate.engines.animatic.pictures import (
    ClipPicture,
    FirstFramePicture,
    GroundPicture,
    LastFramePicture,
    MorphPicture,
    Picture,
    StillPicture,
    ground_size,
)  # fmt: skip
from filmgate.engines.animatic.plan import ClipInput, FilmPlan, Pixels, StillInput
from filmgate.engines.animatic.prompt import Look, Move, read_look
from filmgate.engines.animatic.titling import Titling
from filmgate.video import FRAMES_PER_SECOND

_DISSOLVE_FRAMES = 12
# What the camera does where the words leave it open, shot after shot.
_GROUND_MOVES: tuple[Move, ...] = ("drift", "track_right", "drift", "track_left")
_STILL_MOVES: tuple[Move, ...] = ("push_in", "track_right", "pull_out", "track_left", "tilt_up")


def frames(plan: FilmPlan) -> Iterator[Pixels]:
    """The frames of the film: exactly ``plan.frame_count``, RGB, contiguous, each an array of its own, no watermark."""
    cv2.setNumThreads(1)
    board = storyboard(plan)
    width, height = plan.size
    screen, other = np.zeros((height, width, 4), np.uint8), np.zeros((height, width, 4), np.uint8)
    reel = _Reel(board, plan)
    titling = Titling(board, plan)
    for frame in range(plan.frame_count):
        reel.draw(frame, screen, other)
        titling.draw(frame, screen)
        yield np.asarray(cv2.cvtColor(screen, cv2.COLOR_RGBA2RGB), dtype=np.uint8)


def storyboard(plan: FilmPlan) -> Storyboard:
    """The plan of a film: frames to begin and end on, else its references, else shots painted from its words."""
    first = next((still.pixels for still in plan.stills if still.role == "first_frame"), None)
    last = next((still.pixels for still in plan.stills if still.role == "last_frame"), None)
    if first is not None or last is not None:
        return _framed(plan, first, last)
    if plan.stills or plan.clips:
        return _referenced(plan)
    return _painted(plan)


def _framed(plan: FilmPlan, first: Pixels | None, last: Pixels | None) -> Storyboard:
    """One take between the given frames; the words come and go over it."""
    look = _whole_look(plan)
    shot = _shot(look, "drift", plan.seed, 0)
    length_seconds = (plan.frame_count - 1) / FRAMES_PER_SECOND

    def make() -> Picture:
        if first is not None and last is not None:
            return MorphPicture(first, last, plan.size)
        if first is not None:
            return FirstFramePicture(first, plan.size, shot)
        if last is not None:
            return LastFramePicture(last, plan.size, shot, length_seconds)
        raise ValueError("a framed film needs a first or a last frame")

    accent = colours_of(look).accent
    move = "MORPH  A → B" if first is not None and last is not None else shot.label
    cut = Cut(start=0, end=plan.frame_count, make=make, move=move, accent=accent)
    beats = cut_beats(plan.request.prompt, plan.frame_count / FRAMES_PER_SECOND)
    return Storyboard(
        cuts=(cut,),
        titles=_titles(beats, _spans([beat.weight for beat in beats], plan.frame_count), [accent] * len(beats)),
        bare_start=first is not None,
        bare_end=last is not None,
    )


def _referenced(plan: FilmPlan) -> Storyboard:
    """A shot for every reference in the caller's order; the words are spread over them."""
    inputs = _in_order(plan)
    spans = _spans([1.0] * len(inputs), plan.frame_count)
    beats = cut_beats(plan.request.prompt, plan.frame_count / FRAMES_PER_SECOND, min(len(inputs), MOST_BEATS))
    whole = _whole_look(plan)
    cuts: list[Cut] = []
    owners: list[int] = []
    for index, (source, (start, end)) in enumerate(zip(inputs, spans, strict=True)):
        beat_index = index * len(beats) // len(inputs)
        owners.append(beat_index)
        look = read_look(beats[beat_index].words).over(whole)
        shot = _shot(look, _STILL_MOVES[index % len(_STILL_MOVES)], plan.seed, index)
        make = _reference_maker(source, plan, shot)
        move = "CLIP  ▶" if isinstance(source, ClipInput) else shot.label
        cuts.append(Cut(start=start, end=end, make=make, move=move, accent=colours_of(look).accent))
    title_spans = []
    for beat_index in range(len(beats)):
        own = [cut for cut, owner in zip(cuts, owners, strict=True) if owner == beat_index]
        title_spans.append((own[0].start, own[-1].end))
    accents = [cuts[owners.index(index)].accent for index in range(len(beats))]
    return Storyboard(cuts=tuple(cuts), titles=_titles(beats, title_spans, accents))


def _reference_maker(source: StillInput | ClipInput, plan: FilmPlan, shot: Shot) -> Callable[[], Picture]:
    if isinstance(source, ClipInput):
        return lambda: ClipPicture(source, plan.size)
    return lambda: StillPicture(source.pixels, plan.size, shot)


def _painted(plan: FilmPlan) -> Storyboard:
    """A painted shot for every beat of the prompt."""
    beats = cut_beats(plan.request.prompt, plan.frame_count / FRAMES_PER_SECOND)
    spans = _spans([beat.weight for beat in beats], plan.frame_count)
    whole = _whole_look(plan)
    cuts: list[Cut] = []
    for index, (beat, (start, end)) in enumerate(zip(beats, spans, strict=True)):
        look = read_look(beat.words).over(whole)
        shot = _shot(look, _GROUND_MOVES[index % len(_GROUND_MOVES)], plan.seed, index)
        seconds = (end - start) / FRAMES_PER_SECOND
        make = _ground_maker(plan, look, shot, index, seconds)
        cuts.append(Cut(start=start, end=end, make=make, move=shot.label, accent=colours_of(look).accent))
    return Storyboard(cuts=tuple(cuts), titles=_titles(beats, spans, [cut.accent for cut in cuts]))


def _ground_maker(plan: FilmPlan, look: Look, shot: Shot, index: int, seconds: float) -> Callable[[], Picture]:
    def make() -> Picture:
        rng = _dice(plan.seed, index)
        scene = paint_ground(look, ground_size(plan.size), rng, seconds)
        return GroundPicture(scene, plan.size, shot, rng)

    return make


def _whole_look(plan: FilmPlan) -> Look:
    """The look of the whole prompt; a camera move named in the order's own field goes before one in the words."""
    look = read_look(plan.request.prompt)
    if plan.request.camera:
        named = read_look(plan.request.camera)
        look = msgspec.structs.replace(look, move=named.move or look.move, handheld=named.handheld or look.handheld)
    return look


def _shot(look: Look, otherwise: Move, seed: int, index: int) -> Shot:
    return Shot(
        move=look.move or ("static" if look.handheld else otherwise),
        pace=look.pace or "normal",
        handheld=look.handheld,
        phase=float(_dice(seed, 1000 + index).uniform(0.0, 6.28)),
    )


def _dice(seed: int, index: int) -> np.random.Generator:
    return np.random.default_rng([seed & 0x7FFF_FFFF_FFFF_FFFF, index])


def _in_order(plan: FilmPlan) -> list[StillInput | ClipInput]:
    """Pictures and clips as the caller listed them."""
    stills, clips = list(plan.stills), list(plan.clips)
    ordered: list[StillInput | ClipInput] = []
    for media in plan.request.media:
        if media.kind == "image" and stills:
            ordered.append(stills.pop(0))
        elif media.kind == "video" and clips:
            ordered.append(clips.pop(0))
    return [*ordered, *stills, *clips]


def _spans(weights: list[float], frame_count: int) -> list[tuple[int, int]]:
    """Spans of whole frames in proportion to the weights, end to end."""
    ends = np.round(np.cumsum(weights) / sum(weights) * frame_count).astype(int)
    starts = [0, *ends[:-1]]
    return [(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]


def _titles(beats: tuple[Beat, ...], spans: list[tuple[int, int]], accents: list[Colour]) -> tuple[Title, ...]:
    return tuple(
        Title(start=start, end=end, beat=beat, accent=accent)
        for beat, (start, end), accent in zip(beats, spans, accents, strict=True)
    )


class _Reel:
    """Draws the cuts, with a dissolve round each join. Holds only the pictures that are on the screen."""

    def __init__(self, board: Storyboard, plan: FilmPlan) -> None:
        self._cuts = board.cuts
        shortest = min(cut.end - cut.start for cut in board.cuts)
        self._half = min(_DISSOLVE_FRAMES, shortest // 3) // 2 if len(board.cuts) > 1 else 0
        self._last_frame = plan.frame_count - 1
        self._live: dict[int, Picture] = {}

    def draw(self, frame: int, screen: Sheet, other: Sheet) -> None:
        showing = [index for index, cut in enumerate(self._cuts) if self._from(cut) <= frame <= self._to(cut)]
        for index in [index for index in self._live if index not in showing]:
            del self._live[index]
        self._draw_cut(showing[0], frame, screen)
        if len(showing) > 1:
            self._draw_cut(showing[1], frame, other)
            share = ease((frame - self._from(self._cuts[showing[1]]) + 1) / (2 * self._half + 1))
            cv2.addWeighted(screen, 1.0 - share, other, share, 0.0, dst=screen)

    def _draw_cut(self, index: int, frame: int, screen: Sheet) -> None:
        cut = self._cuts[index]
        if index not in self._live:
            self._live[index] = cut.make()
        start, end = self._from(cut), self._to(cut)
        progress = (frame - start) / (end - start) if end > start else 0.0
        self._live[index].draw(progress, (frame - start) / FRAMES_PER_SECOND, screen)

    def _from(self, cut: Cut) -> int:
        return max(0, cut.start - self._half)

    def _to(self, cut: Cut) -> int:
        """The last frame that shows the cut."""
        return min(self._last_frame, cut.end - 1 + self._half)
