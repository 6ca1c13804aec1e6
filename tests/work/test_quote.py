"""Quotes: kept by the customer, sealed, for one order, one account and a quarter of an hour."""

from typing import Any

import msgspec
import pytest
from itsdangerous import URLSafeSerializer
from tests.conftest import Clock
from tests.work.workshop import Workshop

from filmgate.catalogue.load import load_catalogue
from filmgate.catalogue.routes import Router
from filmgate.dialects import build_dialects
from filmgate.errors import BadRequest
from filmgate.media.fetch import MediaFetcher
from filmgate.outbound import Outbound
from filmgate.video import VideoRequest
from filmgate.work.placing import Placing, refuse_old_quote
from filmgate.work.plan import Planner
from filmgate.work.quote import VALID_FOR, Quoter

SECRET = bytes(range(32))
ORDER = VideoRequest(model="seedance-2.0", prompt="a kite", duration_seconds=5)
NATIVE = build_dialects().native


@pytest.fixture
def quoter(workshop: Workshop, clock: Clock) -> Quoter:
    fetcher = MediaFetcher(Outbound(allow_private_networks=False), workshop.objects, workshop.prober)
    return Quoter(Planner(catalogue=load_catalogue(), router=Router(), fetcher=fetcher), SECRET, clock)


async def _quote_id(quoter: Quoter, workshop: Workshop) -> str:
    quoted = await quoter.quote(ORDER, NATIVE, workshop.key, Placing())
    assert quoted.quote_id is not None
    return quoted.quote_id


async def test_a_quote_comes_back_from_its_id(quoter: Quoter, workshop: Workshop) -> None:
    quoted = await quoter.quote(ORDER, NATIVE, workshop.key, Placing())
    assert quoted.plan is not None
    assert quoted.quote_id is not None
    told = msgspec.structs.replace(ORDER, webhook_url="https://a.example/x", metadata={"a": 1})
    for order in (ORDER, told):
        opened = quoter.open(quoted.quote_id, workshop.account.id, "native", order)
        assert opened.quote == quoted.plan.quote
        assert opened.valid_until == quoted.valid_until.replace(microsecond=0)


async def test_a_quote_ends_with_its_time(quoter: Quoter, workshop: Workshop, clock: Clock) -> None:
    valid_until = quoter.open(await _quote_id(quoter, workshop), workshop.account.id, "native", ORDER).valid_until
    clock.advance(VALID_FOR.total_seconds() - 1)
    refuse_old_quote(valid_until, clock())
    clock.advance(1)
    with pytest.raises(BadRequest, match="is of a quote that is no longer valid"):
        refuse_old_quote(valid_until, clock())


@pytest.mark.parametrize("change", [{"duration_seconds": 6}, {"prompt": "two kites"}, {"model": "seedance-2.0-fast"}])
async def test_a_quote_is_for_its_order_alone(quoter: Quoter, workshop: Workshop, change: dict[str, Any]) -> None:
    quote_id = await _quote_id(quoter, workshop)
    with pytest.raises(BadRequest, match="another order"):
        quoter.open(quote_id, workshop.account.id, "native", msgspec.structs.replace(ORDER, **change))
    with pytest.raises(BadRequest, match="another order"):
        quoter.open(quote_id, workshop.account.id, "ink", ORDER)


async def test_a_quote_is_for_its_account_alone(quoter: Quoter, workshop: Workshop, clock: Clock) -> None:
    quote_id = await _quote_id(quoter, workshop)
    other = await workshop.accounts.open_account("other", clock())
    with pytest.raises(BadRequest):
        quoter.open(quote_id, other.id, "native", ORDER)


@pytest.mark.parametrize("sealed", [None, 7, [], ["a"], ["a", "b", "c", "d"], ["a", "b", 1, {"price_micros": "x"}], {}])
async def test_what_is_sealed_but_no_quote_is_refused(quoter: Quoter, workshop: Workshop, sealed: Any) -> None:
    forged = URLSafeSerializer(SECRET, salt="filmgate quote").dumps(sealed)
    for text in (forged, forged + "x", "", "…"):
        with pytest.raises(BadRequest):
            quoter.open(str(text), workshop.account.id, "native", ORDER)
