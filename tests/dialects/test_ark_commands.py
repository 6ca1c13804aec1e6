"""Options at the end of a prompt, which 1.x models read (spec ark 2.3)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.ark_samples import OTHER, V10, V15, V20, V25, broken, read_prompt

from filmgate.dialects.ark.commands import split_commands
from filmgate.video import VideoRequest


def test_the_sample_of_the_documents() -> None:
    request = read_prompt("A cat yawns --rs 720p --dur 5 --cf true")
    assert request == VideoRequest(
        model=V10, prompt="A cat yawns", resolution="720p", duration_seconds=5, extras={"camera_fixed": True}
    )


def test_every_command_by_both_names() -> None:
    long = "A cat --resolution 1080p --ratio 4:3 --duration 10 --seed 2147483647 --camerafixed false --watermark true"
    short = "A cat --rs 1080P --rt 4:3 --dur 10 --seed 2147483647 --cf FALSE --wm True"
    assert read_prompt(long) == read_prompt(short)
    assert read_prompt(short) == VideoRequest(
        model=V10,
        prompt="A cat",
        resolution="1080p",
        ratio="4:3",
        duration_seconds=10,
        seed=2_147_483_647,
        watermark=True,
        extras={"camera_fixed": False},
    )


def test_frames_by_command() -> None:
    request = read_prompt("A cat --frames 57 --dur 5")
    assert (request.extras, request.duration_seconds) == ({"frames": 57}, 3)
    assert read_prompt("A cat --frames 57", V15) == VideoRequest(model=V15, prompt="A cat")


def test_members_of_the_body_win_over_commands() -> None:
    request = read_prompt(
        "A cat --rs 480p --rt 1:1 --dur 3 --frames 57 --seed 7 --cf true --wm true",
        resolution="720p",
        ratio="16:9",
        duration=5,
        seed=1,
        camera_fixed=False,
        watermark=False,
    )
    assert request == VideoRequest(
        model=V10,
        prompt="A cat",
        resolution="720p",
        ratio="16:9",
        duration_seconds=5,
        seed=1,
        watermark=False,
        extras={"camera_fixed": False},
    )
    assert read_prompt("A cat --dur 3", frames=121).duration_seconds == 5


@pytest.mark.parametrize("model", [V20, V25, OTHER])
def test_other_models_have_plain_prompts(model: str) -> None:
    text = "A cat --rs 720p --dur 5"
    assert read_prompt(text, model) == VideoRequest(model=model, prompt=text)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("A cat --dur five", "contents[0].text.duration"),
        ("A cat --duration", "contents[0].text.duration"),
        ("A cat --dur 5.5", "contents[0].text.duration"),
        ("A cat --dur 99999999999999999999", "contents[0].text.duration"),
        ("A cat --frames 30", "contents[0].text.frames"),
        ("A cat --frames many", "contents[0].text.frames"),
    ],
)
def test_a_wrong_length_in_a_command_is_refused(text: str, field: str) -> None:
    assert [one[0] for one in broken(V10, [{"type": "text", "text": text}])] == [field]


def test_a_wrong_resolution_in_a_command_is_left_for_the_rules_to_refuse() -> None:
    assert read_prompt("A cat --rs 2000p").resolution == "2000p"
    assert read_prompt("A cat --rs").resolution == ""


@pytest.mark.parametrize(
    "tail", ["--rt 7:1", "--seed x", "--seed -9", "--wm maybe", "--cf 1", "--rs 720p --fps 30", "--rt", "--wm --rt"]
)
def test_anything_else_that_is_wrong_is_ignored(tail: str) -> None:
    request = read_prompt(f"A cat {tail}")
    assert request.prompt == "A cat"
    assert request.resolution in (None, "720p")
    assert (request.ratio, request.seed, request.watermark, request.extras) == (None, None, None, {})


@pytest.mark.parametrize(
    "text",
    [
        "A cat --rs 720p walks",
        "A man says --hello world",
        "A cat--rs 720p",
        "A cat -rs 720p",
        "A cat -- rs 720p",
        "A cat --rs720p",
        "--",
        "A cat —rs 720p",
        "A cat --RS 720p",
    ],
)
def test_what_is_no_command_stays_in_the_prompt(text: str) -> None:
    assert read_prompt(text) == VideoRequest(model=V10, prompt=text)


def test_a_prompt_may_be_commands_alone() -> None:
    assert read_prompt(" --dur 5 ").prompt == ""
    assert read_prompt("一只猫\n--dur 5\t--rs\n720p\n").prompt == "一只猫"


def test_commands_are_looked_for_at_the_end_only_and_cost_little() -> None:
    started = time.perf_counter()
    for text in ("--rs 1 " * 300_000 + "x y", "--rs" * 300_000, "--rs " + " " * 1_000_000, "--rs " + "-" * 1_000_000):
        split_commands(text)
    assert time.perf_counter() - started < 1.0


@given(st.text(alphabet="-rsdur 57x\n", max_size=60))
def test_splitting_loses_nothing_but_commands(text: str) -> None:
    prompt, said = split_commands(text)
    assert text.startswith(prompt)
    assert said or prompt == text
    assert split_commands(prompt) == (prompt, {})
