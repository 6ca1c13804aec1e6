"""The customers: each order is asked for until there is an answer, then followed to its end, whatever happens.

They do what a careful client does: one Idempotency-Key for each order, another try on a lost connection, on 429 and on
5xx, and never a second order for the first.
"""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import msgspec

from chaos.plan import Dialect, PlannedOrder

FILM_SECONDS = 4
"""The shortest film that all dialects sell."""

_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0
_ASK_SECONDS = 0.25

_CREATE: dict[Dialect, str] = {
    "jimmy": "/api/open-api/v1/seedance/videos",
    "senseaudio": "/v1/video/create",
    "ink": "/api/open/v1/video/generations",
    "native": "/filmgate/v1/tasks",
}
_QUERY: dict[Dialect, str] = {
    "jimmy": "/api/open-api/v1/videos/",
    "senseaudio": "/v1/video/status?id=",
    "ink": "/api/open/v1/video/generations/",
    "native": "/filmgate/v1/tasks/",
}


class Outcome(msgspec.Struct, kw_only=True):
    """What a client knows of its order in the end."""

    order: PlannedOrder
    shown_id: str = ""
    status: str = ""
    """In the native words."""
    film_url: str | None = None
    tries: int = 0
    """How often it asked for the order."""
    surprises: list[str] = []
    """Answers that no client should get."""


class Lost(Exception):
    """The client gives up: it got an answer that no client should get, or none for too long."""


class Client:
    """Places orders and follows them.

    Args:
        keys: the secret of each account.
        hook: the webhook link for an order.
    """

    def __init__(
        self, url: str, keys: list[str], hook: Callable[[PlannedOrder], str | None], seed: int, deadline_seconds: float
    ) -> None:
        self._url = url
        self._keys = keys
        self._hook = hook
        self._seed = seed
        self._deadline = time.monotonic() + deadline_seconds
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15))

    async def close(self) -> None:
        await self._session.close()

    async def live(self, order: PlannedOrder) -> Outcome:
        """Place one order when its time has come, and follow it to its end."""
        await asyncio.sleep(order.at_seconds)
        outcome = Outcome(order=order, surprises=[])
        try:
            await self._create(outcome)
            await asyncio.gather(self._follow(outcome), self._cancel(outcome))
        except Lost as exc:
            outcome.surprises.append(str(exc))
        return outcome

    async def _create(self, outcome: Outcome) -> None:
        order = outcome.order
        body = _body(order, self._hook(order))
        headers = {"Idempotency-Key": f"{self._seed}-{order.number}"}
        # Some clients are so impatient that they ask twice at once.
        twice = order.number % 5 == 0
        answers = await asyncio.gather(
            *(self._patiently(outcome, "POST", _CREATE[order.dialect], body, headers) for _ in range(2 if twice else 1))
        )
        ids = {_shown_id(order.dialect, answer) for answer in answers}
        if len(ids) != 1 or None in ids:
            raise Lost(f"creates with one key were answered {answers}")
        outcome.shown_id = str(ids.pop())

    async def _follow(self, outcome: Outcome) -> None:
        dialect = outcome.order.dialect
        path = _QUERY[dialect] + outcome.shown_id
        wait = "?wait=5" if dialect == "native" else ""
        while True:
            answer = await self._patiently(outcome, "GET", path + wait)
            status, film_url = _state(dialect, answer)
            if status not in ("queued", "running", "saving"):
                outcome.status, outcome.film_url = status, film_url
                return
            if not wait:
                await asyncio.sleep(_ASK_SECONDS)

    async def _cancel(self, outcome: Outcome) -> None:
        if outcome.order.cancel_after_seconds is None:
            return
        await asyncio.sleep(outcome.order.cancel_after_seconds)
        path = f"{_QUERY[outcome.order.dialect]}{outcome.shown_id}/cancel"
        # Refused where it has ended: an ordinary answer.
        await self._patiently(outcome, "POST", path, good=(200, 409))

    async def _patiently(
        self,
        outcome: Outcome,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        good: tuple[int, ...] = (200, 201),
    ) -> Any:
        """The answer, however often it takes.

        Raises:
            Lost: there is none before the deadline of the run, or one that no client should get.
        """
        key = {"Authorization": f"Bearer {self._keys[outcome.order.account]}"}
        pause_seconds = _FIRST_PAUSE_SECONDS
        while time.monotonic() < self._deadline:
            outcome.tries += method == "POST" and body is not None
            try:
                async with self._session.request(
                    method, self._url + path, json=body, headers={**key, **(headers or {})}
                ) as answer:
                    content = await answer.json()
                    if answer.status in good and not _is_jimmys_trouble(content):
                        return content
                    if not _is_trouble(outcome.order.dialect, answer.status, content):
                        raise Lost(f"{method} {path} was answered {answer.status} {content}")
            except (aiohttp.ClientError, TimeoutError, OSError):
                pass
            await asyncio.sleep(pause_seconds * random.uniform(0.5, 1.5))
            pause_seconds = min(pause_seconds * 2, _LONGEST_PAUSE_SECONDS)
        raise Lost(f"no answer to {method} {path}")


def _is_jimmys_trouble(content: Any) -> bool:
    return isinstance(content, dict) and content.get("code") == -1


def _is_trouble(dialect: Dialect, status: int, content: Any) -> bool:
    """Whether an answer says that the server cannot answer now: it is asked again."""
    # SenseAudio says with 500 that it is busy, and Jimmy with 200 and a code; elsewhere a 500 is a bug.
    return status in (429, 503) or (dialect == "senseaudio" and status == 500) or _is_jimmys_trouble(content)


def _body(order: PlannedOrder, hook: str | None) -> dict[str, Any]:
    prompt = f"order {order.number}" + (" [[fail:moderation]]" if order.ends == "failed" else "")
    match order.dialect:
        case "jimmy":
            return {"model": "seedance2.0-of-sp", "prompt": prompt, "duration": FILM_SECONDS, "resolution": "480p"}
        case "senseaudio":
            return {
                "model": "doubao-seedance-2-0-260128",
                "content": [{"type": "text", "text": prompt}],
                "duration": FILM_SECONDS,
                "resolution": "480p",
                "ratio": "16:9",
            }
        case "ink":
            more = {"webhookUrl": hook, "metadata": {"number": order.number}} if hook else {}
            return {"model": "seedance-2.0", "prompt": prompt, "duration": FILM_SECONDS, "resolution": "480p", **more}
        case "native":
            more = {"webhook_url": hook, "metadata": {"number": order.number}} if hook else {}
            return {
                "model": "seedance-2.0",
                "prompt": prompt,
                "duration_seconds": FILM_SECONDS,
                "resolution": "480p",
                **more,
            }


def _shown_id(dialect: Dialect, answer: Any) -> str | None:
    match dialect:
        case "jimmy":
            found = (answer.get("data") or {}).get("task_id")
        case "senseaudio":
            found = answer.get("task_id")
        case "ink":
            found = answer.get("requestId")
        case "native":
            found = answer.get("id")
    return None if found is None else str(found)


_WORDS = {"completed": "succeeded", "processing": "running", "pending": "queued"}


def _state(dialect: Dialect, answer: Any) -> tuple[str, str | None]:
    """The status in the native words, and the link to the film."""
    match dialect:
        case "jimmy":
            data = answer.get("data") or {}
            status, film = data.get("status", "queued"), (data.get("result") or {}).get("video_url")
        case "senseaudio":
            status, film = answer["status"], answer.get("video_url")
        case "ink":
            status, film = answer["status"], (answer["output"] or {}).get("url")
        case "native":
            status, film = answer["status"], (answer["film"] or {}).get("url")
    return _WORDS.get(status, status), film
