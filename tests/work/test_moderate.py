"""Asking an outside moderator, which checks every question with the library of Standard Webhooks."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from aiohttp import web
from tests.conftest import Clock
from tests.store.asset_helpers import Shelf
from tests.store.store_helpers import Store, new_task
from tests.work.receivers import Receiver, receiving

from filmgate.links import FileLinks
from filmgate.outbound import Outbound
from filmgate.review import show_review_id
from filmgate.store.db import Database
from filmgate.store.reviews import Reviews
from filmgate.webhook import Secret, new_secret
from filmgate.work.moderate import Moderation, Moderator

SECRET = new_secret()
BASE = "https://films.example"


class Bench:
    """A moderator's bench: files to ask about, and who asks."""

    def __init__(self, database: Database, clock: Clock, outbound: Outbound) -> None:
        # The library refuses what is more than five minutes from its own clock, which no test holds.
        clock.now = datetime.now(UTC)
        self.clock = clock
        self.store, self.shelf, self.reviews = Store(database), Shelf(database), Reviews(database)
        self._outbound = outbound

    def asking(self, receiver: Receiver, **changes: Any) -> Moderator:
        how = Moderation(
            url=receiver.url,
            public_url=BASE,
            answered_within=timedelta(minutes=60),
            silence="human",
            secret=SECRET,
        )
        return Moderator(
            msgspec.structs.replace(how, **changes),
            reviews=self.reviews,
            files=self.shelf.files,
            tasks=self.store.tasks,
            outbound=self._outbound,
            links=FileLinks(b"0123456789abcdef"),
            clock=self.clock,
        )

    async def pending(self) -> UUID:
        _, key = await self.store.customer()
        kept = await self.shelf.keep(key, self.clock(), state="pending", reason="shows a face")
        assert kept.file_id is not None
        return kept.file_id

    async def state(self, review_id: UUID) -> str:
        review = await self.reviews.get(review_id)
        assert review is not None
        return review.state


@pytest.fixture
async def bench(database: Database, clock: Clock) -> AsyncIterator[Bench]:
    outbound = Outbound(allow_private_networks=True)
    yield Bench(database, clock, outbound)
    await outbound.close()


def says(**body: Any) -> web.Response:
    return web.json_response(body)


async def test_a_question_is_signed_and_shows_the_file(bench: Bench) -> None:
    review_id = await bench.pending()
    async with receiving() as receiver:
        await bench.asking(receiver).ask()
        await bench.asking(receiver).ask()
    (heard,) = receiver.heard
    secret = Secret(secret=SECRET, created_at=bench.clock(), expires_at=None)
    question = heard.verified(secret)
    assert heard.headers["webhook-id"] == show_review_id(review_id)
    assert question["type"] == "review.requested"
    data = question["data"]
    assert (data["id"], data["reason"], data["prompt"]) == (show_review_id(review_id), "shows a face", None)
    assert data["answer_url"] == f"{BASE}/filmgate/v1/reviews/decisions"
    assert data["file"]["url"].startswith(f"{BASE}/files/assets/")
    assert (data["file"]["sha256"], data["file"]["facts"]["width"]) == ("ab" * 32, 320)
    assert await bench.state(review_id) == "pending"


async def test_a_question_about_a_prompt_shows_the_prompt_and_the_model(bench: Bench) -> None:
    _, key = await bench.store.customer()
    new = new_task(key)
    await bench.store.order(key, request=msgspec.structs.replace(new.request, held="war"))
    async with receiving() as receiver:
        await bench.asking(receiver).ask()
    data = receiver.bodies[0]["data"]
    assert (data["prompt"], data["model"], data["file"]) == (new.request.prompt, new.request.model, None)


@pytest.mark.parametrize("decision", ["approved", "rejected"])
async def test_an_answer_in_the_answer_decides_at_once(bench: Bench, decision: str) -> None:
    review_id = await bench.pending()
    async with receiving(says(decision=decision, reason="看过了", who="night shift", score=0.9)) as receiver:
        await bench.asking(receiver).ask()
    assert await bench.state(review_id) == decision
    *_, last = await bench.reviews.decisions(review_id)
    assert (last.by, last.who, last.reason) == ("moderator", "night shift", "看过了")


@pytest.mark.parametrize("answer", [
    web.Response(text="ok"), web.Response(body=b"\xff\xfe"), says(decision="maybe"), says(decision=None),
    says(decision="approved", reason=7), web.json_response([1]), web.Response(status=204),
    says(decision="approved", reason="x" * 1001),
])  # fmt: skip
async def test_an_answer_that_says_nothing_leaves_the_review_open(bench: Bench, answer: web.Response) -> None:
    review_id = await bench.pending()
    async with receiving(answer) as receiver:
        await bench.asking(receiver).ask()
        bench.clock.advance(3000)
        await bench.asking(receiver).ask()
    assert len(receiver.heard) == 1
    assert await bench.state(review_id) == "pending"


async def test_a_moderator_that_does_not_hear_is_told_again_until_it_does(bench: Bench) -> None:
    review_id = await bench.pending()
    async with receiving(500, 302, web.Response(status=404), 200) as receiver:
        for _ in range(40):
            await bench.asking(receiver).ask()
            bench.clock.advance(5)
    assert len(receiver.heard) == 4
    assert await bench.state(review_id) == "pending"


@pytest.mark.parametrize(("silence", "state"), [("approve", "approved"), ("reject", "rejected"), ("human", "pending")])
async def test_what_its_silence_means_is_a_setting(bench: Bench, silence: str, state: str) -> None:
    review_id = await bench.pending()
    async with receiving() as receiver:
        moderator = bench.asking(receiver, silence=silence)
        await moderator.ask()
        bench.clock.advance(3599)
        await moderator.end_silence()
        assert await bench.state(review_id) == "pending"
        bench.clock.advance(1)
        await moderator.end_silence()
    assert await bench.state(review_id) == state
    if silence != "human":
        *_, last = await bench.reviews.decisions(review_id)
        assert last.by == "silence"


async def test_a_person_may_be_faster_than_the_moderator(bench: Bench) -> None:
    review_id = await bench.pending()
    async with receiving(says(decision="approved")) as receiver:
        await bench.reviews.decide(
            review_id, "rejected", by="operator", who="Li", reason="no", now=bench.clock(), only_open=True
        )
        await bench.asking(receiver, silence="approve").ask()
        await bench.asking(receiver, silence="approve").end_silence()
    assert receiver.heard == []
    assert await bench.state(review_id) == "rejected"


async def test_a_file_that_was_deleted_meanwhile_is_not_asked_about(bench: Bench, database: Database) -> None:
    await bench.pending()
    await database.run("UPDATE asset_files SET object_name = NULL")
    async with receiving() as receiver:
        await bench.asking(receiver).ask()
    assert receiver.heard == []
