"""Client halves beside their server halves, and answers that say little, for the tests of the client halves."""

from collections.abc import Callable
from typing import Any

import pytest

from filmgate.dialects import build_clients, build_dialects
from filmgate.dialects.base import Reply, ServerDialect
from filmgate.dialects.client import Call, ClientDialect, Report
from filmgate.errors import Fault, UpstreamFailed
from filmgate.video import VideoRequest

KEY = "0197c0de-5eed-7000-8000-000000000001"
SERVERS = build_dialects()
CLIENTS: dict[str, ClientDialect] = build_clients(plain_http_allowed=False)

each_client = pytest.mark.parametrize("client", CLIENTS.values(), ids=lambda client: client.name)

SUCCESS: dict[str, dict[str, Any]] = {
    "jimmy": {"code": 20000, "msg": "ok", "data": {"task_id": "vid_1", "status": "completed", "progress": 100}},
    "senseaudio": {"task_id": "vid_1", "status": "completed", "progress": 100},
    "ink": {"success": True, "requestId": "vid_1", "status": "succeeded", "output": None, "error": None},
    "ark": {"id": "vid_1", "model": "m", "status": "succeeded", "error": None, "content": None},
    "openai": {"id": "vid_1", "object": "video", "status": "completed", "progress": 100, "error": None},
}
"""A film that is done and has no link."""
INSIDE = {
    "jimmy": ("data", "task_id", "error_message"),
    "senseaudio": ("", "task_id", "error_message"),
    "ink": ("", "requestId", "error"),
    "ark": ("", "id", "error"),
    "openai": ("", "id", "error"),
}
"""Where the members of a task are, the name of its id, and of what went wrong."""


def server_of(client: ClientDialect) -> ServerDialect:
    return SERVERS.named(client.name)


def read_back(client: ClientDialect, call: Call) -> VideoRequest:
    """What the server half reads out of an order: of OpenAI's it comes as a form."""
    if client.name == "openai":
        return SERVERS.openai.read_form(call.body, call.content_type or "")
    return server_of(client).read_create(call.body)


def film_without_link(client: ClientDialect, vendor_id: str) -> str | None:
    """Where a film is that the vendor gave no link to: OpenAI's wire has a path of its own for films."""
    return f"/videos/{vendor_id}/content" if client.name == "openai" else None


def success_of(client: ClientDialect, **changes: Any) -> dict[str, Any]:
    """``SUCCESS`` with other members of the task; those that are ``...`` are left out."""
    envelope = INSIDE[client.name][0]
    answer = SUCCESS[client.name]
    task: Any = (answer[envelope] if envelope else answer) | changes
    task = {name: value for name, value in task.items() if value is not ...}
    return answer | {envelope: task} if envelope else task


def fault_of(understand: Callable[[Reply], object], reply: Reply) -> Fault:
    with pytest.raises(UpstreamFailed) as raised:
        understand(reply)
    return raised.value.fault


def asked(client: ClientDialect) -> Callable[[Reply], Report]:
    return lambda reply: client.queried("vid_1", reply)
