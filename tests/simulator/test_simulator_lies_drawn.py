"""How lies and times come to an order."""

import math
from contextlib import suppress
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmgate.errors import BadRequest
from filmgate.simulator.dice import Dice
from filmgate.simulator.lies import LIES, Lie, asked_for, drawn, read_rate
from filmgate.simulator.options import Options


def test_a_prompt_asks_for_lies_by_words() -> None:
    assert asked_for("boat") == frozenset()
    assert asked_for("[[lie:cut]] boat, 纸船 [[lie: Slow ]][[lie:cut]]") == {"cut", "slow"}
    assert asked_for("[[delay:30]] [[lie]] lie:cut") == frozenset()


@pytest.mark.parametrize("word", ["", "nope", "cut,slow", "\n", "视频", "x" * 5000])
def test_a_word_that_is_no_lie_is_told_so(word: str) -> None:
    with pytest.raises(BadRequest) as raised:
        asked_for(f"boat [[lie:{word}]]")
    assert len(raised.value.message) < 200


@given(prompt=st.text(st.characters(codec="utf-8")) | st.text(st.sampled_from("[]lie:cut\n ")))
def test_any_prompt_has_lies_or_a_fault(prompt: str) -> None:
    with suppress(BadRequest):
        assert asked_for(prompt) <= set(LIES)


@pytest.mark.parametrize(
    ("text", "rate"), [("fail=0.5", 0.5), ("fail", 1.0), ("fail=0", 0.0), (" Fail =1", 1.0), ("fail=1e-3", 0.001)]
)
def test_a_rate_is_read_from_the_command_line(text: str, rate: float) -> None:
    assert read_rate(text) == ("fail", rate)


@pytest.mark.parametrize(
    "text",
    ["", "=", "nope", "nope=0.5", "fail=", "fail=x", "fail=2", "fail=-0.1", "fail=nan", "fail=inf", "fail=0.5=1"],
)
def test_what_is_no_rate_is_told_so(text: str) -> None:
    with pytest.raises(ValueError):
        read_rate(text)


def test_rates_of_0_and_1_are_never_and_always() -> None:
    rates: dict[Lie, float] = {"fail": 1.0, "cut": 0.0}
    assert drawn(Random(1), rates) == {"fail"}
    assert drawn(Random(1), {}) == frozenset()


def options(**changes: object) -> Options:
    return Options(dialect="ark", **changes)  # type: ignore[arg-type]


def test_the_same_seed_has_the_same_fates() -> None:
    behaviour = options(lies=dict.fromkeys(LIES, 0.3), queue_seconds=5.0)
    one, same, other = Dice(7), Dice(7), Dice(8)
    fates = [one.throw(behaviour, "boat") for _ in range(50)]
    assert fates == [same.throw(behaviour, "boat") for _ in range(50)]
    assert fates != [other.throw(behaviour, "boat") for _ in range(50)]


def test_one_rate_changes_nothing_about_the_other_lies() -> None:
    before, after = Dice(7), Dice(7)
    for _ in range(200):
        fate = before.throw(options(lies={"cut": 0.5, "slow": 0.5}), "boat")
        other = after.throw(options(lies={"cut": 0.5, "slow": 0.1, "no-link": 0.9}), "boat [[lie:garbage]]")
        assert fate.lies & {"cut"} == other.lies & {"cut"}
        assert fate.making_seconds == other.making_seconds


def test_times_lie_around_their_medians_and_the_speed_divides_them() -> None:
    dice, fast = Dice(7), Dice(7)
    behaviour = options(median_seconds=120.0, sigma=0.3, queue_seconds=10.0)
    fates = [dice.throw(behaviour, "boat") for _ in range(2001)]
    making = sorted(fate.making_seconds for fate in fates)
    assert making[1000] == pytest.approx(120, rel=0.05)
    # Of a log-normal distribution, 16 % lie below the median divided by e to the sigma.
    assert making[320] == pytest.approx(120 / math.exp(0.3), rel=0.05)
    assert sorted(fate.queue_seconds for fate in fates)[1000] == pytest.approx(10, rel=0.05)
    first = fast.throw(options(median_seconds=120.0, sigma=0.3, queue_seconds=10.0, speed=100.0), "boat")
    assert first.making_seconds == pytest.approx(fates[0].making_seconds / 100)
    assert first.queue_seconds == pytest.approx(fates[0].queue_seconds / 100)


def test_without_sigma_every_film_takes_the_median() -> None:
    assert {Dice(seed).throw(options(sigma=0.0), "boat").making_seconds for seed in range(9)} == {120.0}


def test_a_failure_comes_before_the_end_and_what_is_stuck_has_none() -> None:
    dice = Dice(7)
    failing = [dice.throw(options(sigma=0.0), "[[lie:fail]]").making_seconds for _ in range(50)]
    assert all(12 <= seconds <= 108 for seconds in failing)
    assert len(set(failing)) == 50
    assert dice.throw(options(), "[[lie:stuck]] [[lie:fail]]").making_seconds == math.inf


@pytest.mark.parametrize(
    "changes",
    [
        {"speed": 0.0},
        {"speed": -1.0},
        {"speed": math.nan},
        {"speed": math.inf},
        {"median_seconds": 0.0},
        {"sigma": -0.1},
        {"sigma": 99.0},
        {"queue_seconds": -1.0},
        {"max_running": 0},
        {"film_bytes": -1},
        {"huge_film_bytes": 2**60},
        {"link_seconds": -1.0},
        {"lies": {"fail": 1.1}},
        {"lies": {"fail": math.nan}},
    ],
)
def test_options_out_of_reason_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        options(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"dialect": "ink"},
        {"key": "sk"},
        {"seed": 1},
        {"speed": "fast"},
        {"speed": None},
        {"speed": True},
        {"lies": {"nope": 1}},
        {"lies": ["fail"]},
        {"lies": {"fail": "often"}},
        {"unknown": 1},
        {"max_running": 1.5},
        {"": ""},
    ],
)
def test_changes_that_make_no_sense_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        options().changed(changes)


def test_changes_leave_the_rest_as_it_was() -> None:
    before = options(speed=2.0, lies={"fail": 0.5}, key="sk")
    after = before.changed({"lies": {"cut": 1}, "max_running": 3})
    assert (after.speed, after.lies, after.max_running, after.key) == (2.0, {"cut": 1.0}, 3, "sk")
    assert before.changed({}) == before
