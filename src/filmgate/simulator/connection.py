"""One connection to a caller: uvicorn's own, except that an application may close it in the middle of anything."""

from typing import TYPE_CHECKING, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    from litestar.types import HTTPScope

_KEY = "simulator_connection"


class Connection(HttpToolsProtocol):
    """Uvicorn's protocol, which a request's scope leads back to."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"][_KEY] = self


def hang_up(scope: "HTTPScope") -> None:
    """Close the connection of a request; what was sent on it still arrives."""
    cast("Connection", scope["state"][_KEY]).transport.close()
