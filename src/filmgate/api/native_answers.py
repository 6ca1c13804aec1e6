"""What the operations of the native API have in common in the OpenAPI document."""

from filmgate.api.operation import Answer, query
from filmgate.dialects.native import wire

_ERRORS = {
    400: Answer(
        "The request is wrong; every violation is listed with its field and what is allowed.", (wire.ErrorAnswer,)
    ),
    401: Answer("The key is missing, revoked or wrong.", (wire.ErrorAnswer,)),
    402: Answer("The account's credits, or a quota, do not cover the order.", (wire.ErrorAnswer,)),
    404: Answer("There is no such thing, or it is not yours.", (wire.ErrorAnswer,)),
    409: Answer("Its state forbids this; or the idempotency key came before with another order.", (wire.ErrorAnswer,)),
    413: Answer("The body is too large.", (wire.ErrorAnswer,)),
    429: Answer("Too much at once; the header Retry-After says for how long.", (wire.ErrorAnswer,)),
    503: Answer("The database or the object store is away; try again.", (wire.ErrorAnswer,)),
}


def answers(good: dict[int, Answer], *statuses: int) -> dict[int, Answer]:
    """The good answers, and the errors that every call with a key may have beside those given."""
    return good | {status: _ERRORS[status] for status in sorted({*statuses, 401, 429, 503})}


LIMIT = query("limit", "How many to show, 1 to 100.", "20", shown=True)
CURSOR = query("cursor", "The `next_cursor` of the page before, with the same filters.", "WyJ...")
