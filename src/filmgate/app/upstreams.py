"""Builds the upstreams that the operator named."""

import os
import time
from collections.abc import Iterable

from filmgate.dialects import build_clients
from filmgate.errors import SetupError
from filmgate.outbound import Outbound
from filmgate.settings import UpstreamSettings
from filmgate.upstreams.breaker import Breaker
from filmgate.upstreams.remote import RemoteUpstream


def build_upstreams(
    upstreams: Iterable[UpstreamSettings], outbound: Outbound, *, plain_http_allowed: bool
) -> dict[str, RemoteUpstream]:
    """One for each of these ``[[upstream]]`` of ``filmgate.toml``, by its name.

    Args:
        plain_http_allowed: media may have such links, for vendors inside a closed network.

    Raises:
        SetupError: the key of one is not there.
    """
    clients = build_clients(plain_http_allowed=plain_http_allowed)
    return {
        each.name: RemoteUpstream(
            name=each.name,
            client=clients[each.dialect],
            base_url=each.base_url,
            key=_key(each),
            outbound=outbound,
            breaker=Breaker(time.monotonic),
            max_running=each.max_running,
            submits_per_minute=each.submits_per_minute,
            answer_seconds=each.answer_seconds,
            looks_per_second=each.looks_per_second,
            resubmits_in_doubt=each.in_doubt == "resubmit",
            honours_idempotency_key=each.honours_idempotency_key,
            retries_rejected=each.retry_rejected,
            wants_callbacks=each.callbacks,
            draws_watermark=each.draws_watermark,
        )
        for each in upstreams
    }


def _key(upstream: UpstreamSettings) -> str:
    key = os.environ.get(upstream.key_env, "").strip()
    if not key:
        raise SetupError(
            f"upstream {upstream.name!r} has no key: the variable {upstream.key_env} is not set.",
            "Set it to the key of your account there, or remove the upstream from filmgate.toml.",
        )
    return key
