"""From a row of ``tasks`` to a ``Task``."""

from datetime import datetime
from uuid import UUID

import msgspec

from filmgate.task import Promise, Quote, Result, Status, Task, TaskError, Unit
from filmgate.video import VideoRequest

# The order of the columns is the order of the arguments in TaskRows.task.
TASK_COLUMNS = """
id, account_id, key_id, test, dialect, request, status, progress, price_micros, billing_name, unit, units,
unit_price_micros, price_version, cost_micros, error, result, created_at, started_at, completed_at, rendered_at,
retention_hours, max_cost_micros, cancel_fee_micros, base_url, kept_until, forgotten_at, deleted_at
"""
"""What a statement selects that is read by ``TaskRows.task``."""


class TaskRows:
    """Reads rows; made once, because its decoders are."""

    def __init__(self) -> None:
        self._request = msgspec.json.Decoder(VideoRequest)
        self._error = msgspec.json.Decoder(TaskError)
        self._result = msgspec.json.Decoder(Result)

    def task(
        self,
        identifier: UUID,
        account_id: UUID,
        key_id: UUID,
        test: bool,
        dialect: str,
        request: str,
        status: Status,
        progress: int,
        price_micros: int,
        billing_name: str,
        unit: Unit,
        units: str,
        unit_price_micros: int,
        price_version: str,
        cost_micros: int | None,
        error: str | None,
        result: str | None,
        created_at: datetime,
        started_at: datetime | None,
        completed_at: datetime | None,
        rendered_at: datetime | None,
        retention_hours: int,
        max_cost_micros: int | None,
        cancel_fee_micros: int,
        base_url: str,
        kept_until: datetime | None,
        forgotten_at: datetime | None,
        deleted_at: datetime | None,
    ) -> Task:
        """The task of one row; the arguments are its columns."""
        return Task(
            id=identifier,
            account_id=account_id,
            key_id=key_id,
            test=test,
            dialect=dialect,
            request=self._request.decode(request),
            status=status,
            progress=progress,
            quote=Quote(
                price_micros=price_micros,
                billing_name=billing_name,
                unit=unit,
                units=units,
                unit_price_micros=unit_price_micros,
                price_version=price_version,
            ),
            cost_micros=cost_micros,
            error=None if error is None else self._error.decode(error),
            result=None if result is None else self._result.decode(result),
            created_at=created_at,
            started_at=started_at,
            completed_at=completed_at,
            rendered_at=rendered_at,
            promise=Promise(
                retention_hours=retention_hours,
                max_cost_micros=max_cost_micros,
                cancel_fee_micros=cancel_fee_micros,
            ),
            base_url=base_url,
            kept_until=kept_until,
            forgotten_at=forgotten_at,
            deleted_at=deleted_at,
        )
