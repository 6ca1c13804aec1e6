"""``audit``: orders proven a second by ``filmgate audit``, against reading the same rows once."""

import asyncio
import tempfile
import time
from pathlib import Path

from bench.figures import Figure
from filmgate.store.audit import audit
from filmgate.store.db import Database
from filmgate.store.embedded import start_embedded
from filmgate.store.migrate import migrate

_ORDERS = 1_000_000

# As many orders as wanted, of a thousand accounts with two keys each, over a month: nine of ten succeeded, one failed,
# a thousand are open; one of ten has a webhook, one of thirty an idempotency key of its last day.
_FILL = (
    """
    INSERT INTO accounts (id, name, created_at)
    SELECT md5('account' || n)::uuid, 'account ' || n, now() FROM generate_series(0, 999) AS n
    """,
    """
    INSERT INTO keys (id, account_id, quota_micros, test, created_at, digest, hint, name)
    SELECT md5('key' || n)::uuid, md5('account' || n / 2)::uuid, 0, false, now(), sha256(n::text::bytea), 'fg_live_',
           'main'
    FROM generate_series(0, 1999) AS n
    """,
    """
    INSERT INTO entries (account_id, kind, funded, available, created_at)
    SELECT id, 'top_up', -1000000000000, 1000000000000, created_at FROM accounts
    """,
    """
    INSERT INTO tasks (id, account_id, key_id, price_micros, unit_price_micros, cost_micros, created_at, started_at,
                       completed_at, kept_until, test, status, dialect, billing_name, unit, units, price_version,
                       request, error, result, webhook_events)
    SELECT md5('task' || n)::uuid, md5('account' || n % 2000 / 2)::uuid, md5('key' || n % 2000)::uuid, 5000000, 1000000,
           CASE WHEN n < 1000 THEN NULL WHEN n % 10 = 0 THEN 0 ELSE 5000000 END, at, at,
           CASE WHEN n >= 1000 THEN at END, CASE WHEN n >= 1000 THEN at + interval '3 days' END, false,
           CASE WHEN n < 1000 THEN 'running' WHEN n % 10 = 0 THEN 'failed' ELSE 'succeeded' END,
           'native', 'seedance-2.0-720p', 'second', '5', '1',
           jsonb_build_object('model', 'seedance-2.0', 'prompt', repeat('A paper boat on a river. ', 8))
               || CASE WHEN n % 10 = 5 THEN '{"webhook_url": "https://hooks.example/films"}' ELSE '{}' END::jsonb,
           CASE WHEN n >= 1000 AND n % 10 = 0 THEN '{"code": "timeout", "message": ""}'::jsonb END,
           CASE WHEN n >= 1000 AND n % 10 <> 0 THEN '{"film": "films/a.mp4"}'::jsonb END,
           CASE WHEN n % 10 = 5 THEN '{succeeded,failed}'::text[] END
    FROM (SELECT n, date_trunc('second', now()) - interval '30 days' * n / $1 AS at
          FROM generate_series(0, $1::int - 1) AS n) made
    """,
    """
    INSERT INTO entries (account_id, task_id, kind, available, held, created_at)
    SELECT account_id, id, 'reserve', -price_micros, price_micros, created_at FROM tasks
    """,
    """
    INSERT INTO entries (account_id, task_id, kind, available, held, spent, created_at)
    SELECT account_id, id, CASE WHEN cost_micros > 0 THEN 'settle' ELSE 'release' END, price_micros - cost_micros,
           -price_micros, cost_micros, created_at
    FROM tasks WHERE completed_at IS NOT NULL
    """,
    """
    INSERT INTO deliveries (id, account_id, task_id, created_at, ended_at, state, event, url, destination)
    SELECT md5('news' || id)::uuid, account_id, id, created_at, created_at, 'delivered', status,
           request->>'webhook_url', 'hooks.example'
    FROM tasks WHERE request ? 'webhook_url' AND completed_at IS NOT NULL
    """,
    """
    INSERT INTO idempotency_keys (account_id, key, task_id, created_at, digest)
    SELECT account_id, id::text, id, created_at, 'x' FROM tasks WHERE created_at > now() - interval '1 day'
    """,
    """
    UPDATE accounts
    SET funded = sums.funded, available = sums.available, held = sums.held, spent = sums.spent
    FROM (SELECT account_id, -sum(funded) AS funded, sum(available) AS available, sum(held) AS held,
                 sum(spent) AS spent FROM entries GROUP BY account_id) sums
    WHERE account_id = id
    """,
    """
    UPDATE accounts
    SET day = today, open_orders = counted.open_orders, day_micros = counted.day_micros
    FROM (SELECT account_id, (now() AT TIME ZONE 'UTC')::date AS today,
                 count(*) FILTER (WHERE completed_at IS NULL) AS open_orders,
                 coalesce(sum(coalesce(cost_micros, price_micros))
                     FILTER (WHERE (created_at AT TIME ZONE 'UTC')::date = (now() AT TIME ZONE 'UTC')::date), 0)
                     AS day_micros
          FROM tasks GROUP BY account_id) counted
    WHERE account_id = id
    """,
    """
    UPDATE keys
    SET used_micros = counted.used, day = today, open_orders = counted.open_orders, day_micros = counted.day_micros
    FROM (SELECT key_id, (now() AT TIME ZONE 'UTC')::date AS today, sum(coalesce(cost_micros, price_micros)) AS used,
                 count(*) FILTER (WHERE completed_at IS NULL) AS open_orders,
                 coalesce(sum(coalesce(cost_micros, price_micros))
                     FILTER (WHERE (created_at AT TIME ZONE 'UTC')::date = (now() AT TIME ZONE 'UTC')::date), 0)
                     AS day_micros
          FROM tasks GROUP BY key_id) counted
    WHERE key_id = id
    """,
    "ANALYZE",
)
_READ = (
    "SELECT sum(price_micros), count(request) FROM tasks",
    "SELECT sum(held), count(task_id) FROM entries",
)


def measure() -> Figure:
    """Run it."""
    with tempfile.TemporaryDirectory() as folder:
        embedded = start_embedded(Path(folder) / "data")
        try:
            migrate(embedded.url)
            return asyncio.run(_measure(embedded.url))
        finally:
            embedded.stop()


async def fill(db: Database, orders: int) -> None:
    """Write so many orders with all that belongs to them, past the functions that usually write them."""
    for statement in _FILL:
        await db.pool.execute(statement, *([orders] if "$1" in statement else []), timeout=3600)


async def _measure(url: str) -> Figure:
    db = await Database.open(url)
    try:
        await fill(db, _ORDERS)
        began = time.perf_counter()
        for statement in _READ:
            await db.value(statement)
        read = time.perf_counter() - began
        began = time.perf_counter()
        found = await audit(db)
        audited = time.perf_counter() - began
    finally:
        await db.close()
    if not found.is_proven:
        raise RuntimeError(f"the audit found something: {found.proofs}")
    return Figure(
        id="audit",
        work=f"orders proven by `filmgate audit`, {_ORDERS:,} orders with {found.counts['entries']:,} ledger entries",
        unit="/s",
        measured=_ORDERS / audited,
        limit=_ORDERS / read,
        limit_is="reading the same rows once",
        aim=0.03,
        remarks=f"{audited:.0f} s in all",
    )
