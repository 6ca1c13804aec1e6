"""What one half of a dialect says the other half understands: answers of the server halves."""

from typing import get_args

import pytest
from tests.dialects.client_samples import CLIENTS, asked, each_client, fault_of, server_of
from tests.dialects.dialect_samples import FILM_LINK, LINKS, broken, finished, make_task, moment
from tests.dialects.test_dialect_suite import EVERY_ERROR

from filmgate import errors
from filmgate.dialects.client import ClientDialect, VendorState
from filmgate.errors import Fault
from filmgate.task import Status, TaskError
from filmgate.video import VideoRequest

MOMENT = moment(1783000184)
STATES: dict[str, dict[str, VendorState]] = {
    "queued": dict.fromkeys(("jimmy", "senseaudio", "ink"), "queued"),
    "running": dict.fromkeys(("jimmy", "senseaudio", "ink"), "running"),
    "saving": dict.fromkeys(("jimmy", "senseaudio", "ink"), "running"),
    "succeeded": dict.fromkeys(("jimmy", "senseaudio", "ink"), "succeeded"),
    "failed": dict.fromkeys(("jimmy", "senseaudio", "ink"), "failed"),
    "cancelled": {"jimmy": "failed", "senseaudio": "failed", "ink": "cancelled"},
    "expired": dict.fromkeys(("jimmy", "senseaudio", "ink"), "failed"),
}
ORDER = VideoRequest(
    model="seedance2.0-sp",
    prompt="A boat",
    duration_seconds=6,
    resolution="720p",
    ratio="16:9",
    audio=True,
    watermark=True,
)


@each_client
@pytest.mark.parametrize("status", get_args(Status))
def test_every_state_of_a_task_is_understood(client: ClientDialect, status: Status) -> None:
    task = make_task(ORDER, status=status, progress=42, error=TaskError("provider_error", "why"), completed_at=MOMENT)
    server = server_of(client)
    found = client.queried(server.show_id(task.id), server.phrase_task(task, LINKS))
    assert (found.vendor_id, found.state) == (server.show_id(task.id), STATES[status][client.name])
    assert found.word
    assert found.film_url == (FILM_LINK if status == "succeeded" else None)
    assert (found.failure is not None) == (found.state == "failed")
    assert client.name == "ink" or found.progress is not None


@each_client
def test_a_finished_film_is_understood(client: ClientDialect) -> None:
    server = server_of(client)
    task = finished(ORDER)
    found = client.queried(server.show_id(task.id), server.phrase_task(task, LINKS))
    assert (found.state, found.film_url, found.failure) == ("succeeded", FILM_LINK, None)
    assert client.name == "ink" or found.progress == 100


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
        (CLIENTS[0], "images[1]"),
        (CLIENTS[0], "first_image"),
        (CLIENTS[1], "content[1].url"),
        (CLIENTS[2], "mediaUrls[0]"),
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
    if client.name != "senseaudio":
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
    errors.MediaError: "order",
    errors.AddressRefused: "order",
    errors.NoSuchAddress: "account",
    errors.NoSuchMethod: "account",
}
"""Of an order. Errors that no order gets, and faults of the server itself, are not here: those prove nothing."""
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
    fault = fault_of(client.created, server_of(client).phrase_error(error))
    if type(error) in FAULTS:
        assert fault == FAULTS[type(error)]
    elif isinstance(error, BREAKDOWNS):
        assert fault == "unclear"


def test_the_errors_of_an_order_are_all_looked_at() -> None:
    unheard = {errors.FilmgateError, errors.Refused, errors.NotFound, errors.WrongState, errors.BadHttp}
    # No attempt sends the key of another.
    unheard.add(errors.KeyReused)
    ours = {type(error) for error in EVERY_ERROR if type(error).__module__ == errors.__name__}
    assert ours == unheard | FAULTS.keys() | set(BREAKDOWNS)


@each_client
def test_a_model_that_the_vendor_does_not_know_is_no_fault_of_the_order(client: ClientDialect) -> None:
    # SenseAudio answers it as it answers a breakdown (spec senseaudio 5.2).
    expected = "unclear" if client.name == "senseaudio" else "account"
    assert fault_of(client.created, server_of(client).phrase_error(UNKNOWN_MODEL)) == expected


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
