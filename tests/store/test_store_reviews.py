"""Reviews and decisions, on a real Postgres."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import msgspec
import pytest
from tests.store.asset_helpers import Shelf
from tests.store.store_helpers import NOW, Store, new_task

from filmgate.ids import new_id
from filmgate.review import ReviewState
from filmgate.store.accounts import Key
from filmgate.store.asset_files import Reviewed
from filmgate.store.db import Database
from filmgate.store.reviews import Reviews

HOUR = timedelta(hours=1)


@pytest.fixture
def reviews(database: Database) -> Reviews:
    return Reviews(database)


@pytest.fixture
def shelf(database: Database) -> Shelf:
    return Shelf(database)


async def file_under(store: Store, shelf: Shelf, state: ReviewState = "pending", sha256: str = "ab" * 32) -> UUID:
    """A file's review, whose id is the file's."""
    _, key = await store.customer()
    kept = await shelf.keep(key, NOW, state=state, reason="a rule", sha256=sha256)
    assert kept.file_id is not None
    return kept.file_id


async def held_order(store: Store, key: Key | None = None) -> UUID:
    """An order whose prompt is to be read; its review has its id."""
    key = key or (await store.customer())[1]
    new = new_task(key)
    request = msgspec.structs.replace(new.request, held="mentions a war")
    return (await store.order(key, request=request)).id


async def decide(reviews: Reviews, review_id: UUID, state: ReviewState, *, only_open: bool = False) -> str:
    return await reviews.decide(
        review_id, state, by="operator", who="Li", reason=f"is {state}", now=NOW + HOUR, only_open=only_open
    )


async def test_every_file_has_a_review_whose_first_decision_is_the_rules(
    store: Store, shelf: Shelf, reviews: Reviews
) -> None:
    review_id = await file_under(store, shelf, "approved")
    review = await reviews.get(review_id)
    assert review is not None
    assert (review.state, review.reason, review.file_id, review.task_id) == ("approved", "a rule", review_id, None)
    (decision,) = await reviews.decisions(review_id)
    assert (decision.number, decision.state, decision.by, decision.who) == (1, "approved", "rules", "")


async def test_a_decision_says_who_when_and_why_and_reaches_every_asset(
    store: Store, shelf: Shelf, reviews: Reviews
) -> None:
    _, key = await store.customer()
    assets = [await shelf.asset(key, NOW, state="pending") for _ in range(2)]
    assert assets[0].file is not None
    assert await decide(reviews, assets[0].file.id, "approved") == "decided"
    for asset in assets:
        again = await shelf.again(key, asset.id)
        assert again.file is not None
        assert (again.state, again.file.reason) == ("approved", "is approved")
    *_, last = await reviews.decisions(assets[0].file.id)
    assert (last.number, last.state, last.by, last.who, last.reason, last.decided_at) == (
        2, "approved", "operator", "Li", "is approved", NOW + HOUR,
    )  # fmt: skip


async def test_a_file_may_be_decided_otherwise_later_and_all_of_it_is_kept(
    store: Store, shelf: Shelf, reviews: Reviews
) -> None:
    review_id = await file_under(store, shelf)
    assert await decide(reviews, review_id, "approved") == "decided"
    assert await decide(reviews, review_id, "approved") == "same"
    assert await decide(reviews, review_id, "rejected", only_open=True) == "closed"
    assert await decide(reviews, review_id, "rejected") == "decided"
    assert [each.state for each in await reviews.decisions(review_id)] == ["pending", "approved", "rejected"]
    assert await decide(reviews, new_id(), "approved") == "unknown"


async def test_of_many_who_decide_at_once_one_is_first(store: Store, shelf: Shelf, reviews: Reviews) -> None:
    review_id = await file_under(store, shelf)
    states: list[ReviewState] = ["approved", "rejected"] * 4
    outcomes = await asyncio.gather(*(decide(reviews, review_id, state, only_open=True) for state in states))
    assert outcomes.count("decided") == 1
    assert len(await reviews.decisions(review_id)) == 2


@pytest.mark.parametrize("statement", [
    "UPDATE review_decisions SET reason = 'x'", "DELETE FROM review_decisions", "TRUNCATE review_decisions",
])  # fmt: skip
async def test_decisions_are_never_changed(store: Store, shelf: Shelf, database: Database, statement: str) -> None:
    await file_under(store, shelf)
    with pytest.raises(asyncpg.RestrictViolationError):
        await database.run(statement)


async def test_an_order_whose_prompt_is_to_be_read_has_a_review_with_it(store: Store, reviews: Reviews) -> None:
    task_id = await held_order(store)
    review = await reviews.of_task(task_id)
    assert review is not None
    assert (review.state, review.reason, review.file_id) == ("pending", "mentions a war", None)
    _, key = await store.customer()
    assert await reviews.of_task((await store.order(key)).id) is None


async def test_a_prompt_is_decided_once_and_its_job_comes_forward(
    store: Store, reviews: Reviews, database: Database
) -> None:
    task_id = await held_order(store)
    await database.run("UPDATE pgqueuer SET execute_after = now() + interval '1 day'")
    assert await decide(reviews, task_id, "approved") == "decided"
    assert await database.value("SELECT execute_after <= now() FROM pgqueuer")
    assert await decide(reviews, task_id, "rejected") == "closed"


async def test_the_queue_is_oldest_first_in_pages(store: Store, shelf: Shelf, reviews: Reviews) -> None:
    ids = [await file_under(store, shelf) for _ in range(3)]
    await decide(reviews, ids[1], "approved")
    assert {review.id for review in await reviews.page("pending", after=None, limit=9)} == {ids[0], ids[2]}
    assert [review.id for review in await reviews.page("approved", after=None, limit=9)] == [ids[1]]
    first = await reviews.page(None, after=None, limit=2)
    rest = await reviews.page(None, after=(first[-1].created_at, first[-1].id), limit=2)
    assert {review.id for review in first + rest} == set(ids)


async def test_the_moderator_is_told_by_one_worker_and_again_after_longer_and_longer_pauses(
    store: Store, shelf: Shelf, reviews: Reviews
) -> None:
    review_id = await file_under(store, shelf)
    both = await asyncio.gather(*(reviews.to_tell(NOW, HOUR, 9) for _ in range(2)))
    assert [told.review.id for each in both for told in each] == [review_id]
    pauses, now = [], NOW
    for _ in range(4):
        paused = 0
        while not (told := await reviews.to_tell(now, HOUR, 9)):
            now, paused = now + timedelta(seconds=1), paused + 1
        pauses.append(paused)
        assert told[0].review.due_at == NOW + HOUR
    assert pauses == [1, 4, 16, 64]
    await reviews.told(review_id)
    assert await reviews.to_tell(now + 24 * HOUR, HOUR, 9) == []


async def test_what_is_decided_is_not_asked_and_what_is_late_is_found(
    store: Store, shelf: Shelf, reviews: Reviews
) -> None:
    early, late = await file_under(store, shelf), await file_under(store, shelf)
    await decide(reviews, early, "approved")
    assert [told.review.id for told in await reviews.to_tell(NOW, HOUR, 9)] == [late]
    assert await reviews.overdue(NOW + HOUR - timedelta(seconds=1), 9) == []
    assert [review.id for review in await reviews.overdue(NOW + HOUR, 9)] == [late]
    await reviews.leave_to_people(late)
    assert await reviews.overdue(NOW + 99 * HOUR, 9) == []
    assert await reviews.to_tell(NOW + 99 * HOUR, HOUR, 9) == []
    assert [review.id for review in await reviews.page("pending", after=None, limit=9)] == [late]


async def test_what_was_said_of_bytes_is_known_by_their_hash_to_their_account_alone(
    store: Store, shelf: Shelf, database: Database
) -> None:
    (_, mine), (_, theirs) = await store.customer(), await store.customer()
    assert await shelf.files.reviewed(mine.account_id, "ab" * 32) is None
    kept = await shelf.keep(mine, NOW, state="rejected", reason="a trademark", kind="video")
    said = Reviewed(kind="video", state="rejected", person=False, reason="a trademark")
    assert await shelf.files.reviewed(mine.account_id, "ab" * 32) == said
    assert await shelf.files.reviewed(mine.account_id, "cd" * 32) is None
    assert await shelf.files.reviewed(theirs.account_id, "ab" * 32) is None
    # Also when the bytes are here no more.
    await database.run("UPDATE asset_files SET object_name = NULL, person = true WHERE id = $1", kept.file_id)
    assert await shelf.files.reviewed(mine.account_id, "ab" * 32) == msgspec.structs.replace(said, person=True)
