"""The breaker opens after failures, lets one probe through when its time is up, and waits longer each time."""

import pytest

from filmgate.upstreams.breaker import Breaker


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def breaker(seconds: Seconds) -> Breaker:
    return Breaker(seconds, failures_to_open=3)


def opened(breaker: Breaker) -> Breaker:
    for _ in range(3):
        assert breaker.allows()
        breaker.failed("it answers 502")
    return breaker


def test_a_few_failures_are_forgiven(breaker: Breaker) -> None:
    for _ in range(5):
        breaker.failed("no")
        breaker.failed("no")
        breaker.went_well()
    assert (breaker.state, breaker.allows(), breaker.reason) == ("closed", True, "")


def test_failures_in_a_row_open_it(breaker: Breaker) -> None:
    opened(breaker)
    assert (breaker.state, breaker.allows(), breaker.reason) == ("open", False, "it answers 502")
    assert 0 < breaker.seconds_to_probe <= 5


def test_one_failure_that_cannot_pass_opens_it(breaker: Breaker) -> None:
    breaker.failed("the key is not taken", at_once=True)
    assert breaker.state == "open"


def test_when_time_is_up_one_probe_goes_through(breaker: Breaker, seconds: Seconds) -> None:
    opened(breaker)
    seconds.now += 5
    assert breaker.state == "half open"
    assert [breaker.allows() for _ in range(3)] == [True, False, False]
    breaker.went_well()
    assert (breaker.state, breaker.allows()) == ("closed", True)


def test_each_failed_probe_doubles_the_time(breaker: Breaker, seconds: Seconds) -> None:
    opened(breaker)
    waited = []
    for _ in range(8):
        wait = breaker.seconds_to_probe
        waited.append(wait)
        seconds.now += wait
        assert breaker.allows()
        breaker.failed("still no")
    assert waited == [5, 10, 20, 40, 80, 160, 300, 300]


def test_failures_of_orders_sent_before_do_not_make_it_wait_longer(breaker: Breaker) -> None:
    opened(breaker)
    for _ in range(10):
        breaker.failed("late news")
    assert breaker.seconds_to_probe <= 5


def test_a_probe_that_was_not_sent_leaves_its_place_to_another(breaker: Breaker, seconds: Seconds) -> None:
    opened(breaker)
    seconds.now += 5
    assert breaker.allows()
    breaker.let_go()
    assert breaker.allows()
