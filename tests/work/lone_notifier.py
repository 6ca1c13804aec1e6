"""A process that does nothing but tell news, to be killed: ``python -m`` with the URL of the database."""

import asyncio
import sys

from filmgate.app import utc_now
from filmgate.dialects import build_dialects
from filmgate.links import FileLinks
from filmgate.outbound import Outbound
from filmgate.store.claims import Claims
from filmgate.store.db import Database
from filmgate.store.deliveries import Deliveries
from filmgate.store.tasks import Tasks
from filmgate.store.webhooks import Webhooks
from filmgate.work.news import NewsWriter
from filmgate.work.notify import Notifier


async def notify(url: str) -> None:
    """Tell news until killed."""
    db = await Database.open(url)
    notifier = Notifier(
        claims=Claims(db),
        deliveries=Deliveries(db),
        webhooks=Webhooks(db),
        tasks=Tasks(db),
        writer=NewsWriter(dialects=build_dialects(), files=FileLinks(b"0123456789abcdef"), public_url=None),
        outbound=Outbound(allow_private_networks=True),
        database_url=url,
        clock=utc_now,
    )
    await notifier.run_until(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(notify(sys.argv[1]))
