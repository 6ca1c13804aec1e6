"""What a film really costs: by what its vendor counted, where that is what the price counts."""

from decimal import Decimal

from filmgate.dialects.client import Usage
from filmgate.money import Micros, times
from filmgate.task import Quote

_MILLION = 1_000_000


def true_cost(quote: Quote, usage: Usage | None) -> Micros:
    """The cost of a finished film. What may be charged of it, at most what was promised, is the store's to say.

    Args:
        quote: the order's price.
        usage: as the vendor reported it.
    """
    if quote.unit != "million_tokens" or usage is None or not usage.total_tokens:
        return quote.price_micros
    return times(quote.unit_price_micros, Decimal(usage.total_tokens) / _MILLION)
