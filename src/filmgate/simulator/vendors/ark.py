"""Ark as a vendor: lists, deletions and callbacks; what is too much waits (spec ark 1, 5, 6, 8, 11)."""

from typing import Any

import msgspec

from filmgate.catalogue.model import Offer
from filmgate.dialects.ark import ArkServer
from filmgate.dialects.ark.listing import ListQuery
from filmgate.dialects.base import Reply
from filmgate.simulator import orders
from filmgate.simulator.call import Answer, Call
from filmgate.simulator.job import Job, Sight, moment, seen
from filmgate.simulator.studio import Door, Studio, Vendor, named_size
from filmgate.simulator.telling import FilmLinks, altered, freshen, task_of
from filmgate.video import VideoRequest

_BASE = "/api/v3"
_TASKS = f"{_BASE}/contents/generations/tasks"


def build_ark() -> Vendor:
    """The vendor."""
    dialect = ArkServer()

    async def create(studio: Studio, call: Call) -> Answer:
        request = dialect.read_create(await call.body(dialect.body_limit_bytes))
        draft_id = dialect.draft_id_of(request)
        if draft_id is not None:
            request = _of_draft(dialect, studio, request, draft_id)
        return await orders.create(studio, call, request)

    async def list_tasks(studio: Studio, call: Call) -> Answer:
        wanted, now = dialect.read_list_query(call.query_fields()), studio.clock()
        models = _models_named(studio, wanted.model)
        sights = ((job, seen(job, now)) for job in _named(studio, wanted))
        found = [(job, sight) for job, sight in sights if _matches(job, sight, wanted, models)]
        page = found[wanted.offset : wanted.offset + wanted.page_size]
        for job, sight in page:
            freshen(job, sight)
        items = [(task_of(studio, job, sight), FilmLinks(studio, job, call.base_url(), now)) for job, sight in page]
        return altered(dialect.phrase_list(items, len(found)), studio, page, lambda answer: answer["items"])

    async def delete(studio: Studio, call: Call) -> Answer:
        job = orders.known(studio, call.id)
        await orders.slowly(studio, job)
        sight = seen(job, studio.clock())
        effect = dialect.effect_of_delete(sight.status)
        if "lies-about-cancel" in job.lies and sight.status in ("queued", "running"):
            effect = "cancel"
        match effect:
            case "cancel":
                orders.cancel(studio, job)
            case "forget":
                studio.book.delete(job)
            case "refuse":
                return dialect.phrase_kept(sight.status)
        return dialect.phrase_deleted()

    async def list_models(studio: Studio, call: Call) -> Answer:  # noqa: ARG001
        items = [_model(offer) for offer in studio.catalogue.sold_in(dialect.name)]
        return Reply(status=200, body=msgspec.json.encode({"object": "list", "data": items}))

    return Vendor(
        dialect=dialect,
        base_path=_BASE,
        waits_for_room=True,
        link_at=("content", "video_url"),
        size_of=named_size,
        doors=(
            Door("POST", _TASKS, "create", create),
            Door("GET", f"{_TASKS}/{{id}}", "query", orders.query),
            Door("GET", _TASKS, "list", list_tasks),
            Door("DELETE", f"{_TASKS}/{{id}}", "cancel", delete),
            Door("GET", f"{_BASE}/models", "models", list_models),
        ),
    )


def _of_draft(dialect: ArkServer, studio: Studio, request: VideoRequest, draft_id: str) -> VideoRequest:
    now = studio.clock()
    draft = studio.book.find(dialect.read_id(draft_id))
    task = None if draft is None else task_of(studio, draft, seen(draft, now))
    return dialect.final_order(request, task, moment(now))


def _named(studio: Studio, wanted: ListQuery) -> list[Job]:
    """The jobs among which to look, newest first."""
    if wanted.task_ids is None:
        return list(studio.book.newest_first())
    named = [job for task_id in wanted.task_ids if (job := studio.book.find(task_id))]
    return sorted(named, key=lambda job: job.id, reverse=True)


def _matches(job: Job, sight: Sight, wanted: ListQuery, models: frozenset[str] | None) -> bool:
    return (
        job.request.extras.get("service_tier", "default") == wanted.service_tier
        and (wanted.statuses is None or sight.status in wanted.statuses)
        and (models is None or job.request.model in models)
    )


def _models_named(studio: Studio, name: str | None) -> frozenset[str] | None:
    """The models that a name means; None where there is no name."""
    if name is None:
        return None
    offer = studio.catalogue.find(name, studio.vendor.dialect.name)
    return frozenset({name}) if offer is None else frozenset({name, offer.id})


def _model(offer: Offer) -> dict[str, Any]:
    """A line of the list of models, as far as it is known (spec ark 4)."""
    modes = {"text": "TextToVideo", "frames": "ImageToVideo", "references": "ReferenceToVideo"}
    return {
        "id": offer.id,
        "object": "model",
        "created": offer.created,
        "name": offer.display_name,
        "status": "Active",
        "domain": "VideoGeneration",
        "task_type": [modes[mode] for mode in offer.modes],
    }
