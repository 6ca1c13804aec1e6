"""Asking an outside moderator: questions are posted, signed, until it has heard; what it does not answer in time is
decided as a setting says.

It may answer at once, in the body of its 2xx, or later at a door of ours (``decided``). Its silence is looked at by the
clock of the database's rows, so a worker that dies delays it by seconds.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec
import structlog
from standardwebhooks import Webhook, WebhookVerificationError

from filmgate.asset import AssetFile
from filmgate.dialects.native.review_read import Answered, read_decision
from filmgate.dialects.native.review_wire import ReviewedFile, ReviewQuestion, ReviewRequested
from filmgate.errors import OutboundError, Refused, RulesBroken, Unauthenticated, Unavailable, Violation
from filmgate.links import FileLinks
from filmgate.outbound import Outbound
from filmgate.review import Review, show_review_id
from filmgate.store.asset_files import AssetFiles
from filmgate.store.reviews import Outcome, Reviews, Told
from filmgate.store.tasks import Tasks
from filmgate.webhook import Secret, signed_headers

ANSWER_PATH = "/filmgate/v1/reviews/decisions"
MODERATOR = "moderator"

Silence = Literal["approve", "reject", "human"]
"""What follows when the moderator does not answer in time; ``human``: somebody here decides."""

_AT_ONCE = 16
_LOOK_SECONDS = 2.0
_POST_SECONDS = 10.0
_LINK_LASTS = timedelta(days=1)

_log = structlog.get_logger("filmgate.work")


class Moderation(msgspec.Struct, frozen=True, kw_only=True):
    """How the moderator is asked. From the settings."""

    url: str
    public_url: str
    """How it reaches this server."""
    answered_within: timedelta
    silence: Silence
    secret: str


class Moderator:
    """One worker process's part in asking."""

    def __init__(
        self,
        how: Moderation,
        *,
        reviews: Reviews,
        files: AssetFiles,
        tasks: Tasks,
        outbound: Outbound,
        links: FileLinks,
        clock: Callable[[], datetime],
        look_seconds: float = _LOOK_SECONDS,
    ) -> None:
        self._how = how
        self._reviews = reviews
        self._files = files
        self._tasks = tasks
        self._outbound = outbound
        self._links = links
        self._clock = clock
        self._look_seconds = look_seconds

    async def run_until(self, stop: asyncio.Event) -> None:
        """Ask until ``stop`` is set, whatever the database and the moderator do meanwhile."""
        while not stop.is_set():
            try:
                await self.ask()
                await self.end_silence()
            except Unavailable as exc:
                _log.warning("moderation.unavailable", reason=exc.message)
            except Exception:
                _log.exception("moderation.stumbled")
            try:
                await asyncio.wait_for(stop.wait(), self._look_seconds)
            except TimeoutError:
                continue

    async def ask(self) -> None:
        """Post every question that is due, once.

        Raises:
            Unavailable: the database is away; what was not posted comes again.
        """
        while due := await self._reviews.to_tell(self._clock(), self._how.answered_within, _AT_ONCE):
            await asyncio.gather(*map(self._ask_about, due))

    async def end_silence(self) -> None:
        """Decide what should have been answered by now.

        Raises:
            Unavailable: the database is away.
        """
        for review in await self._reviews.overdue(self._clock(), _AT_ONCE):
            if self._how.silence == "human":
                await self._reviews.leave_to_people(review.id)
            else:
                await self._reviews.decide(
                    review.id,
                    "approved" if self._how.silence == "approve" else "rejected",
                    by="silence",
                    who=MODERATOR,
                    reason="the moderator did not answer in time",
                    now=self._clock(),
                    only_open=True,
                )
            _log.info("review.not_answered", review=str(review.id), silence=self._how.silence)

    async def _ask_about(self, told: Told) -> None:
        review, now = told.review, self._clock()
        question = await self._question(review)
        if question is None:
            await self._reviews.leave_to_people(review.id)
            return
        body = msgspec.json.encode(ReviewRequested(timestamp=now, data=question))
        secret = Secret(secret=self._how.secret, created_at=now, expires_at=None)
        headers = {"Content-Type": "application/json", **signed_headers(show_review_id(review.id), body, [secret], now)}
        try:
            posted = await self._outbound.post(self._how.url, body, headers, timeout_seconds=_POST_SECONDS)
        except OutboundError as exc:
            _log.warning("review.not_asked", review=str(review.id), reason=exc.message, tries=told.tells)
            return
        _log.info("review.asked", review=str(review.id), http_status=posted.status, tries=told.tells)
        if not 200 <= posted.status < 300:
            return
        await self._reviews.told(review.id)
        answered = _answer_in(posted.answer.encode())
        if answered is not None:
            await decided(self._reviews, review.id, answered, self._clock())

    async def _question(self, review: Review) -> ReviewQuestion | None:
        """What is asked; None where there is nothing left to ask about."""
        file = None if review.file_id is None else await self._files.get(review.file_id)
        task = None if review.task_id is None else await self._tasks.get(review.task_id)
        if (file is None or file.object_name is None) and (task is None or task.is_terminal):
            return None
        return ReviewQuestion(
            id=show_review_id(review.id),
            reason=review.reason,
            due_at=review.due_at,
            file=None if file is None else self._shown(file),
            prompt=None if task is None else task.request.prompt,
            model=None if task is None else task.request.model,
            answer_url=self._how.public_url.rstrip("/") + ANSWER_PATH,
        )

    def _shown(self, file: AssetFile) -> ReviewedFile:
        name = file.object_name or ""
        path = self._links.path(name, file_name=name.rpartition("/")[2], expires_at=self._clock() + _LINK_LASTS)
        return ReviewedFile(
            kind=file.kind,
            url=self._how.public_url.rstrip("/") + path,
            sha256=file.sha256,
            size_bytes=file.size_bytes,
            facts=file.facts,
        )


async def decided(reviews: Reviews, review_id: UUID, answered: Answered, now: datetime) -> Outcome:
    """Take a moderator's answer, unless somebody was first."""
    outcome = await reviews.decide(
        review_id,
        answered.decision,
        by="moderator",
        who=answered.who or MODERATOR,
        reason=answered.reason,
        now=now,
        only_open=True,
    )
    _log.info("review.answered", review=str(review_id), decision=answered.decision, outcome=outcome)
    return outcome


def proven_decision(secret: str, headers: Mapping[str, str], body: bytes) -> Answered:
    """An answer that came to our door, once its signature is proven to be the moderator's.

    Raises:
        Unauthenticated: it is not, or is more than some minutes old.
        BadRequest, RulesBroken: it is, and makes no sense.
    """
    try:
        Webhook(secret).verify(body, dict(headers))
    except json.JSONDecodeError:
        pass  # The library reads the body when it has proven the signature; what it says is told below.
    except (WebhookVerificationError, ValueError, UnicodeDecodeError) as exc:
        raise Unauthenticated("the signature is not the moderator's, or too old", missing=False) from exc
    return read_decision(body)


def unknown_review() -> RulesBroken:
    """There is no such review."""
    return RulesBroken([Violation(field="review_id", rule="unknown", message="names no review")])


def _answer_in(body: bytes) -> Answered | None:
    """The decision in the answer to a question; most moderators only say that they heard."""
    try:
        return read_decision(body, names_review=False)
    except Refused:
        return None
