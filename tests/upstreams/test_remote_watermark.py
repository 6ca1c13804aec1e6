"""Words that a vendor does not draw are none of its matter."""

import json
from typing import Any

import pytest
from tests.store.store_helpers import NOW

from filmgate.attempt import Attempt
from filmgate.dialects import build_clients
from filmgate.dialects.base import Reply
from filmgate.dialects.client import Call
from filmgate.ids import new_id
from filmgate.outbound import Outbound
from filmgate.upstreams.breaker import Breaker
from filmgate.upstreams.remote import RemoteUpstream
from filmgate.video import VideoRequest


class Listening(RemoteUpstream):
    """Sends nothing, and hears what would be sent."""

    sent: Call

    async def _send(self, call: Call, timeout_seconds: float, **_parts: Any) -> Reply:
        self.sent = call
        return Reply(status=200, headers={}, body=b'{"id": "cgt-1"}')


def _upstream(draws: bool | None) -> Listening:
    return Listening(
        name="north",
        client=build_clients(plain_http_allowed=False)["ark"],
        base_url="https://north.example.com",
        key="key",
        outbound=Outbound(allow_private_networks=False),
        breaker=Breaker(lambda: 0.0),
        max_running=1,
        submits_per_minute=1,
        answer_seconds=1,
        looks_per_second=1,
        resubmits_in_doubt=False,
        draws_watermark=draws,
    )


@pytest.mark.parametrize(
    ("ordered", "draws", "said"),
    [(True, None, True), (True, True, True), (True, False, False), (False, None, False), (False, True, False)],
)
async def test_a_vendor_is_told_of_the_words_that_it_draws(ordered: bool, draws: bool | None, said: bool) -> None:
    upstream = _upstream(draws)
    attempt = Attempt(task_id=new_id(), number=1, upstream="north", started_at=NOW)
    order = VideoRequest(model="doubao-seedance-2-0-260128", prompt="a kite", watermark=ordered)
    await upstream.submit(order, attempt, None)
    assert json.loads(upstream.sent.body)["watermark"] is said


def test_who_draws_is_known_of_every_dialect() -> None:
    clients = build_clients(plain_http_allowed=False)
    assert {name for name, client in clients.items() if client.draws_watermark} == {"ark", "senseaudio"}
