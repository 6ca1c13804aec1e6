"""The audit: whether the books are right, proven on all rows at one moment.

Every statement reads whole tables once, from beginning to end, so that a million orders take seconds, and what does
not fit into a little memory goes by way of the database's temporary files. None of them trusts a constraint of the
schema: a database may come from a backup of which a part is missing, or from somebody's hand.
"""

from typing import NamedTuple

import asyncpg
import msgspec

from filmgate.store.db import Database

MOST_OFFENDERS = 100
"""Of each kind, told one by one; the rest is counted."""

_WORK_MEMORY = "32MB"
_LONGEST_SECONDS = 6 * 3600.0


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that must be so, and where it is not."""

    what: str
    """A sentence without its full stop."""
    of: str
    """The word for what it is said of, as in ``Audit.counts``."""
    offenders: list[str]
    """A sentence for each, at most ``MOST_OFFENDERS``."""
    more: int
    """How many offenders there are beside those."""


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at, and what was proven of it."""

    counts: dict[str, int]
    """How many ``accounts``, ``keys``, ``orders``, ``entries``, … were looked at."""
    proofs: list[Proof]

    @property
    def is_proven(self) -> bool:
        return not any(proof.offenders for proof in self.proofs)


async def audit(db: Database) -> Audit:
    """Look at everything at one moment, while others go on writing.

    Raises:
        Unavailable: the database is away.
    """
    async with db.snapshot() as connection:
        await connection.execute(f"SET LOCAL work_mem = '{_WORK_MEMORY}'")
        counts = {word: await _value(connection, f"SELECT count(*) FROM {rows}") for word, rows in _COUNTED.items()}  # noqa: S608
        proofs = [await _proof(connection, claim) for claim in _CLAIMS]
        return Audit(counts=counts, proofs=proofs)


async def _value(connection: asyncpg.Connection, statement: str) -> int:
    value: int = await connection.fetchval(statement, timeout=_LONGEST_SECONDS)
    return value


async def _proof(connection: asyncpg.Connection, claim: "_Claim") -> Proof:
    # Materialized, so that the statement is planned for all its rows: for the first hundred alone the planner would
    # choose a way that never ends when there are none.
    rows = await connection.fetch(
        f"WITH offenders AS MATERIALIZED ({claim.statement}) "  # noqa: S608
        f"SELECT *, (SELECT count(*) FROM offenders) FROM offenders LIMIT {MOST_OFFENDERS}",
        timeout=_LONGEST_SECONDS,
    )
    more = rows[0][1] - len(rows) if rows else 0
    return Proof(what=claim.what, of=claim.of, offenders=[row[0] for row in rows], more=more)


_COUNTED = {
    "accounts": "accounts",
    "keys": "keys",
    "orders": "tasks",
    "entries": "entries",
    "idempotency keys": "idempotency_keys",
    "deliveries": "deliveries",
}


class _Claim(NamedTuple):
    what: str
    of: str
    statement: str
    """Gives one column: a sentence for each offender."""


_CLAIMS = (
    _Claim(
        "every entry sums to zero",
        "entries",
        """
        SELECT format('entry %s sums to %s', id, funded::numeric + available + held + spent)
        FROM entries WHERE funded::numeric + available + held + spent <> 0
        """,
    ),
    _Claim(
        "every entry moves money as its kind does",
        "entries",
        """
        SELECT format('entry %s is a %s, and moves funded %s, available %s, held %s, spent %s', id, kind, funded,
                      available, held, spent)
        FROM entries
        WHERE (CASE kind WHEN 'reserve' THEN funded = 0 AND spent = 0 AND held >= 0
                         WHEN 'settle' THEN funded = 0 AND held <= 0 AND spent >= 0
                         WHEN 'release' THEN funded = 0 AND spent = 0 AND held <= 0
                         WHEN 'top_up' THEN held = 0 AND spent = 0
                         WHEN 'adjustment' THEN held = 0 AND spent = 0 END) IS NOT TRUE
        """,
    ),
    _Claim(
        "every account's balances are the sums of its entries",
        "accounts",
        """
        SELECT format('account %s (%s) has funded %s, available %s, held %s, spent %s; '
                      'its entries sum to %s, %s, %s, %s',
                      name, id, accounts.funded, accounts.available, accounts.held, accounts.spent,
                      coalesce(sums.funded, 0), coalesce(sums.available, 0), coalesce(sums.held, 0),
                      coalesce(sums.spent, 0))
        FROM accounts LEFT JOIN (
            SELECT account_id, -sum(funded) AS funded, sum(available) AS available, sum(held) AS held,
                   sum(spent) AS spent
            FROM entries GROUP BY account_id
        ) sums ON account_id = accounts.id
        WHERE (accounts.funded, accounts.available, accounts.held, accounts.spent) IS DISTINCT FROM
              (coalesce(sums.funded, 0), coalesce(sums.available, 0), coalesce(sums.held, 0), coalesce(sums.spent, 0))
           OR least(accounts.available, accounts.held, accounts.spent) < 0
        """,
    ),
    _Claim(
        "every entry belongs to an account, and if it moves an order's money to an order of that account",
        "entries",
        """
        SELECT CASE WHEN accounts.id IS NULL
                        THEN format('entry %s (%s) belongs to account %s, which is not there', entries.id, kind,
                                    entries.account_id)
                    WHEN entries.task_id IS NULL
                        THEN format('entry %s (%s) moves money of no order', entries.id, kind)
                    WHEN tasks.id IS NULL
                        THEN format('entry %s (%s) belongs to task %s, which is not there', entries.id, kind, task_id)
                    ELSE format('entry %s (%s) of account %s belongs to task %s of account %s', entries.id, kind,
                                entries.account_id, task_id, tasks.account_id) END
        FROM entries
        LEFT JOIN accounts ON accounts.id = entries.account_id
        LEFT JOIN tasks ON tasks.id = entries.task_id
        WHERE accounts.id IS NULL
           OR (entries.task_id IS NULL AND kind NOT IN ('top_up', 'adjustment'))
           OR (entries.task_id IS NOT NULL AND tasks.account_id IS DISTINCT FROM entries.account_id)
        """,
    ),
    _Claim(
        "every order has one reserve, of its price, and once it has ended one end, of its cost, and before that none",
        "orders",
        """
        SELECT format('task %s is %s with price %s and cost %s, but its entries are: %s', id, status, price_micros,
                      coalesce(cost_micros::text, 'none'),
                      coalesce((SELECT string_agg(format('%s held %s spent %s', kind, held, spent), ', '
                                                  ORDER BY entries.id)
                                FROM entries WHERE task_id = tasks.id), 'none'))
        FROM tasks LEFT JOIN (
            SELECT task_id,
                   count(*) FILTER (WHERE kind = 'reserve') AS reserves,
                   max(held) FILTER (WHERE kind = 'reserve') AS reserved,
                   count(*) FILTER (WHERE kind = 'settle') AS settled,
                   count(*) FILTER (WHERE kind <> 'reserve') AS ends,
                   max(held) FILTER (WHERE kind <> 'reserve') AS returned,
                   max(spent) FILTER (WHERE kind <> 'reserve') AS spent
            FROM (
                SELECT task_id, kind, held, spent FROM entries
                WHERE task_id IS NOT NULL AND kind IN ('reserve', 'settle', 'release')
                OFFSET 0 -- Read as it lies: by way of the index on task_id every entry would be fetched on its own.
            ) movements GROUP BY task_id
        ) written ON task_id = id
        WHERE reserves IS DISTINCT FROM 1 OR reserved <> price_micros
           OR ends <> (completed_at IS NOT NULL)::int OR (completed_at IS NOT NULL) <> (cost_micros IS NOT NULL)
           OR (completed_at IS NOT NULL) <> (status IN ('succeeded', 'failed', 'cancelled', 'expired'))
           OR (ends = 1 AND (settled <> (status = 'succeeded' OR cost_micros > 0)::int
                             OR returned <> -price_micros OR spent <> cost_micros))
        """,
    ),
    _Claim(
        "no order costs more than was promised, and none without a film costs more than its cancelling",
        "orders",
        """
        SELECT format('task %s is %s and costs %s, but may cost %s', id, status, cost_micros, most)
        FROM tasks CROSS JOIN LATERAL (
            SELECT CASE status WHEN 'succeeded' THEN coalesce(max_cost_micros, price_micros)
                               WHEN 'cancelled' THEN cancel_fee_micros ELSE 0 END AS most
        ) promise
        WHERE cost_micros NOT BETWEEN 0 AND most
        """,
    ),
    _Claim(
        "every order belongs to a key of its account",
        "orders",
        """
        SELECT format('task %s of account %s was ordered with key %s, which is %s', tasks.id, tasks.account_id, key_id,
                      CASE WHEN keys.id IS NULL THEN 'not there'
                           WHEN keys.account_id <> tasks.account_id THEN format('of account %s', keys.account_id)
                           ELSE 'of the other kind' END)
        FROM tasks LEFT JOIN keys ON keys.id = key_id
        WHERE keys.account_id IS DISTINCT FROM tasks.account_id OR keys.test <> tasks.test
        """,
    ),
    _Claim(
        "what an account holds is the price of its open orders",
        "accounts",
        """
        SELECT format('account %s (%s) holds %s, but its open orders cost %s', name, id, held, coalesce(price, 0))
        FROM accounts LEFT JOIN (
            SELECT account_id, sum(price_micros) AS price FROM tasks WHERE completed_at IS NULL GROUP BY account_id
        ) open_tasks ON account_id = id
        WHERE held <> coalesce(price, 0)
        """,
    ),
    _Claim(
        "the open orders that an account's limit counts are those that are open",
        "accounts",
        """
        SELECT format('account %s (%s) counts %s open orders and has %s', name, id, open_orders,
                      coalesce(really_open, 0))
        FROM accounts LEFT JOIN (
            SELECT account_id, count(*) AS really_open
            FROM tasks WHERE completed_at IS NULL AND NOT test GROUP BY account_id
        ) open_tasks ON account_id = id
        WHERE open_orders <> coalesce(really_open, 0)
        """,
    ),
    _Claim(
        "the open orders that a key's limit counts are those that are open",
        "keys",
        """
        SELECT format('key %s counts %s open orders and has %s', id, open_orders, coalesce(really_open, 0))
        FROM keys LEFT JOIN (
            SELECT key_id, count(*) AS really_open FROM tasks WHERE completed_at IS NULL GROUP BY key_id
        ) open_tasks ON key_id = id
        WHERE open_orders <> coalesce(really_open, 0)
        """,
    ),
    _Claim(
        "what a key has used is what its orders cost, open ones in full",
        "keys",
        """
        SELECT format('key %s has used %s, but its orders cost %s', id, used_micros, coalesce(ordered, 0))
        FROM keys LEFT JOIN (
            SELECT key_id, sum(coalesce(cost_micros, price_micros)) AS ordered FROM tasks GROUP BY key_id
        ) sums ON key_id = id
        WHERE used_micros <> coalesce(ordered, 0)
        """,
    ),
    _Claim(
        "what an account has spent on its last day is what the orders of that day cost, open ones in full",
        "accounts",
        """
        SELECT format('account %s (%s) has spent %s on %s, but the orders of that day cost %s', name, id, day_micros,
                      day, coalesce(ordered, 0))
        FROM accounts LEFT JOIN (
            SELECT account_id, sum(coalesce(cost_micros, price_micros)) AS ordered
            FROM tasks JOIN accounts ON accounts.id = account_id
            WHERE NOT test AND (tasks.created_at AT TIME ZONE 'UTC')::date = day GROUP BY account_id
        ) sums ON account_id = id
        WHERE day_micros <> coalesce(ordered, 0)
        """,
    ),
    _Claim(
        "what a key has spent on its last day is what the orders of that day cost, open ones in full",
        "keys",
        """
        SELECT format('key %s has spent %s on %s, but the orders of that day cost %s', id, day_micros, day,
                      coalesce(ordered, 0))
        FROM keys LEFT JOIN (
            SELECT key_id, sum(coalesce(cost_micros, price_micros)) AS ordered
            FROM tasks JOIN keys ON keys.id = key_id
            WHERE (tasks.created_at AT TIME ZONE 'UTC')::date = day GROUP BY key_id
        ) sums ON key_id = id
        WHERE day_micros <> coalesce(ordered, 0)
        """,
    ),
    _Claim(
        "every idempotency key leads to an order of its account",
        "idempotency keys",
        """
        SELECT format('idempotency key %s of account %s leads to task %s, which is %s', to_json(key),
                      idempotency_keys.account_id, task_id,
                      CASE WHEN tasks.id IS NULL THEN 'not there'
                           ELSE format('of account %s', tasks.account_id) END)
        FROM idempotency_keys LEFT JOIN tasks ON tasks.id = task_id
        WHERE tasks.account_id IS DISTINCT FROM idempotency_keys.account_id
        """,
    ),
    _Claim(
        "every order with a webhook that ended in the last four weeks has news of its end",
        "orders",
        # Deliveries are kept for thirty days after their own end.
        """
        SELECT format('task %s is %s, and its webhook was never to be told', tasks.id, status)
        FROM tasks
        LEFT JOIN deliveries ON task_id = tasks.id AND event = status AND endpoint_id IS NULL
        WHERE completed_at > now() - interval '28 days' AND status = ANY (webhook_events)
          AND request->>'webhook_url' IS NOT NULL AND deliveries.id IS NULL
        """,
    ),
)
