"""Jimmy as a vendor: no list, no cancel, no callbacks; what is too much is refused (spec jimmy 3, 13)."""

from filmgate.dialects.jimmy import JimmyServer
from filmgate.ledger import Balance
from filmgate.simulator import orders
from filmgate.simulator.call import Answer, Call
from filmgate.simulator.job import charged_micros
from filmgate.simulator.studio import Door, Studio, Vendor, named_size

_BASE = "/api/open-api/v1"
_CREATE_PATH_25 = "/seedance25/videos"

# What was paid into the one account: more than anybody orders.
_FUNDED_MICROS = 10**9 * 1_000_000


def build_jimmy() -> Vendor:
    """The vendor."""
    dialect = JimmyServer()

    async def create(studio: Studio, call: Call) -> Answer:
        return await orders.create(studio, call, dialect.read_create(await call.body(dialect.body_limit_bytes)))

    async def create_25(studio: Studio, call: Call) -> Answer:
        request = dialect.read_create(await call.body(dialect.body_limit_bytes))
        return await orders.create(studio, call, request, create_path=_CREATE_PATH_25)

    async def user_balance(studio: Studio, call: Call) -> Answer:  # noqa: ARG001
        spent = _spent_micros(studio)
        balance = Balance(funded=_FUNDED_MICROS, available=_FUNDED_MICROS - spent, held=0, spent=spent)
        return dialect.phrase_user_balance(balance)

    async def key_balance(studio: Studio, call: Call) -> Answer:  # noqa: ARG001
        return dialect.phrase_key_balance("simulator", 0, _spent_micros(studio))

    async def catalogue(studio: Studio, call: Call) -> Answer:
        return dialect.phrase_catalogue(studio.catalogue.sold_in(dialect.name), call.query("search"))

    return Vendor(
        dialect=dialect,
        base_path="",
        waits_for_room=False,
        task_at=("data",),
        link_at=("result", "video_url"),
        size_of=named_size,
        doors=(
            Door("POST", f"{_BASE}/seedance/videos", "create", create),
            Door("POST", f"{_BASE}{_CREATE_PATH_25}", "create", create_25),
            Door("GET", f"{_BASE}/videos/{{id}}", "query", orders.query),
            Door("GET", f"{_BASE}/user/balance", "balance", user_balance),
            Door("GET", f"{_BASE}/key/balance", "balance", key_balance),
            Door("GET", "/api/openapi/model/catalog", "models", catalogue, "no"),
        ),
    )


def _spent_micros(studio: Studio) -> int:
    now = studio.clock()
    return sum(charged_micros(job, now) for job in studio.book)
