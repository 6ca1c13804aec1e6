"""The frames of a film: how many, what size, always the same, and beginning and ending on the pictures of the order."""

from collections.abc import Iterator
from itertools import pairwise
from typing import get_args

import numpy as np
import pytest

from filmgate.engines.animatic.camera import OVERSCAN, Shot, place, view_at
from filmgate.engines.animatic.plan import ClipInput, FilmPlan, Pixels, StillInput
from filmgate.engines.animatic.prompt import Move
from filmgate.engines.animatic.shots import frames, storyboard
from filmgate.engines.animatic.slate import watermark
from filmgate.engines.animatic.stills import cover
from filmgate.video import Media, MediaKind, MediaRole, Size, VideoRequest, frame_size

SMALL: Size = (320, 180)


def film_of(
    prompt: str,
    *,
    size: Size = SMALL,
    frame_count: int = 6,
    seed: int = 7,
    stills: tuple[StillInput, ...] = (),
    clips: tuple[ClipInput, ...] = (),
    kinds: tuple[MediaKind, ...] = (),
) -> FilmPlan:
    media = tuple(
        Media(kind=kind, role="reference", url="https://example.com/x", field=f"media[{index}]")
        for index, kind in enumerate(kinds)
    )
    request = VideoRequest(model="m", prompt=prompt, media=media)
    return FilmPlan(request=request, size=size, frame_count=frame_count, seed=seed, stills=stills, clips=clips)


def photo(width: int, height: int, number: int) -> Pixels:
    rng = np.random.default_rng(number)
    coarse = rng.integers(0, 255, (height // 20 + 1, width // 20 + 1, 3), dtype=np.uint8)
    return np.ascontiguousarray(coarse.repeat(20, axis=0).repeat(20, axis=1)[:height, :width])


def still(role: MediaRole, width: int, height: int, number: int) -> StillInput:
    return StillInput(role=role, pixels=photo(width, height, number))


def plain_clip(level: int, frame_count: int, frames_per_second: float) -> ClipInput:
    """Frames of one grey whose red channel counts them."""

    def play() -> Iterator[Pixels]:
        for number in range(frame_count):
            picture = np.full((90, 160, 3), level, np.uint8)
            picture[..., 0] = number
            yield picture

    return ClipInput(
        role="reference", size=(160, 90), frames_per_second=frames_per_second, frame_count=frame_count, open=play
    )


@pytest.mark.parametrize("ratio", ["16:9", "4:3", "1:1", "3:4", "9:16", "21:9"])
def test_frames_have_the_ordered_number_and_size(ratio: str) -> None:
    size = frame_size("480p", ratio)
    made = list(frames(film_of("雨夜街头，女孩回头微笑", size=size, frame_count=3)))
    assert len(made) == 3
    for frame in made:
        assert frame.shape == (size[1], size[0], 3)
        assert frame.dtype == np.uint8
        assert frame.flags.c_contiguous


def test_the_largest_film_is_made_too() -> None:
    size = frame_size("4k", "21:9")
    (frame,) = frames(film_of("A river flows", size=size, frame_count=1))
    assert frame.shape == (size[1], size[0], 3)
    assert watermark(size).shape == (size[1], size[0], 4)


def test_the_same_plan_gives_the_same_frames_and_another_seed_others() -> None:
    plan = film_of("A paper boat drifts down a rain gutter at dusk. Leaves fall.", frame_count=4)
    first, second = list(frames(plan)), list(frames(plan))
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))
    other_seed = next(frames(film_of("A paper boat drifts down a rain gutter at dusk. Leaves fall.", seed=8)))
    assert not np.array_equal(first[0], other_seed)


@pytest.mark.parametrize(
    "prompt",
    [
        "a lake in the mountains", "沙漠中的汽车", "a cat in a room", "galaxy", "花园里的花", "snow on a village house",
        "thunderstorm over the sea", "fog in the forest with fireflies", "a train, a tree and a kite",
        "人物缓缓转头，微风拂动发丝", "a bicycle under a balloon, birds", "a fish", "umbrella", "航拍城市",
        "aerial view of a field",
    ],
)  # fmt: skip
def test_every_place_is_painted_over_the_whole_frame(prompt: str) -> None:
    frame = list(frames(film_of(prompt, frame_count=2)))[-1]
    assert frame.std() > 4
    assert np.count_nonzero(frame.max(axis=2) == 0) < 0.2 * frame[..., 0].size


@pytest.mark.parametrize("prompt", ["", "x", "🙂🙂", "\x00", "…", "推进"])
def test_a_hopeless_prompt_still_gives_a_film(prompt: str) -> None:
    assert len(list(frames(film_of(prompt, frame_count=3)))) == 3


def test_an_empty_prompt_with_references_shows_them() -> None:
    plan = film_of("", stills=(still("reference", 320, 180, 1),), kinds=("image",), frame_count=4)
    made = list(frames(plan))
    assert np.abs(made[1].astype(int).mean() - plan.stills[0].pixels.mean()) < 12


def test_night_is_darker_than_noon_and_red_is_redder() -> None:
    def mean(prompt: str) -> np.ndarray:
        channels: np.ndarray = next(frames(film_of(prompt))).reshape(-1, 3).mean(axis=0)
        return channels

    assert mean("the sea at night").sum() < 0.6 * mean("the sea at noon").sum()
    assert mean("夜晚的草原").sum() < 0.6 * mean("正午的草原").sum()
    red, plain = mean("a red meadow"), mean("a meadow")
    assert red[0] - red[2] > plain[0] - plain[2]


def test_the_camera_moves_unless_it_is_fixed() -> None:
    def change(prompt: str) -> float:
        made = list(frames(film_of(prompt, frame_count=24)))
        window = np.s_[40:110, 40:280]
        return float(np.abs(made[0][window].astype(int) - made[-1][window].astype(int)).mean())

    assert change("mountains at noon, push in") > 2.0 * change("mountains at noon, static shot")


@pytest.mark.parametrize("move", get_args(Move))
def test_no_move_leaves_the_overscan(move: Move) -> None:
    width, height = 1000, 600
    for progress in np.linspace(0.0, 1.0, 21):
        view = view_at(Shot(move=move, pace="fast", handheld=True), float(progress), float(progress) * 5)
        for depth in (0.0, 0.4, 1.0):
            inverse = np.linalg.inv(np.vstack([place(view, depth, (width, height)), [0.0, 0.0, 1.0]]))
            corners = inverse @ np.array([[0, width, 0, width], [0, 0, height, height], [1, 1, 1, 1]])
            assert corners[0].min() > -OVERSCAN * width
            assert corners[0].max() < (1 + OVERSCAN) * width
            assert corners[1].min() > -OVERSCAN * height
            assert corners[1].max() < (1 + OVERSCAN) * height


@pytest.mark.parametrize("prompt", ["", "The kite rises. Then it falls.", "镜头拉远", "pan left, handheld", "orbit"])
def test_a_film_begins_exactly_on_its_first_frame(prompt: str) -> None:
    first = still("first_frame", 400, 300, 1)
    made = list(frames(film_of(prompt, stills=(first,), frame_count=48)))
    assert np.array_equal(made[0], cover(first.pixels, SMALL))
    assert not np.array_equal(made[-1], made[0])


def test_a_film_between_two_frames_begins_and_ends_exactly_on_them() -> None:
    first, last = still("first_frame", 400, 300, 1), still("last_frame", 640, 480, 2)
    made = list(frames(film_of("The kite rises out of frame", stills=(first, last), frame_count=48)))
    assert np.array_equal(made[0], cover(first.pixels, SMALL))
    assert np.array_equal(made[-1], cover(last.pixels, SMALL))
    steps = [np.abs(one.astype(int) - other).mean() for one, other in pairwise(made)]
    assert max(steps) < 0.25 * np.abs(made[0].astype(int) - made[-1]).mean()


def test_a_film_with_a_last_frame_alone_ends_exactly_on_it() -> None:
    last = still("last_frame", 180, 320, 2)
    made = list(frames(film_of("She walks away. The door closes.", stills=(last,), frame_count=48)))
    assert np.array_equal(made[-1], cover(last.pixels, SMALL))
    assert not np.array_equal(made[0], made[-1])


def test_references_come_in_the_callers_order_and_share_the_time() -> None:
    stills = tuple(still("reference", 320, 180, number) for number in range(3))
    plan = film_of(
        "a, b",
        stills=stills,
        clips=(plain_clip(9, 5, 24.0),),
        kinds=("image", "video", "image", "image"),
        frame_count=96,
    )
    board = storyboard(plan)
    assert [(cut.start, cut.end) for cut in board.cuts] == [(0, 24), (24, 48), (48, 72), (72, 96)]
    assert board.cuts[1].move.startswith("CLIP")


def test_a_clip_keeps_its_speed_and_starts_again_when_it_is_short() -> None:
    plan = film_of("", clips=(plain_clip(100, 10, 12.0),), kinds=("video",), frame_count=48)
    counts = [int(frame[90, 160, 0]) for frame in frames(plan)]
    assert counts[:8] == [0, 0, 1, 1, 2, 2, 3, 3]
    assert counts[18:24] == [9, 9, 0, 0, 1, 1]


def test_very_different_shapes_are_shown_whole() -> None:
    tall = np.zeros((900, 300, 3), np.uint8)
    tall[:40] = (255, 0, 0)
    made = list(
        frames(film_of("", stills=(StillInput(role="reference", pixels=tall),), kinds=("image",), frame_count=3))
    )
    red = (made[0][..., 0] > 180) & (made[0][..., 1] < 60)
    assert red.any()


def test_the_watermark_is_small_and_in_the_lower_right_corner() -> None:
    mark = watermark((864, 496))
    rows, columns = np.nonzero(mark[..., 3])
    assert 0 < len(rows) < 0.03 * 864 * 496
    assert rows.min() > 496 * 0.88
    assert columns.min() > 864 * 0.5


@pytest.mark.parametrize("size", [frame_size("480p", ratio) for ratio in ("21:9", "16:9", "1:1", "9:16")])
def test_the_watermark_is_as_high_as_a_twentieth_of_the_shorter_side(size: Size) -> None:
    # Clear ink alone: what lies around it in the shade does not count.
    rows, columns = np.nonzero(watermark(size)[..., 3] > 128)
    assert rows.max() - rows.min() + 1 >= 0.05 * min(size)
    assert 0 < columns.min() < columns.max() < size[0] - 1
