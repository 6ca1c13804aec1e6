"""The door for vendors: a call at an attempt's own address means that we look at once, and nothing else."""

from litestar.types import Send

from filmgate.api.answers import send_empty
from filmgate.api.bodies import read_any_body
from filmgate.api.calls import Call, note_dialect
from filmgate.api.services import Services

# What vendors say of one task is a page at most; some repeat the customer's metadata.
_LIMIT_BYTES = 1 << 20


async def receive(services: Services, call: Call, send: Send) -> None:
    """Answer 204 to a call at an address of ours, whatever it says: vendors take any 2xx for an acknowledgement
    (spec ark 8). No key is needed, since the address itself is one that only its vendor was told.

    Raises:
        NotFound: the address is none of ours.
        BodyTooLarge: nobody says that much of one film.
        Unavailable: the database is away; the vendor may call again, and we look without it.
    """
    note_dialect(call.scope, services.dialects.native.name)
    body = await read_any_body(call, _LIMIT_BYTES)
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in call.headers.items()}
    values = call.path_values
    await services.callbacks.receive(values["upstream"], values["token"], headers, body)
    await send_empty(call.scope, send, 204, ())
