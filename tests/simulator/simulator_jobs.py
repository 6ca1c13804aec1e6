"""Jobs for the tests of what follows from their times."""

from typing import Any

from filmgate.ids import new_id
from filmgate.simulator.job import Job
from filmgate.task import Quote
from filmgate.video import VideoRequest

REQUEST = VideoRequest(
    model="doubao-seedance-2-0-260128",
    prompt="A paper boat, 纸船",
    duration_seconds=5,
    resolution="480p",
    ratio="16:9",
    audio=True,
)
QUOTE = Quote(
    price_micros=2_000_000,
    billing_name="row",
    unit="second",
    units="5",
    unit_price_micros=400_000,
    price_version="v1",
)


def make_job(*lies: str, **changes: Any) -> Job:
    """A job that was accepted at 100, is made from 110 to 140 and would expire at 1000."""
    values: dict[str, Any] = {
        "id": new_id(),
        "request": REQUEST,
        "quote": QUOTE,
        "lies": frozenset(lies),
        "idempotency_key": None,
        "base_url": "http://vendor.example",
        "created_at": 100.0,
        "ready_at": 110.0,
        "making_seconds": 30.0,
        "expires_at": 1000.0,
        "started_at": 110.0,
    }
    return Job(**(values | changes))
