"""The resolver of outbound.py: from a host name to addresses that may be dialled, and no others."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

from aiohttp.abc import AbstractResolver, ResolveResult

from filmgate.addresses import check_address
from filmgate.errors import OutboundFailed

Resolve = Callable[[str], Awaitable[list[str]]]
"""A host name to its IP addresses; raises OSError when it has none."""

# As many names as are asked for at once, at the most: behind each may stand a name server that does not answer.
_THREADS = 256


class CheckedResolver(AbstractResolver):
    """Resolves names and passes on only addresses that may be dialled.

    One forbidden address among several refuses the name: such a mixture is a trick, or a mistake to be mended there.
    """

    def __init__(self, resolve: Resolve | None, *, allow_private_networks: bool) -> None:
        self._allow_private_networks = allow_private_networks
        self._resolve = resolve or self._ask_system
        # Threads of its own: slow name servers must not use up those that write files.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="resolve")
        self._asking: dict[str, asyncio.Future[list[str]]] = {}

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002  Whatever the name has is tried.
    ) -> list[ResolveResult]:
        try:
            addresses = [ip_address(text) for text in await self._resolve(host)]
        except (OSError, UnicodeError) as exc:
            raise OutboundFailed("the link's host name has no address", may_have_arrived=False) from exc
        if not addresses:
            raise OutboundFailed("the link's host name has no address", may_have_arrived=False)
        for address in addresses:
            check_address(address, allow_private_networks=self._allow_private_networks)
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing: the threads belong to ``Outbound``."""

    def shut_down(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask_system(self, host: str) -> list[str]:
        # Those who ask for the same name at once share one thread, which none of them can stop.
        asking = self._asking.get(host)
        if asking is None:
            asking = asyncio.get_running_loop().run_in_executor(self._threads, _system_addresses, host)
            self._asking[host] = asking
            asking.add_done_callback(lambda asked: self._asked(host, asked))
        return await asyncio.shield(asking)

    def _asked(self, host: str, asked: asyncio.Future[list[str]]) -> None:
        del self._asking[host]
        if not asked.cancelled():
            # Looked at, though everyone who wanted to know may have gone.
            asked.exception()


def _system_addresses(host: str) -> list[str]:
    return [str(sockaddr[0]) for *_, sockaddr in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
