"""The words of prompts: looks, camera moves, beats."""

import pytest

from filmgate.engines.animatic.beats import MOST_BEATS, cut_beats
from filmgate.engines.animatic.camera import LABELS
from filmgate.engines.animatic.prompt import is_direction, read_look
from filmgate.engines.animatic.subjects import DRAWINGS
from filmgate.engines.animatic.vocabulary import MOVES, SUBJECTS, TINTS


@pytest.mark.parametrize(
    ("words", "move"),
    [
        ("The camera pushes in slowly", "push_in"),
        ("dolly in on the door", "push_in"),
        ("电影感镜头推进", "push_in"),
        ("镜头推近人物", "push_in"),
        ("pull out to reveal the valley", "pull_out"),
        ("镜头拉远", "pull_out"),
        ("后拉镜头", "pull_out"),
        ("pan left across the bay", "pan_left"),
        ("镜头左摇", "pan_left"),
        ("pans slowly right", "pan_right"),
        ("镜头右摇", "pan_right"),
        ("tilt up to the sky", "tilt_up"),
        ("上摇", "tilt_up"),
        ("tilts down", "tilt_down"),
        ("镜头下摇", "tilt_down"),
        ("slow orbit", "orbit"),
        ("镜头环绕人物", "orbit"),
        ("zoom in", "zoom_in"),
        ("zoom out", "zoom_out"),
        ("crane shot over the crowd", "crane_up"),
        ("升降镜头", "crane_up"),
        ("tracking shot", "track_right"),
        ("跟拍", "track_right"),
        ("横移", "track_right"),
        ("左移", "track_left"),
        ("aerial view", "aerial"),
        ("航拍", "aerial"),
        ("static shot", "static"),
        ("固定机位", "static"),
    ],
)
def test_camera_words_in_both_languages_name_the_move(words: str, move: str) -> None:
    assert read_look(words).move == move


def test_a_handheld_camera_can_also_move() -> None:
    look = read_look("手持镜头，缓慢推进")
    assert (look.handheld, look.move, look.pace) == (True, "push_in", "slow")


def test_words_inside_other_words_do_not_count() -> None:
    look = read_look("The carpenter was expanding a catalogue of panels")
    assert (look.subjects, look.move) == ((), None)


def test_a_paper_boat_is_no_ship() -> None:
    assert read_look("A paper boat drifts").subjects == ("paper_boat",)
    assert read_look("A boat drifts").subjects == ("boat",)


def test_dusk_in_chinese_is_no_yellow() -> None:
    look = read_look("黄昏海边，海浪轻轻拍打礁石")
    assert (look.hour, look.places, look.tints) == ("dusk", ("sea",), ())


def test_a_rainy_night_street_is_understood() -> None:
    look = read_look("雨夜街头，女孩回头微笑，电影感镜头推进")
    assert (look.hour, look.places, look.weather, look.subjects) == ("night", ("city",), ("rain",), ("girl",))


def test_a_beat_keeps_what_the_whole_prompt_says_and_it_does_not() -> None:
    look = read_look("女孩回头微笑").over(read_look("雨夜街头，女孩回头微笑"))
    assert (look.hour, look.places, look.close) == ("night", ("city",), True)


def test_every_move_has_a_label_and_every_drawing_a_word() -> None:
    assert set(MOVES) | {"drift"} == set(LABELS)
    assert set(DRAWINGS) <= set(SUBJECTS)
    assert len(TINTS) == 12


def test_words_to_the_camera_are_directions() -> None:
    assert is_direction("电影感镜头推进")
    assert is_direction("cinematic motion")
    assert not is_direction("女孩回头微笑")
    assert not is_direction("a red boat, tracking shot")


def test_directions_stay_with_their_beat() -> None:
    (beat,) = cut_beats("A river flowing through an autumn forest, aerial view, cinematic motion", 5)
    assert beat.text == "A river flowing through an autumn forest"
    assert beat.direction == "aerial view · cinematic motion"


def test_chinese_clauses_become_beats_when_there_is_time() -> None:
    beats = cut_beats("雨夜街头，女孩回头微笑，电影感镜头推进", 5)
    assert [beat.text for beat in beats] == ["雨夜街头", "女孩回头微笑"]
    assert len(cut_beats("雨夜街头，女孩回头微笑，电影感镜头推进", 2)) == 1


def test_numbered_shots_are_the_beats() -> None:
    beats = cut_beats("Shot 1: a boat leaves. Shot 2: rain begins. Shot 3: the boat sinks.", 10)
    assert [beat.text for beat in beats] == ["a boat leaves.", "rain begins.", "the boat sinks."]
    assert len(cut_beats("镜头1：海边日出。镜头2：渔船出海。", 6)) == 2


def test_then_starts_a_new_beat() -> None:
    assert [beat.text for beat in cut_beats("Presenter waves, then points left", 5)] == [
        "Presenter waves",
        "points left",
    ]
    assert len(cut_beats("猫跳上窗台，然后看向窗外", 5)) == 2


@pytest.mark.parametrize("prompt", ["", " ", "x", "。", "!!!", "推进", "🙂", "\n\n\n", "then", "," * 50])
def test_a_hopeless_prompt_is_one_beat(prompt: str) -> None:
    assert len(cut_beats(prompt, 5)) == 1


def test_a_huge_prompt_has_few_beats_and_loses_no_sentence() -> None:
    prompt = " ".join(f"Sentence number {number} speaks of nothing." for number in range(200))
    beats = cut_beats(prompt, 15)
    assert len(beats) == MOST_BEATS
    assert sum(beat.text.count("Sentence") for beat in beats) == 200
