"""Whatever is said about webhooks in the native API is read, or refused with everything that is wrong with it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from filmgate.dialects.native import webhook_read as read
from filmgate.errors import BadRequest, RulesBroken, Violation
from filmgate.task import TERMINAL
from filmgate.webhook import STATUSES, DeliveryFilter, event_name

URL = "https://hooks.example/films"

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from([
    "url", "events", "description", "disabled", "overlap_hours", "state", "event", "task_id", "webhook_id",
    "created_from", "created_before", "limit", "cursor", "URL", "x",
])  # fmt: skip
likely = junk | st.sampled_from([URL, "dead", "task.failed", ["task.failed"], 24, True, "2026-01-31T12:00:00Z"])


def no_check(_url: str) -> list[Violation]:
    return []


def broken_fields(reader: Callable[[], object]) -> list[str] | None:
    """What a refusal names; None where there is none, [] where there is no object to read."""
    try:
        reader()
    except RulesBroken as refusal:
        return [violation.field for violation in refusal.violations]
    except BadRequest:
        return []
    return None


@given(st.dictionaries(names | st.text(max_size=5), likely, max_size=6))
def test_any_object_is_read_or_refused(body: dict[str, Any]) -> None:
    encoded = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    assert set(broken_fields(lambda: read.read_new_webhook(encoded, no_check, [])) or []) <= {"url", *body}
    assert set(broken_fields(lambda: read.read_changes(encoded, no_check)) or []) <= body.keys()
    assert set(broken_fields(lambda: read.read_rotation(encoded)) or []) <= body.keys()
    assert set(broken_fields(lambda: read.read_replay(encoded)) or []) <= body.keys()


@given(st.binary(min_size=1, max_size=200).filter(lambda body: not body.strip().startswith(b"{")))
def test_what_is_no_object_is_refused(body: bytes) -> None:
    assert broken_fields(lambda: read.read_replay(body)) == []
    assert broken_fields(lambda: read.read_rotation(body)) == []
    assert broken_fields(lambda: read.read_changes(body, no_check)) == []


def test_what_is_said_is_what_is_read() -> None:
    body = json.dumps(
        {"url": URL, "events": ["task.failed", "task.queued", "task.failed"], "description": "a"}
    ).encode()
    said = read.read_new_webhook(body, no_check, [])
    assert (said.url, said.events, said.description, said.disabled) == (URL, ("queued", "failed"), "a", None)
    assert read.read_new_webhook(json.dumps({"url": URL}).encode(), no_check, []).events == tuple(sorted(TERMINAL))
    assert read.read_changes(b"{}", no_check) == read.Changes(url=None, events=None, description=None)
    assert read.read_changes(b'{"disabled": false}', no_check).disabled is False
    assert (read.read_rotation(b""), read.read_rotation(b"{}"), read.read_rotation(b'{"overlap_hours": 0}')) == (
        24,
        24,
        0,
    )
    assert read.read_replay(b"").wanted == DeliveryFilter(state="dead")
    wanted = read.read_replay(b'{"state": "delivered", "created_from": "2026-01-31T20:00:00+08:00"}').wanted
    assert wanted == DeliveryFilter(state="delivered", created_from=datetime(2026, 1, 31, 12, tzinfo=UTC))


def test_what_was_found_before_is_told_with_the_rest() -> None:
    before = Violation(field="url", rule="count", message="is one too many")
    body = b'{"url": "x", "events": []}'
    broken = broken_fields(lambda: read.read_new_webhook(body, lambda _url: [before], [before]))
    assert broken == ["url", "url", "events"]


def test_every_status_can_be_asked_for() -> None:
    for status in STATUSES:
        asked = read.read_replay(json.dumps({"event": event_name(status)}).encode())
        assert asked.wanted.event == status
