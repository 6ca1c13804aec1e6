"""What one half of a dialect says the other half understands: answers of the server halves."""

from typing import get_args

import msgspec
import pytest
from tests.dialects.client_samples import (
    CLIENTS,
    KEY,
    asked,
    each_client,
    fault_of,
    film_without_link,
    read_back,
    server_of,
)
from tests.dialects.dialect_samples import FILM_LINK, LINKS, broken, finished, make_task, moment
from tests.dialects.test_dialect_suite import EVERY_ERROR

from filmgate import errors
from filmgate.dialects.client import ENDS, ClientDialect, Marks, VendorState
from filmgate.errors import Fault
from filmgate.task import Status, TaskError
from filmgate.video import VideoRequest

MOMENT = moment(1783000184)
# Where a wire has no word for an end of ours, it is a failure there (spec jimmy 5, senseaudio 4.3, ink 4.2).
FAILED_THERE = {"cancelled": ("jimmy", "senseaudio"), "expired": ("jimmy", "senseaudio", "ink")}
TELLS_NO_PROGRESS = ("ink", "ark")
ORDER = VideoRequest(
    model="seedance2.0-sp",
    prompt="A boat",
    duration_seconds=6,
    resolution="720p",
    ratio="16:9",
    audio=True,
    watermark=True,
)
INK_ORDER = msgspec.structs.replace(ORDER, watermark=False)


def state_there(client: ClientDialect, status: Status) -> VendorState:
    if client.name in FAILED_THERE.get(status, ()):
        return "failed"
    return "running" if status == "saving" else status


@each_client
@pytest.mark.parametrize("status", get_args(Status))
def test_every_state_of_a_task_is_understood(client: ClientDialect, status: Status) -> None:
    error = TaskError("cancelled" if status == "cancelled" else "provider_error", "why")
    task = make_task(ORDER, status=status, progress=42, error=error, completed_at=MOMENT)
    server = server_of(client)
    shown_id = server.show_id(task.id)
    found = client.queried(shown_id, server.phrase_task(task, LINKS))
    assert (found.vendor_id, found.state) == (shown_id, state_there(client, status))
    assert found.word
    film_url = film_without_link(client, shown_id) or FILM_LINK
    assert found.film_url == (film_url if status == "succeeded" else None)
    assert (found.failure is not None) == (found.state in ("failed", "expired"))
    assert (found.progress is None) == (client.name in TELLS_NO_PROGRESS)


@each_client
def test_a_finished_film_is_understood(client: ClientDialect) -> None:
    server = server_of(client)
    task = finished(ORDER)
    found = client.queried(server.show_id(task.id), server.phrase_task(task, LINKS))
    film_url = film_without_link(client, server.show_id(task.id)) or FILM_LINK
    assert (found.state, found.film_url, found.failure) == ("succeeded", film_url, None)
    assert found.progress == (None if client.name in TELLS_NO_PROGRESS else 100)


MARKED = VideoRequest(model="seedance2.0-sp", prompt=" A boat,\n at dusk  ", duration_seconds=6, seed=58291)
CREATED = moment(1783000000)
MARKS = {
    "jimmy": Marks(created_at=CREATED, model=MARKED.model),
    "senseaudio": Marks(created_at=CREATED, model=MARKED.model, prompt=MARKED.prompt),
    "ink": Marks(model=MARKED.model, prompt=MARKED.prompt),
    "ark": Marks(created_at=CREATED, model=MARKED.model, seed=58291),
    "openai": Marks(created_at=CREATED, model=MARKED.model, prompt=MARKED.prompt),
}


@each_client
def test_what_is_repeated_of_an_order_marks_it(client: ClientDialect) -> None:
    server = server_of(client)
    task = finished(MARKED)
    found = client.queried(server.show_id(task.id), server.phrase_task(task, LINKS))
    assert found.marks == MARKS[client.name]
    # No answer of Ink's has a time (spec ink 1).
    assert found.took_seconds == (None if client.name == "ink" else 184)


@each_client
def test_an_open_task_is_marked_too_and_took_no_time_yet(client: ClientDialect) -> None:
    server = server_of(client)
    task = make_task(MARKED, status="running", started_at=MOMENT)
    found = client.queried(server.show_id(task.id), server.phrase_task(task, LINKS))
    # Ark tells the seed once the task has ended (spec ark 4).
    assert found.marks == msgspec.structs.replace(MARKS[client.name], seed=None)
    assert found.took_seconds is None


@pytest.mark.parametrize("name", [name for name, client in CLIENTS.items() if client.takes_callback_url])
def test_what_a_webhook_is_told_is_understood(name: str) -> None:
    client = CLIENTS[name]
    server = server_of(client)
    call = client.create(ORDER if name != "ink" else INK_ORDER, "seedance2.0-sp", KEY, "https://gate.example.org/1")
    order = read_back(client, call)
    assert order.webhook_url == "https://gate.example.org/1"
    for status in server.webhook_events:
        error = TaskError("cancelled" if status == "cancelled" else "provider_error", "why")
        task = make_task(order, status=status, error=error, completed_at=MOMENT if status in ENDS else None)
        asked_for = client.queried(server.show_id(task.id), server.phrase_task(task, LINKS))
        told = client.callback({}, server.phrase_webhook(task, LINKS))
        assert told is not None
        assert told.vendor_id == asked_for.vendor_id
        # OpenAI's events know two ends (spec openai_videos 8).
        events = {"cancelled": "failed", "expired": "failed"} if name == "openai" else {}
        assert told.state == events.get(status, asked_for.state)
        assert told.film_url == asked_for.film_url
        assert told.marks.key == (KEY if name == "ink" else None)


@each_client
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TaskError("provider_error", "The backend stopped"), "provider_error"),
        (TaskError("content_rejected", "TRADEMARK"), "content_rejected"),
        (TaskError("content_rejected", ""), "content_rejected"),
        (TaskError("timeout", "the task exceeded its time limit"), "timeout"),
        (TaskError("internal_error", "sorry"), "provider_error"),
        (None, "provider_error"),
    ],
)
def test_why_a_task_failed_is_understood(client: ClientDialect, error: TaskError | None, reason: str) -> None:
    server = server_of(client)
    status = "expired" if reason == "timeout" else "failed"
    task = make_task(ORDER, status=status, error=error, completed_at=MOMENT)
    found = client.queried(server.show_id(task.id), server.phrase_task(task, LINKS))
    assert found.failure is not None
    assert found.failure.reason == reason
    assert found.failure.message


@pytest.mark.parametrize(
    ("client", "field"),
    [
        (CLIENTS["jimmy"], "images[1]"),
        (CLIENTS["jimmy"], "first_image"),
        (CLIENTS["senseaudio"], "content[1].url"),
        (CLIENTS["ink"], "mediaUrls[0]"),
        (CLIENTS["ark"], "content[1].image_url"),
        (CLIENTS["openai"], "input_reference"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_medium_that_could_not_be_used_is_understood(client: ClientDialect, field: str) -> None:
    server = server_of(client)
    task = make_task(ORDER, status="failed", error=TaskError("media_error", f"{field}: cannot be fetched"))
    found = client.queried(server.show_id(task.id), server.phrase_task(task, LINKS))
    assert found.failure is not None
    assert found.failure.reason == "media_error"
    assert "cannot be fetched" in found.failure.message


@each_client
def test_a_new_task_is_understood(client: ClientDialect) -> None:
    server = server_of(client)
    task = make_task(ORDER)
    found = client.created(server.phrase_created(task, LINKS))
    assert (found.vendor_id, found.state) == (server.show_id(task.id), "queued")
    if client.name in ("jimmy", "ink"):
        assert found.usage is not None
        assert found.usage.credits == 0.9


UNKNOWN_MODEL = errors.RulesBroken([broken("model", "unknown", "'x' is not a model that can be ordered here")])
FAULTS: dict[type[errors.FilmgateError], Fault] = {
    errors.BadRequest: "order",
    errors.RulesBroken: "order",
    errors.Unauthenticated: "account",
    errors.InsufficientFunds: "account",
    errors.QuotaExhausted: "account",
    errors.BodyTooLarge: "order",
    errors.RateLimited: "busy",
    errors.TooManyOrders: "busy",
    errors.DayExhausted: "busy",
    errors.Unsupported: "order",
    errors.MediaUnreachable: "order",
    errors.MediaTooLarge: "order",
    errors.MediaUnreadable: "order",
    errors.MediaClosed: "order",
    errors.MediaError: "order",
    errors.AddressRefused: "order",
    errors.NoSuchAddress: "account",
    errors.NoSuchMethod: "account",
}
"""Of an order. Errors that no order gets, and faults of the server itself, are not here: those prove nothing."""
# A quota passes, and codes go before statuses (spec ark 7).
ARK_FAULTS: dict[type[errors.FilmgateError], Fault] = {
    errors.QuotaExhausted: "busy",
    errors.NoSuchAddress: "order",
    errors.NoSuchMethod: "order",
}
BREAKDOWNS = (
    errors.SetupError,
    errors.OutboundError,
    errors.OutboundFailed,
    errors.EngineFailed,
    errors.UpstreamFailed,
    errors.Unavailable,
    errors.Unconfirmed,
)


@each_client
@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
def test_every_refusal_of_an_order_is_understood(client: ClientDialect, error: errors.FilmgateError) -> None:
    with pytest.raises(errors.UpstreamFailed) as raised:
        client.created(server_of(client).phrase_error(error))
    fault = raised.value.fault
    assert raised.value.vendor_code
    assert raised.value.message
    if isinstance(error, errors.RateLimited):
        assert raised.value.retry_after_seconds == error.retry_after_seconds
    faults = FAULTS | ARK_FAULTS if client.name == "ark" else FAULTS
    if type(error) in faults:
        assert fault == faults[type(error)]
    elif isinstance(error, BREAKDOWNS):
        assert fault == "unclear"


def test_the_errors_of_an_order_are_all_looked_at() -> None:
    unheard: set[type[errors.FilmgateError]] = {
        errors.FilmgateError,
        errors.Refused,
        errors.NotFound,
        errors.WrongState,
        errors.BadHttp,
    }
    # No attempt sends the key of another, and an order that was accepted is not refused any more.
    unheard |= {errors.KeyReused, errors.MediaRefused}
    ours = {type(error) for error in EVERY_ERROR if type(error).__module__ == errors.__name__}
    assert ours == unheard | FAULTS.keys() | set(BREAKDOWNS)


@each_client
def test_a_model_that_the_vendor_does_not_know_is_no_fault_of_the_order(client: ClientDialect) -> None:
    # SenseAudio answers it as it answers a breakdown (spec senseaudio 5.2).
    others = {"senseaudio": "unclear", "openai": "order"}
    fault = fault_of(client.created, server_of(client).phrase_error(UNKNOWN_MODEL))
    assert fault == others.get(client.name, "account")


@each_client
@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
def test_every_refusal_of_a_question_is_understood(client: ClientDialect, error: errors.FilmgateError) -> None:
    fault = fault_of(asked(client), server_of(client).phrase_error(error))
    match error:
        case errors.Unauthenticated():
            assert fault == "account"
        case errors.RateLimited():
            assert fault == "busy"
        case errors.NotFound():
            assert fault == "missing"
        case errors.Unavailable() | errors.EngineFailed():
            assert fault == "unclear"
        case _:
            assert fault not in ("order", "content", "vendor")
