"""What the tests of the store build again and again."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from filmgate.ids import new_id, new_key_secret
from filmgate.store.accounts import Account, Accounts, Key
from filmgate.store.attempts import Attempts
from filmgate.store.db import Database
from filmgate.store.followers import Followers
from filmgate.store.ledger import Ledger
from filmgate.store.tasks import NewTask, Tasks
from filmgate.store.upstreams import UpstreamStates
from filmgate.task import Quote, Result, Task, started
from filmgate.video import Media, VideoRequest

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

RESULT = Result(
    film="films/a.mp4",
    poster="films/a.jpg",
    last_frame="films/a.png",
    width=1280,
    height=720,
    seconds=5.0,
    size_bytes=1234,
    sha256="00" * 32,
)


class Store:
    """The three nouns over one database, and short ways to an account, a key and an order."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.accounts = Accounts(database)
        self.tasks = Tasks(database)
        self.attempts = Attempts(database)
        self.followers = Followers(database)
        self.upstreams = UpstreamStates(database)
        self.ledger = Ledger(database)

    async def customer(
        self, funds_micros: int = 1_000, *, quota_micros: int = 0, test: bool = False
    ) -> tuple[Account, Key]:
        account = await self.accounts.open_account(f"customer {new_id()}", NOW)
        if funds_micros:
            await self.accounts.top_up(account.id, funds_micros, "for the test", NOW)
        key = await self.accounts.create_key(
            account.id, name="main", secret=new_key_secret(test=test), test=test, quota_micros=quota_micros, now=NOW
        )
        return account, key

    async def order(self, key: Key, price_micros: int = 100, **changes: Any) -> Task:
        new = new_task(key, price_micros, **changes)
        await self.tasks.accept(new)
        task = await self.tasks.get(new.id)
        assert task is not None
        return task

    async def running(self, key: Key, price_micros: int = 100) -> Task:
        task = await self.order(key, price_micros)
        assert await self.tasks.apply(started(task, NOW))
        return await self.again(task)

    async def again(self, task: Task) -> Task:
        found = await self.tasks.get(task.id)
        assert found is not None
        return found

    async def traces(self) -> dict[str, int]:
        """How many rows there are of everything that an order writes."""
        tables = ("tasks", "entries", "pgqueuer", "attempts")
        return {table: await self.database.value(f"SELECT count(*) FROM {table}") for table in tables}


def new_task(key: Key, price_micros: int = 100, **changes: Any) -> NewTask:
    new = NewTask(
        id=new_id(),
        account_id=key.account_id,
        key_id=key.id,
        test=key.test,
        dialect="ink",
        request=VideoRequest(
            model="seedance2.0-md",
            prompt="雪山上的猫 pushes in",
            media=(Media(kind="image", role="reference", url="https://example.com/cat.png", field="images[0]"),),
            duration_seconds=5,
            resolution="720p",
            ratio="16:9",
            audio=True,
            watermark=False,
            metadata={"order": "7"},
            extras={"shown": [1, 2.5, None]},
        ),
        quote=Quote(
            price_micros=price_micros,
            billing_name="seedance2.0-md-720p",
            unit="second",
            units="5",
            unit_price_micros=price_micros // 5,
            price_version="2026-01-01",
        ),
        created_at=NOW,
    )
    return msgspec.structs.replace(new, **changes)
