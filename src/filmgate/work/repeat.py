"""What a worker does again and again, whatever happens meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable

from structlog.typing import FilteringBoundLogger

from filmgate.errors import Unavailable


async def keep_doing(
    name: str,
    step: Callable[[], Awaitable[None]],
    pause_seconds: float,
    log: FilteringBoundLogger,
    *,
    fault: str = "stumbled",
) -> None:
    """Take a step and pause, until it is cancelled. A step that fails is logged, and tried again like any other.

    Args:
        name: the first half of the event in the log; ``unavailable`` or ``fault`` is the other.
    """
    while True:
        try:
            await step()
        except Unavailable as exc:
            log.warning(f"{name}.unavailable", reason=exc.message)
        except Exception:
            log.exception(f"{name}.{fault}")
        await asyncio.sleep(pause_seconds)
