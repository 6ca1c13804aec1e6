"""All doors of the house, written out by hand in the order in which people meet them."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import cast

from litestar import Litestar
from litestar.types import ASGIApp, Send

from filmgate.api import (
    account,
    ark_tasks,
    callbacks,
    consents,
    events,
    files,
    jimmy_assets,
    metrics,
    native,
    native_account,
    native_assets,
    openai_videos,
    operations,
    orders,
    reviews,
    verify,
    webhooks,
)
from filmgate.api.answers import dialect_headers, send_reply
from filmgate.api.auth import Gatekeeper
from filmgate.api.calls import Call, note_dialect
from filmgate.api.desk import Desk
from filmgate.api.docs import Docs
from filmgate.api.entrance import Door, Enter, as_handlers
from filmgate.api.errors import ErrorAnswers
from filmgate.api.measure import HttpFigures, measured
from filmgate.api.rates import Rates
from filmgate.api.reader import TaskReader
from filmgate.api.services import Services
from filmgate.dialects.base import Reply, ServerDialect
from filmgate.store.requests import RequestCounts
from filmgate.work.moderate import ANSWER_PATH

Said = Callable[[Desk, Call], Awaitable[Reply]]
"""What most doors of a dialect are: they say the answer, the sending is the same for all."""

Sent = Callable[[Desk, Call, Send], Awaitable[None]]
"""What the others are: they send their answers themselves."""


def build_api(services: Services) -> ASGIApp:
    """The whole HTTP side as one ASGI application. What it uses stands in ``services`` and is closed by its owner."""
    http = HttpFigures()
    application = Litestar(
        as_handlers(all_doors(services, http)),
        exception_handlers={Exception: ErrorAnswers(services.dialects)},
        openapi_config=None,  # Our document is made from the wire structs, in openapi.py.
        logging_config=None,
    )
    return measured(cast("ASGIApp", application), http)


def all_doors(services: Services, http: HttpFigures) -> list[Door]:
    """The list.

    Args:
        http: where this process's answers are counted.
    """
    gatekeeper = Gatekeeper(services.accounts, Rates(RequestCounts(services.db), services.clock))
    reader = TaskReader(services.tasks)

    def desk(dialect: ServerDialect) -> Desk:
        return Desk(services=services, gatekeeper=gatekeeper, reader=reader, dialect=dialect)

    dialects = services.dialects
    jimmy, senseaudio, ink = desk(dialects.jimmy), desk(dialects.senseaudio), desk(dialects.ink)
    ark, openai, own = desk(dialects.ark), desk(dialects.openai), desk(dialects.native)
    create_25 = partial(orders.create, create_path="/seedance25/videos")
    docs = Docs(services)
    return [
        # Jimmy (spec jimmy 3)
        Door("POST", "/api/open-api/v1/seedance/videos", _spoken(orders.create, jimmy)),
        Door("POST", "/api/open-api/v1/seedance25/videos", _spoken(create_25, jimmy)),
        Door("GET", "/api/open-api/v1/videos/{task_id}", _spoken(orders.status_by_path, jimmy)),
        Door("GET", "/api/open-api/v1/user/balance", _spoken(account.jimmy_user_balance, jimmy)),
        Door("GET", "/api/open-api/v1/key/balance", _spoken(account.jimmy_key_balance, jimmy)),
        Door("GET", "/api/openapi/model/catalog", _spoken(account.jimmy_catalogue, jimmy)),
        # Jimmy: assets (spec jimmy 6 to 9)
        Door("POST", "/api/open-api/v1/seedance/assets/audit", _spoken(jimmy_assets.audit, jimmy)),
        Door("POST", "/api/open-api/v1/seedance/assets/status", _spoken(jimmy_assets.audit_status, jimmy)),
        Door("GET", "/api/open-api/v1/seedance/assets/status", _spoken(jimmy_assets.audit_status_by_query, jimmy)),
        Door("POST", "/api/open-api/v1/seedance/sp/assets/upload", _spoken(jimmy_assets.library_upload, jimmy)),
        Door("POST", "/api/open-api/v1/seedance/sp/assets/detail", _spoken(jimmy_assets.library_detail, jimmy)),
        Door("POST", "/api/open-api/v1/seedance/sp/assets/status", _spoken(jimmy_assets.library_status, jimmy)),
        Door("POST", "/api/open-api/v1/seedance/sp/realperson/submit", _spoken(jimmy_assets.portrait_submit, jimmy)),
        Door("POST", "/api/open-api/v1/seedance/sp/realperson/status", _spoken(jimmy_assets.portrait_status, jimmy)),
        Door(
            "POST",
            "/api/open-api/v1/seedance/sp/realperson/batch-status",
            _spoken(jimmy_assets.portrait_batch_status, jimmy),
        ),
        Door("POST", "/api/open-api/v1/files/upload", _spoken(jimmy_assets.upload_file, jimmy)),
        # SenseAudio (spec senseaudio 2)
        Door("POST", "/v1/video/create", _spoken(orders.create, senseaudio)),
        Door("GET", "/v1/video/status", _spoken(orders.status_by_query, senseaudio)),
        # Two vendors have this one; who names a mode means SenseAudio's (spec senseaudio 6).
        Door(
            "GET",
            "/v1/models",
            _by_query(
                "mode", _spoken(account.senseaudio_models, senseaudio), _spoken(openai_videos.list_models, openai)
            ),
        ),
        # Ink (spec ink 2)
        Door("POST", "/api/open/v1/video/generations", _spoken(orders.create, ink)),
        Door("GET", "/api/open/v1/video/generations/{task_id}", _spoken(orders.status_by_path, ink)),
        Door("POST", "/api/open/v1/video/generations/{task_id}/cancel", _spoken(orders.ink_cancel, ink)),
        Door("GET", "/api/open/v1/models", _spoken(account.ink_models, ink)),
        # Ark (spec ark 1)
        Door("POST", "/api/v3/contents/generations/tasks", _spoken(ark_tasks.create, ark)),
        Door("GET", "/api/v3/contents/generations/tasks", _spoken(ark_tasks.list_tasks, ark)),
        Door("GET", "/api/v3/contents/generations/tasks/{task_id}", _spoken(orders.status_by_path, ark)),
        Door("DELETE", "/api/v3/contents/generations/tasks/{task_id}", _spoken(ark_tasks.delete, ark)),
        # OpenAI (spec openai_videos 1)
        Door("POST", "/v1/videos", _spoken(openai_videos.create, openai)),
        Door("GET", "/v1/videos", _spoken(openai_videos.list_videos, openai)),
        Door("POST", "/v1/videos/edits", _spoken(openai_videos.edit, openai)),
        Door("POST", "/v1/videos/extensions", _spoken(openai_videos.extend, openai)),
        Door("POST", "/v1/videos/characters", _spoken(openai_videos.no_new_character, openai)),
        Door("GET", "/v1/videos/characters/{character_id}", _spoken(openai_videos.no_character, openai)),
        Door("GET", "/v1/videos/{task_id}", _spoken(orders.status_by_path, openai)),
        Door("DELETE", "/v1/videos/{task_id}", _spoken(openai_videos.delete, openai)),
        Door("GET", "/v1/videos/{task_id}/content", _sent(openai_videos.content, openai)),
        Door("POST", "/v1/videos/{task_id}/remix", _spoken(openai_videos.remix, openai)),
        # Native
        Door("POST", "/filmgate/v1/tasks", _spoken(native.create, own)),
        Door("GET", "/filmgate/v1/tasks", _spoken(native.list_tasks, own)),
        Door("GET", "/filmgate/v1/tasks/{task_id}", _spoken(native.read, own)),
        Door("POST", "/filmgate/v1/tasks/{task_id}/cancel", _spoken(native.cancel, own)),
        Door("GET", "/filmgate/v1/tasks/{task_id}/events", _sent(events.events, own)),
        Door("GET", "/filmgate/v1/tasks/{task_id}/attempts", _spoken(native.attempts, own)),
        Door("GET", "/filmgate/v1/tasks/{task_id}/receipt", _spoken(native_account.receipt, own)),
        Door("POST", "/filmgate/v1/quotes", _spoken(native.quote, own)),
        Door("GET", "/filmgate/v1/models", _spoken(native_account.models, own)),
        Door("GET", "/filmgate/v1/account", _spoken(native_account.account, own)),
        Door("GET", "/filmgate/v1/ledger", _spoken(native_account.ledger, own)),
        Door("POST", "/filmgate/v1/verify", _spoken(verify.FileVerifying().verify, own)),
        Door("GET", "/filmgate/v1/verify/{sha256}", _spoken(verify.verify_hash, own)),
        # Native: webhooks and deliveries
        Door("GET", "/filmgate/v1/webhooks", _spoken(webhooks.list_webhooks, own)),
        Door("POST", "/filmgate/v1/webhooks", _spoken(webhooks.add_webhook, own)),
        Door("GET", "/filmgate/v1/webhooks/{webhook_id}", _spoken(webhooks.show_webhook, own)),
        Door("PATCH", "/filmgate/v1/webhooks/{webhook_id}", _spoken(webhooks.change_webhook, own)),
        Door("DELETE", "/filmgate/v1/webhooks/{webhook_id}", _spoken(webhooks.remove_webhook, own)),
        Door("GET", "/filmgate/v1/webhooks/secret", _spoken(webhooks.show_secret, own)),
        Door("POST", "/filmgate/v1/webhooks/secret/rotate", _spoken(webhooks.rotate_secret, own)),
        Door("GET", "/filmgate/v1/deliveries", _spoken(webhooks.list_deliveries, own)),
        Door("GET", "/filmgate/v1/deliveries/{delivery_id}", _spoken(webhooks.show_delivery, own)),
        Door("POST", "/filmgate/v1/deliveries/{delivery_id}/replay", _spoken(webhooks.replay_delivery, own)),
        Door("POST", "/filmgate/v1/deliveries/replay", _spoken(webhooks.replay_deliveries, own)),
        # Native: assets
        Door("POST", "/filmgate/v1/assets", _spoken(native_assets.add, own)),
        Door("GET", "/filmgate/v1/assets", _spoken(native_assets.list_assets, own)),
        Door("GET", "/filmgate/v1/assets/{asset_id}", _spoken(native_assets.show, own)),
        Door("PATCH", "/filmgate/v1/assets/{asset_id}", _spoken(native_assets.change, own)),
        Door("DELETE", "/filmgate/v1/assets/{asset_id}", _spoken(native_assets.delete, own)),
        # Native: consents of real people
        Door("POST", "/filmgate/v1/consents", _spoken(consents.give, own)),
        Door("GET", "/filmgate/v1/consents", _spoken(consents.list_consents, own)),
        Door("GET", "/filmgate/v1/consents/{consent_id}", _spoken(consents.show, own)),
        Door("POST", "/filmgate/v1/consents/{consent_id}/assets", _spoken(consents.cover, own)),
        Door("POST", "/filmgate/v1/consents/{consent_id}/revoke", _spoken(consents.revoke, own)),
        Door("GET", "/filmgate/v1/consents/{consent_id}/tasks", _spoken(consents.tasks, own)),
        # For an outside moderator
        Door("POST", ANSWER_PATH, _spoken(reviews.decide, own)),
        # Vendors, about what they make for us
        Door("POST", "/filmgate/callbacks/{upstream}/{token}", partial(callbacks.receive, services)),
        # Files behind signed links
        Door("GET", "/files/{path...}", partial(files.serve, services)),
        # Operations
        Door("GET", "/healthz", operations.healthz),
        Door("GET", "/readyz", partial(operations.readyz, services)),
        Door("GET", "/metrics", partial(metrics.metrics, services, http)),
        # Pages about the API
        Door("GET", "/", docs.page),
        Door("GET", "/docs", docs.page),
        Door("GET", "/docs/{name}", docs.part),
    ]


def _spoken(said: Said, desk: Desk) -> Enter:
    async def say(desk: Desk, call: Call, send: Send) -> None:
        reply = await said(desk, call)
        await send_reply(call.scope, send, reply, dialect_headers(call.scope, desk.dialect.name))

    return _sent(say, desk)


def _sent(sent: Sent, desk: Desk) -> Enter:
    async def enter(call: Call, send: Send) -> None:
        note_dialect(call.scope, desk.dialect.name)
        await sent(desk, call, send)

    return enter


def _by_query(field: str, given: Enter, absent: Enter) -> Enter:
    """The one door or the other: whether there is a field of that name in the query."""

    async def enter(call: Call, send: Send) -> None:
        await (absent if call.query(field) is None else given)(call, send)

    return enter
