"""SenseAudio as a vendor: no list, no cancel, no callbacks; what is too much is refused with 400 (spec senseaudio 1,
5.3)."""

from filmgate.dialects.senseaudio import SenseAudioServer
from filmgate.errors import BadRequest
from filmgate.simulator import orders
from filmgate.simulator.call import Answer, Call
from filmgate.simulator.studio import Door, Studio, Vendor, named_size


def build_senseaudio() -> Vendor:
    """The vendor."""
    dialect = SenseAudioServer()

    async def create(studio: Studio, call: Call) -> Answer:
        return await orders.create(studio, call, dialect.read_create(await call.body(dialect.body_limit_bytes)))

    async def query(studio: Studio, call: Call) -> Answer:
        shown_id = call.query("id")
        if not shown_id:
            raise BadRequest("the id of the task is missing", field="id")
        return await orders.query_named(studio, call, shown_id)

    async def models(studio: Studio, call: Call) -> Answer:
        return dialect.phrase_models(studio.catalogue.sold_in(dialect.name), call.query("mode"))

    return Vendor(
        dialect=dialect,
        base_path="",
        waits_for_room=False,
        link_at=("video_url",),
        size_of=named_size,
        doors=(
            Door("POST", "/v1/video/create", "create", create),
            Door("GET", "/v1/video/status", "query", query),
            Door("GET", "/v1/models", "models", models),
        ),
    )
