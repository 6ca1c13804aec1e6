"""What the tests of deliveries build again and again."""

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from tests.store.store_helpers import NOW, RESULT, Store, new_task

from filmgate.ids import new_id
from filmgate.store.accounts import Key
from filmgate.store.claims import Claim, Claims, Room
from filmgate.store.deliveries import Deliveries
from filmgate.store.webhooks import Webhooks
from filmgate.task import Status, Task, TaskError, failed, rendered, started, succeeded
from filmgate.webhook import Delivery, DeliveryFilter, DeliveryState, Heard, Verdict

EVERYTHING = DeliveryFilter()

_INSERT = """
INSERT INTO deliveries (id, account_id, task_id, created_at, next_at, event, url, destination)
SELECT gen_random_uuid(), $1, $2, $3, $4::timestamptz + number * interval '1 millisecond', 'queued', $5,
       webhook_destination($5)
FROM generate_series(1, $6) AS number
"""


class Post:
    """The rows of webhooks over a store, and short ways to news that waits."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.webhooks = Webhooks(store.database)
        self.deliveries = Deliveries(store.database)
        self.claims = Claims(store.database)

    async def order(
        self, key: Key, url: str | None = "https://hooks.example/a", events: tuple[Status, ...] = (), **changes: Any
    ) -> Task:
        """An order with a webhook of its own."""
        new = new_task(key, 0 if key.test else 100, **changes)
        request = msgspec.structs.replace(new.request, webhook_url=url)
        await self.store.tasks.accept(msgspec.structs.replace(new, request=request, webhook_events=events))
        task = await self.store.tasks.get(new.id)
        assert task is not None
        return task

    async def finish(self, task: Task, at: datetime = NOW) -> Task:
        """Lead a queued task to its film."""
        for move in (started, rendered):
            assert await self.store.tasks.apply(move(await self.store.again(task), at))
        assert await self.store.tasks.apply(succeeded(await self.store.again(task), RESULT, at))
        return await self.store.again(task)

    async def fail(self, task: Task, at: datetime = NOW) -> None:
        error = TaskError("provider_error", "the lamp went out")
        assert await self.store.tasks.apply(failed(await self.store.again(task), error, at))

    async def waiting(
        self, account_id: UUID, url: str, count: int = 1, due_at: datetime = NOW, task_id: UUID | None = None
    ) -> None:
        """So many deliveries that wait, one millisecond after the other; of no order that there is, unless given."""
        await self.store.database.run(_INSERT, account_id, task_id or new_id(), NOW, due_at, url, count)

    async def told(self, account_id: UUID) -> list[tuple[Status, str, bool]]:
        """Event, url and whether it is an endpoint's; sorted."""
        found = await self.deliveries.page(account_id, EVERYTHING, 100)
        return sorted((each.event, each.url, each.endpoint_id is not None) for each in found)

    async def ended(self, key: Key, state: DeliveryState, at: datetime = NOW) -> Delivery:
        """A delivery that was sent once and ended so."""
        task = await self.order(key, events=("failed",))
        await self.fail(task, at)
        [claim] = [claim for claim in await self.claims.claim(room(), at) if claim.delivery.task_id == task.id]
        status = 200 if state == "delivered" else 404
        await self.claims.record(claim, heard(status), Verdict(state=state), at)
        found = await self.deliveries.get(key.account_id, claim.delivery.id)
        assert found is not None
        assert found.state == state
        return found


def room(
    at_once: int = 1000, per_destination: int = 1000, per_account: int = 1000, sending: list[Claim] | None = None
) -> Room:
    sent = [claim.delivery for claim in sending or []]
    return Room(
        at_once=at_once,
        per_destination=per_destination,
        per_account=per_account,
        by_destination=Counter(delivery.destination for delivery in sent),
        by_account=Counter(delivery.account_id for delivery in sent),
    )


def heard(status: int | None = 503, error: str | None = None, answer: str = "") -> Heard:
    return Heard(started_at=NOW, milliseconds=12, http_status=status, error=error, answer=answer)


def destinations(claims: list[Claim]) -> Counter[str]:
    return Counter(claim.delivery.destination for claim in claims)
