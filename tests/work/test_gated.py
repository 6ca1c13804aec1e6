"""Orders whose prompts are read first: they wait, and then are made, or fail without cost."""

from typing import Any
from uuid import UUID

import pytest
from tests.work.workshop import Workshop, until, working

from filmgate.review import ReviewState, Rule
from filmgate.store.reviews import Reviews
from filmgate.task import cancelled
from filmgate.work.gate import Gate
from filmgate.work.gated import GatedRunner
from filmgate.work.steps import TryAgain

RULES = [Rule(verdict="reject", reason="no swords", prompt="sword"), Rule(verdict="human", reason="war", prompt="war")]


@pytest.fixture
def reviews(workshop: Workshop) -> Reviews:
    return Reviews(workshop.db)


def gated(workshop: Workshop, reviews: Reviews) -> GatedRunner:
    return GatedRunner(workshop.runner(), reviews=reviews, tasks=workshop.tasks, clock=workshop.clock)


async def decide(reviews: Reviews, task_id: UUID, state: ReviewState, workshop: Workshop) -> None:
    await reviews.decide(task_id, state, by="operator", who="Li", reason="too cruel", now=workshop.clock())


async def test_an_order_that_nobody_need_read_is_made(workshop: Workshop, reviews: Reviews) -> None:
    task_id = await workshop.order()
    await gated(workshop, reviews).run(task_id)
    assert (await workshop.task(task_id)).status == "succeeded"


async def test_an_order_waits_until_its_prompt_was_read(workshop: Workshop, reviews: Reviews) -> None:
    task_id = await workshop.order(held="war")
    for _ in range(2):
        with pytest.raises(TryAgain):
            await gated(workshop, reviews).run(task_id)
    assert (await workshop.task(task_id)).status == "queued"
    assert await workshop.attempts.of_task(task_id) == []
    await decide(reviews, task_id, "approved", workshop)
    await gated(workshop, reviews).run(task_id)
    assert (await workshop.task(task_id)).status == "succeeded"


async def test_an_order_whose_prompt_was_rejected_fails_without_cost(workshop: Workshop, reviews: Reviews) -> None:
    task_id = await workshop.order(held="war")
    await decide(reviews, task_id, "rejected", workshop)
    for _ in range(2):
        await gated(workshop, reviews).run(task_id)
    task = await workshop.task(task_id)
    assert task.error is not None
    assert (task.status, task.error.code, task.error.message) == ("failed", "content_rejected", "too cruel")
    assert await workshop.kinds(task_id) == ["reserve", "release"]
    assert workshop.upstream.made == 0


async def test_an_order_that_was_cancelled_while_it_waited_is_left_alone(workshop: Workshop, reviews: Reviews) -> None:
    task_id = await workshop.order(held="war")
    assert await workshop.tasks.apply(cancelled(await workshop.task(task_id), workshop.clock()))
    await gated(workshop, reviews).run(task_id)
    await decide(reviews, task_id, "rejected", workshop)
    await gated(workshop, reviews).run(task_id)
    assert (await workshop.task(task_id)).status == "cancelled"


async def test_a_worker_goes_on_with_a_held_order_as_soon_as_it_is_decided(
    workshop: Workshop, reviews: Reviews, worker: Any
) -> None:
    task_id = await workshop.order(held="war")
    other = await workshop.order()
    async with working(worker(gated(workshop, reviews))):
        await until(workshop.has_status(other, "succeeded"))
        assert (await workshop.task(task_id)).status == "queued"
        await decide(reviews, task_id, "approved", workshop)
        await until(workshop.has_status(task_id, "succeeded"))


def test_prompts_pass_unless_the_gate_is_for_prompts_too() -> None:
    assert Gate(RULES).broken("a sword") == []
    assert Gate(RULES).judge_prompt("a war").state == "approved"
    gate = Gate(RULES, prompts_too=True)
    (violation,) = gate.broken("A Sword fight")
    assert (violation.field, violation.message) == ("prompt", "is refused by review: no swords")
    assert gate.broken("a war") == []
    assert gate.judge_prompt("a war").state == "pending"
