from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from filmgate import task as moves
from filmgate.task import OPEN, TERMINAL, Quote, Result, Status, Task, TaskError
from filmgate.video import Media, VideoRequest

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
RESULT = Result(film="a.mp4", poster="a.jpg", last_frame="a.png", width=2, height=2, seconds=5, size_bytes=1, sha256="")


def _task(status: Status) -> Task:
    quote = Quote(price_micros=7, billing_name="m", unit="second", units="1", unit_price_micros=7, price_version="1")
    return Task(
        id=UUID(int=1), account_id=UUID(int=2), key_id=UUID(int=3), test=False, dialect="ink",
        request=VideoRequest(model="m"), status=status, progress=0, quote=quote, cost_micros=None, error=None,
        result=None, created_at=NOW, started_at=None, completed_at=None,
    )  # fmt: skip


@pytest.mark.parametrize("status", OPEN)
def test_an_open_task_can_end_from_where_it_is(status: Status) -> None:
    for move in (
        moves.failed(_task(status), TaskError("provider_error", "stopped"), NOW),
        moves.cancelled(_task(status), NOW),
        moves.expired(_task(status), NOW),
    ):
        assert (move.seen, move.entry, move.cost_micros) == (status, "release", 0)
        assert move.error is not None


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_what_has_ended_ends_no_second_time(status: Status) -> None:
    with pytest.raises(ValueError, match="cannot become"):
        moves.failed(_task(status), TaskError("provider_error", "stopped"), NOW)


def test_a_film_settles_the_quote_unless_the_true_amount_is_known() -> None:
    assert moves.succeeded(_task("saving"), RESULT, NOW).cost_micros == 7
    assert moves.succeeded(_task("saving"), RESULT, NOW, cost_micros=5).cost_micros == 5
    assert moves.succeeded(_task("saving"), RESULT, NOW).entry == "settle"


def test_the_way_to_a_film_is_one_line() -> None:
    assert [
        (move.seen, move.to)
        for move in (
            moves.started(_task("queued"), NOW),
            moves.rendered(_task("running"), NOW),
            moves.succeeded(_task("saving"), RESULT, NOW),
        )
    ] == [("queued", "running"), ("running", "saving"), ("saving", "succeeded")]


def _moved(*steps: Callable[[Task, datetime], moves.Move]) -> Task:
    task = _task("queued")
    for number, step in enumerate(steps, 1):
        task = moves.after(task, step(task, NOW + timedelta(minutes=number)))
    return task


def _film(task: Task, now: datetime) -> moves.Move:
    return moves.succeeded(task, RESULT, now)


def _break_off(task: Task, now: datetime) -> moves.Move:
    return moves.failed(task, TaskError("provider_error", "stopped"), now)


STEPS: tuple[Callable[[Task, datetime], moves.Move], ...] = (moves.started, moves.rendered, _film)


@pytest.mark.parametrize("count", range(4))
def test_a_task_as_of_a_status_is_what_it_was_then(count: int) -> None:
    done = _moved(*STEPS)
    then = _moved(*STEPS[:count])
    was = moves.as_of(done, then.status)
    assert was.status == then.status
    # How far it was then is known only at the end and at the beginning.
    assert msgspec.structs.replace(was, progress=then.progress) == then


def test_a_task_has_been_through_what_lies_on_its_way() -> None:
    assert moves.been_through(_moved(*STEPS)) == ["queued", "running", "saving", "succeeded"]
    assert moves.been_through(_moved(moves.started, _break_off)) == ["queued", "running", "failed"]
    assert moves.been_through(_moved(_break_off)) == ["queued", "failed"]
    assert moves.been_through(_moved()) == ["queued"]


def test_a_task_was_never_where_it_was_not() -> None:
    for task, status in ((_moved(), "running"), (_moved(_break_off), "saving"), (_moved(*STEPS), "failed")):
        with pytest.raises(ValueError, match="was never"):
            moves.as_of(task, status)  # type: ignore[arg-type]


def test_a_fee_is_for_a_film_in_the_making_alone() -> None:
    promise = moves.Promise(cancel_fee_micros=3)
    waiting = msgspec.structs.replace(_task("queued"), promise=promise)
    making = msgspec.structs.replace(_task("running"), promise=promise)
    assert (moves.cancelled(waiting, NOW).entry, moves.cancelled(waiting, NOW).cost_micros) == ("release", 0)
    assert (moves.cancelled(making, NOW).entry, moves.cancelled(making, NOW).cost_micros) == ("settle", 3)


def test_a_tasks_objects_are_its_own_alone() -> None:
    task = _task("running")
    own, other = (f"object://inputs/{UUID(int=number)}/0" for number in (1, 9))
    objects = (own, other, "object://films/b.mp4", f"object://inputs/{UUID(int=1)}0/0")
    urls = (*objects, "https://media.example/a.png", "http://media.example/b.png")
    media = tuple(Media(kind="image", role="reference", url=url, field="") for url in urls)
    ordered = msgspec.structs.replace(task, request=VideoRequest(model="m", media=media))
    ended = msgspec.structs.replace(ordered, result=RESULT)
    films = {f"films/{UUID(int=1)}.{ending}" for ending in ("mp4", "jpg", "png", "c2pa")}
    assert set(moves.object_names(task)) == films
    # Vendors may have got copies of what lies behind links.
    inputs = {f"inputs/{UUID(int=1)}/{number}" for number in (0, 4, 5)}
    assert set(moves.object_names(ordered)) == films | inputs
    made = {"a.mp4", "a.jpg", "a.png", f"films/{UUID(int=1)}-spritesheet.jpg"}
    assert set(moves.object_names(ended)) == films | inputs | made
