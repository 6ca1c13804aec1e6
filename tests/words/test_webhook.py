"""What news is called, how it is signed, and when it is told again."""

import base64
import hashlib
import hmac
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from filmgate.task import Status
from filmgate.webhook import (
    LONGEST_ASKED_PAUSE_SECONDS,
    MOST_TRIES,
    PAUSES_SECONDS,
    STATUSES,
    Heard,
    Secret,
    asked_pause_seconds,
    event_name,
    event_status,
    hex_signed_headers,
    judge,
    message_id,
    new_secret,
    signed_headers,
)

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
BODY = '{"type":"task.succeeded","data":{"prompt":"纸船 🛶"}}'.encode()
lucks = st.floats(0, 1)


def _secret(expires_at: datetime | None = None, created_at: datetime = NOW) -> Secret:
    return Secret(secret=new_secret(), created_at=created_at, expires_at=expires_at)


def heard(**said: Any) -> Heard:
    return Heard(started_at=NOW, milliseconds=12, **said)


def test_an_event_is_named_after_the_status_and_read_back() -> None:
    assert event_name("succeeded") == "task.succeeded"
    assert [event_status(event_name(status)) for status in STATUSES] == list(STATUSES)
    for text in ("succeeded", "task.", "task.done", "task.succeeded ", "Task.succeeded", "", "*"):
        assert event_status(text) is None


def test_a_piece_of_news_has_one_id_and_another_piece_another() -> None:
    tasks = [UUID(int=number) for number in range(50)]
    identifiers = [message_id(task, status) for task in tasks for status in STATUSES]
    assert len(set(identifiers)) == len(identifiers)
    assert identifiers == [message_id(task, status) for task in tasks for status in STATUSES]
    assert all(identifier.startswith("evt_") and identifier.isascii() for identifier in identifiers)


@given(st.sampled_from([200, 201, 202, 204, 299]), st.integers(1, 100), lucks)
def test_any_2xx_delivers(status: int, tries: int, luck: float) -> None:
    assert judge(heard(http_status=status), tries, luck).state == "delivered"


@pytest.mark.parametrize("status", [None, 408, 425, 429, 500, 502, 503, 504, 599])
def test_what_may_come_right_is_tried_again_for_about_a_day(status: int | None) -> None:
    answer = heard(http_status=status, error=None if status else "the host cannot be reached")
    pauses = []
    for tries in range(1, MOST_TRIES):
        verdict = judge(answer, tries, luck=0.5)
        assert verdict.state == "waiting"
        pauses.append(verdict.pause_seconds)
    assert pauses == list(PAUSES_SECONDS)
    assert pauses == sorted(pauses)
    assert 23 * 3600 < sum(pauses) < 25 * 3600
    last = judge(answer, MOST_TRIES, luck=0.5)
    assert last.state == "dead"
    assert f"last of {MOST_TRIES} tries" in (last.error or "")


@pytest.mark.parametrize(
    "status", [300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 410, 413, 422, 451, 600, 999]
)
def test_any_other_answer_ends_it_at_the_first_try(status: int) -> None:
    verdict = judge(heard(http_status=status), 1, luck=0.5)
    assert verdict.state == "dead"
    assert str(status) in (verdict.error or "")
    assert ("redirects are not followed" in (verdict.error or "")) is (status < 400)


def test_an_address_that_is_not_called_ends_it_with_the_reason() -> None:
    verdict = judge(heard(error="the link leads to a private network", is_hopeless=True), 1, luck=0.5)
    assert (verdict.state, verdict.error) == ("dead", "the link leads to a private network")


@given(st.integers(1, MOST_TRIES - 1), lucks)
def test_the_jitter_keeps_near_the_schedule(tries: int, luck: float) -> None:
    pause = judge(heard(http_status=503), tries, luck).pause_seconds
    assert 0.79 < pause / PAUSES_SECONDS[tries - 1] < 1.21


def test_the_jitter_spreads_what_failed_together() -> None:
    pauses = Counter(round(judge(heard(http_status=503), 5, luck / 100).pause_seconds) for luck in range(100))
    assert len(pauses) == 100


@given(st.integers(1, MOST_TRIES - 1), st.floats(0, 1e12))
def test_a_longer_pause_is_given_within_bounds_and_a_shorter_one_is_not(tries: int, asked: float) -> None:
    plain = judge(heard(http_status=429), tries, 0.5).pause_seconds
    given_pause = judge(heard(http_status=429, asked_pause_seconds=asked), tries, 0.5).pause_seconds
    assert given_pause == max(plain, min(asked, LONGEST_ASKED_PAUSE_SECONDS))


@pytest.mark.parametrize(("header", "seconds"), [
    (None, None), ("", None), ("120", 120), (" 7 ", 7), ("0", 0), ("9" * 400, 9_999_999_999),
    ("Wed, 01 Jul 2026 12:00:30 GMT", 30), ("Wed, 01 Jul 2026 11:00:00 GMT", 0),
    ("Wed, 01 Jul 2026 12:00:30", None), ("-5", None), ("1.5", None), ("soon", None), ("²", None), ("\u0661", None),
    ("Wed, 99 Foo 99999 99:99:99 GMT", None),
])  # fmt: skip
def test_a_retry_after_is_read_in_both_forms_and_nonsense_is_none(header: str | None, seconds: float | None) -> None:
    assert asked_pause_seconds(header, NOW) == seconds


@given(st.text(max_size=60))
def test_no_retry_after_breaks_anything(header: str) -> None:
    asked = asked_pause_seconds(header, NOW)
    assert asked is None or asked >= 0


def test_secrets_are_random_and_read_by_the_library() -> None:
    made = [new_secret() for _ in range(10)]
    assert len(set(made)) == 10
    for secret in made:
        assert secret.startswith("whsec_")
        assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
        assert Webhook(secret).sign("evt_1", NOW, "") == Webhook(secret).sign("evt_1", NOW, "")


def test_the_library_verifies_what_was_signed_and_nothing_that_was_changed() -> None:
    secret, now = _secret(), datetime.now(UTC)
    headers = signed_headers("evt_1", BODY, [secret], now)
    assert Webhook(secret.secret).verify(BODY, headers)["type"] == "task.succeeded"
    for changed in ({"webhook-id": "evt_2"}, {"webhook-timestamp": str(int(now.timestamp()) + 1)}):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret.secret).verify(BODY, headers | changed)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret.secret).verify(BODY + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers)


def test_a_clock_in_another_zone_signs_the_same_moment() -> None:
    secret, now = _secret(), datetime.now(timezone(timedelta(hours=8)))
    Webhook(secret.secret).verify(BODY, signed_headers("evt_1", BODY, [secret], now))


def test_during_a_rotation_both_secrets_verify() -> None:
    now = datetime.now(UTC)
    old, new = _secret(expires_at=now + timedelta(hours=1)), _secret()
    headers = signed_headers("evt_1", BODY, [new, old], now)
    for secret in (old, new):
        Webhook(secret.secret).verify(BODY, headers)


def test_the_hex_signature_is_made_with_the_text_of_the_secret() -> None:
    secret = _secret()
    headers = hex_signed_headers("evt_1", BODY, [secret], NOW)
    signed = f"{int(NOW.timestamp())}.".encode() + BODY
    digest = hmac.new(secret.secret.encode(), signed, hashlib.sha256).hexdigest()
    assert headers == {
        "X-Webhook-Id": "evt_1",
        "X-Webhook-Timestamp": str(int(NOW.timestamp())),
        "X-Webhook-Signature": f"sha256={digest}",
    }


def test_during_a_rotation_the_hex_signature_is_that_of_the_oldest_good_secret() -> None:
    oldest = _secret(NOW + timedelta(hours=1), NOW - timedelta(days=9))
    older = _secret(NOW + timedelta(hours=9), NOW - timedelta(days=1))
    current = _secret(None, NOW - timedelta(days=10))
    alone = hex_signed_headers("evt_1", BODY, [oldest], NOW)
    assert hex_signed_headers("evt_1", BODY, [current, older, oldest], NOW) == alone


def test_every_status_is_an_event() -> None:
    expected: set[Status] = {"queued", "running", "saving", "succeeded", "failed", "cancelled", "expired"}
    assert set(STATUSES) == expected
