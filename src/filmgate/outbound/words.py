"""What goes wrong on the way, in sentences that a customer may read: no address of ours, no text of the operating
system.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp

from filmgate.errors import OutboundFailed

# Before a connection stands, nothing was sent.
_NOTHING_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientSSLError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)


@contextmanager
def in_words(timeout_seconds: float) -> Iterator[None]:
    """What goes wrong becomes OutboundFailed."""
    try:
        yield
    except aiohttp.ClientError as exc:
        raise OutboundFailed(_explain(exc), may_have_arrived=not isinstance(exc, _NOTHING_SENT)) from exc
    except TimeoutError as exc:
        raise OutboundFailed(f"the answer was not complete after {timeout_seconds:g} seconds") from exc


def _explain(exc: aiohttp.ClientError) -> str:
    """What went wrong, in words of our own: aiohttp's name addresses and the errors of the operating system."""
    match exc:
        case aiohttp.ClientConnectorCertificateError():
            return "the host's certificate is not valid"
        case aiohttp.ClientSSLError():
            return "the host does not speak TLS as it should"
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return "the host cannot be reached"
        case aiohttp.SocketTimeoutError():
            return "the host fell silent"
        case aiohttp.ClientPayloadError():
            return "the answer ended before it was complete"
        case aiohttp.ClientResponseError():
            return "the answer is not HTTP as it should be"
        case aiohttp.InvalidURL():
            return "the link is malformed"
        case _:
            return "the connection was lost"
