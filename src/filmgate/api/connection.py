"""One connection to a caller, with bounds on what comes before anyone has been identified: the head of a request.

Uvicorn collects a head until it is whole, however long it grows and however long that takes. Without a bound, a
single line of some hundred megabytes keeps the whole process busy for minutes, and callers who never finish their
head use up its connections. A body needs no bound here: the doors read it, after they know who is calling.
"""

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Connection(HttpToolsProtocol):
    """Uvicorn's own protocol, except that a head is refused that is too large or does not arrive in time."""

    largest_head_bytes: ClassVar[int] = 64 * 1024
    """Not exact: what arrives in one piece with the beginning of the head is not counted."""
    slowest_head_seconds: ClassVar[float] = 30.0

    _is_head_open = True
    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(self.slowest_head_seconds, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_head_open:
            self._head_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing() or not self._is_head_open:
            return
        if self._head_bytes > self.largest_head_bytes:
            self.send_400_response("The head of the request is too large.")
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(self.slowest_head_seconds, self.transport.close)

    def on_message_begin(self) -> None:
        self._is_head_open, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._is_head_open = False
        self._stop_timer()
        super().on_headers_complete()

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
