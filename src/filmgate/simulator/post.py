"""Posting callbacks over HTTP.

The simulator is a vendor: it calls whatever address an order gives, as vendors do, and so not through ``outbound.py``.
"""

import asyncio

import aiohttp

_ANSWER_SECONDS = 5.0
_MOST_AT_ONCE = 200


class Post:
    """Sends callbacks, not too many at once."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(_MOST_AT_ONCE)
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=_ANSWER_SECONDS), cookie_jar=aiohttp.DummyCookieJar()
        )

    async def send(self, url: str, headers: dict[str, str], body: bytes) -> int | None:
        """Post a callback; the status of the answer, or None where there was none."""
        headers = {**headers, "Content-Type": "application/json"}
        try:
            async with self._room, self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None

    async def close(self) -> None:
        """Let go of all connections."""
        await self._session.close()
