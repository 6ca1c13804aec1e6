"""The two halves of the OpenAI dialect meet: what is OpenAI's own (``test_client_halves.py`` has the rest)."""

import json
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.dialects.dialect_samples import LINKS, TASK_ID, TASK_ID_SHORT, finished, make_task
from tests.dialects.openai_samples import JPEG_URL, MP4_URL, PNG_URL, WAV_URL, first_frame, medium
from tests.dialects.test_dialect_suite import EVERY_ERROR, PROMPT

from filmgate import errors
from filmgate.dialects.base import Reply
from filmgate.dialects.client import Failure, Report
from filmgate.dialects.openai import OpenAIClient, OpenAIServer
from filmgate.task import ErrorCode, Status, TaskError
from filmgate.video import RATIOS, RESOLUTIONS, VideoRequest

CLIENT = OpenAIClient()
SERVER = OpenAIServer()
NAME = f"video_{TASK_ID_SHORT}"
ORDER = VideoRequest(model="ours", prompt="A boat", duration_seconds=5, resolution="480p", ratio="16:9")


def refused(reply: Reply) -> errors.UpstreamFailed:
    with pytest.raises(errors.UpstreamFailed) as raised:
        CLIENT.created(reply)
    return raised.value


WEB = st.sampled_from(["https://m.example/a.png", "http://m.example/b?x=1&y=%20", "https://m.example/红.mp4"])
FILES = st.sampled_from(
    [("image", PNG_URL), ("image", JPEG_URL), ("video", MP4_URL), ("audio", WAV_URL)],
)
KINDS = st.sampled_from(["image", "video", "audio"])
FILE_MEDIA = st.lists(st.builds(lambda file: medium(file[0], "reference", file[1], ""), FILES), max_size=5)
LINK_MEDIA = st.lists(st.builds(lambda kind, url: medium(kind, "reference", url, ""), KINDS, WEB), max_size=5)
FRAME = st.builds(lambda url: first_frame(url, ""), WEB | st.sampled_from([PNG_URL, JPEG_URL]))
MEDIA = (
    FRAME
    | FILE_MEDIA.map(tuple)
    | LINK_MEDIA.map(lambda media: tuple(sorted(media, key=lambda one: "iva".index(one.kind[0]))))
)
ORDERS = st.builds(
    VideoRequest,
    model=st.just("theirs"),
    prompt=PROMPT,
    media=MEDIA,
    duration_seconds=st.none() | st.integers(1, 60),
    resolution=st.none() | st.sampled_from(RESOLUTIONS),
    ratio=st.none() | st.sampled_from(RATIOS),
    audio=st.none() | st.booleans(),
    watermark=st.none() | st.booleans(),
    seed=st.none() | st.integers(0, 2**32 - 1),
)


@settings(max_examples=300, deadline=None)
@given(order=ORDERS)
def test_the_server_half_reads_what_the_client_half_writes(order: VideoRequest) -> None:
    call = CLIENT.create(order, "theirs", "attempt-1")
    read = SERVER.read_form(call.body, call.content_type or "")
    assert [(one.kind, one.role, one.url) for one in read.media] == [
        (one.kind, one.role, one.url) for one in order.media
    ]
    for name in VideoRequest.__struct_fields__:
        if name not in ("media", "extras"):
            assert getattr(read, name) == getattr(order, name)


REASONS = {"content_rejected": "content_rejected", "timeout": "timeout", "media_error": "media_error"}


@pytest.mark.parametrize("status", get_args(Status))
@pytest.mark.parametrize("code", [code for code in get_args(ErrorCode) if code != "cancelled"])
def test_a_create_and_a_query_tell_the_same(status: Any, code: Any) -> None:
    if status == "cancelled":
        code = "cancelled"
    task = make_task(ORDER, status=status, progress=40, error=TaskError(code, "why"))
    report = CLIENT.queried(NAME, SERVER.phrase_task(task, LINKS))
    assert CLIENT.created(SERVER.phrase_created(task, LINKS)) == report
    if status == "expired":
        assert report.failure == Failure(reason="timeout", code="expired", message="why")
    elif status == "failed":
        assert report.failure is not None
        assert (report.failure.reason, report.failure.message) == (REASONS.get(code, "provider_error"), "why")
    else:
        assert report.failure is None


@pytest.mark.parametrize("error", EVERY_ERROR, ids=lambda error: type(error).__name__)
def test_every_error_is_told_with_its_code_and_its_message(error: errors.FilmgateError) -> None:
    reply = SERVER.phrase_error(error)
    said = json.loads(reply.body)["error"]
    failure = refused(reply)
    assert (failure.http_status, failure.vendor_code) == (reply.status, said["code"])
    assert failure.message.endswith(f": {said['message']}")


@pytest.mark.parametrize(
    ("error", "on_create", "on_query"),
    [
        (errors.NotFound("told"), "account", "missing"),
        (errors.NoSuchAddress("told"), "account", "missing"),
        (errors.NoSuchMethod("told"), "account", "unclear"),
        (errors.WrongState("told"), "unclear", "unclear"),
        (errors.KeyReused("told"), "unclear", "unclear"),
        (errors.InsufficientFunds(5, 1), "account", "busy"),
        (errors.QuotaExhausted(5, 1), "account", "busy"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_statuses_mean_another_thing_to_an_order(error: errors.FilmgateError, on_create: str, on_query: str) -> None:
    reply = SERVER.phrase_error(error)
    assert refused(reply).fault == on_create
    with pytest.raises(errors.UpstreamFailed) as raised:
        CLIENT.queried(NAME, reply)
    assert raised.value.fault == on_query


def test_lists_deletes_and_events_of_ours_are_understood() -> None:
    task, name = finished(ORDER), f"video_{TASK_ID_SHORT}"
    page = CLIENT.listed(SERVER.phrase_list([task], has_more=True))
    assert [report.vendor_id for report in page.reports] == [name]
    assert page.next is not None
    assert SERVER.read_list_query(**dict(page.next.query)).after == TASK_ID
    assert CLIENT.cancelled(name, SERVER.phrase_deleted(task)).state == "cancelled"
    assert CLIENT.cancelled(name, SERVER.phrase_error(errors.WrongState("it runs"))).state == "running"
    assert CLIENT.callback({}, SERVER.phrase_webhook(task, LINKS)) == Report(
        vendor_id=name, state="succeeded", word="video.completed", film_url=f"/videos/{name}/content"
    )
