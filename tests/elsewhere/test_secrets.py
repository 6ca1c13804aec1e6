"""A vendor's key stays where it belongs, whatever vendors do with it: no log, row, answer or command shows it."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from aiohttp import web
from tests.elsewhere.gate import Gate, gate
from tests.elsewhere.lone_worker import write_settings
from tests.elsewhere.station import DIALECTS, MODELS, VENDOR_KEY, station
from tests.end_to_end.serving import command, customer, new_key, serving
from tests.simulator.simulating import simulating

pytestmark = pytest.mark.long

# A model of ours for each vendor.
_OURS = {
    "jimmy": "seedance2.0-sp",
    "senseaudio": "doubao-seedance-2-0-fast-260128",
    "ink": "seedance-2.0-fast",
    "ark": "doubao-seedance-2-0-260128",
    "openai": "seedance-2.0",
}
# The names under which vendors say what went wrong.
_SENTENCES = ("message", "error_message", "msg")
_ENDS = ("succeeded", "failed")
_WAIT_SECONDS = 120
_COMMANDS = (("audit",), ("doctor",), ("models",), ("accounts", "list"), ("keys", "list"), ("deliveries", "list"))


async def test_a_key_that_vendors_repeat_is_seen_nowhere(unwashed_database_url: str, tmp_path: Path) -> None:
    async with AsyncExitStack() as opened:
        vendors = [
            opened.enter_context(simulating(dialect, median=0.3, key=VENDOR_KEY))  # type: ignore[arg-type]
            for dialect in DIALECTS
        ]
        gates = [await opened.enter_async_context(gate(vendor)) for vendor in vendors]
        for before in gates:
            before.alter = repeating_the_key
        write_settings(tmp_path / "data", unwashed_database_url, *map(_upstream, gates))
        seen = await asyncio.to_thread(_order_and_look_everywhere, tmp_path / "data", gates)
    seen["database"] = _rows(unwashed_database_url)
    for place, text in seen.items():
        assert VENDOR_KEY not in text, (place, text[max(text.index(VENDOR_KEY) - 300, 0) :][:600])
    # They really said it, and what they said was passed on without it.
    for place in ("database", "api", "log"):
        assert "[key]" in seen[place], place


async def test_a_redirect_to_another_host_takes_no_key_along(database_url: str, tmp_path: Path) -> None:
    heard: Counter[bool] = Counter()

    def listen(request: web.Request) -> None:
        heard["Authorization" in request.headers] += 1

    with simulating("openai", median=0.2) as vendor:
        async with gate(vendor) as near, gate(vendor) as far:
            far.say = listen
            near.say = lambda request: _to_its_film(request, far.origin) if request.path.endswith("/content") else None
            async with station(database_url, tmp_path, near.as_upstream()) as here:
                [task] = await here.ended(await here.order())
                assert task.status == "succeeded", task.error
    assert heard[False] >= 1
    assert heard[True] == 0


def repeating_the_key(answer: bytes) -> bytes:
    """An answer whose sentences tell the key besides."""
    try:
        said = json.loads(answer)
    except ValueError:
        return answer
    return json.dumps(_repeating(said)).encode()


def _repeating(value: Any, name: str = "") -> Any:
    match value:
        case dict():
            return {inner: _repeating(each, inner) for inner, each in value.items()}
        case list():
            return [_repeating(each) for each in value]
        case str() if name in _SENTENCES and value:
            return f"{value}; Authorization: Bearer {VENDOR_KEY}"
        case _:
            return value


def _refusing(status: int) -> Callable[[web.Request], web.Response | None]:
    said = f"Incorrect API key provided: {VENDOR_KEY}"
    body = {"code": said, "msg": said, "message": said, "error": {"code": said, "message": said, "type": said}}
    headers = {"Location": f"https://away.example/?key={VENDOR_KEY}", "x-request-id": VENDOR_KEY}

    def refuse(request: web.Request) -> web.Response | None:
        return web.json_response(body, status=status, headers=headers) if request.method == "POST" else None

    return refuse


def _to_its_film(request: web.Request, origin: str) -> web.Response:
    shown_id = request.path.split("/")[-2]
    location = f"{origin}/films/{shown_id}.mp4?link=0&key={VENDOR_KEY}"
    return web.Response(status=302, headers={"Location": location})


def _upstream(before: Gate) -> Any:
    dialect = before.vendor.dialect
    return before.as_upstream(dialect, models={_OURS[dialect]: MODELS[dialect]}, answer_seconds=3.0)


def _order_and_look_everywhere(data: Path, gates: list[Gate]) -> dict[str, str]:
    """Orders that end in every way; everything that can be read of them, by where it stands."""
    seen = {"api": "", "receipts": "", "commands": ""}
    with serving(data) as server, customer(server, new_key(data, "--credits", "100000")) as client:
        prompts = ("a kite", "a kite [[lie:fail]]", "a kite [[lie:moderation-after-render]]")
        tasks = [_ordered(client, dialect, prompt) for prompt in prompts for dialect in DIALECTS]
        for task_id in tasks:
            _wait_for(client, task_id, lambda task: task["status"] in _ENDS)
        for status in (400, 302, 500, 401):
            for before in gates:
                before.say = _refusing(status)
            asked = [_ordered(client, dialect, f"answered {status}") for dialect in DIALECTS]
            for task_id in asked:
                _wait_for(client, task_id, lambda task: _was_tried(client, str(task["id"])))
            tasks += asked
        for task_id in tasks:
            seen["api"] += "".join(_answers(client, task_id))
        seen["receipts"] += "".join(command(data, "receipt", task_id).stdout for task_id in tasks[::6])
        for words in _COMMANDS:
            done = command(data, *words)
            seen["commands"] += done.stdout + done.stderr
        seen["pages"] = client.get("/docs").text + client.get("/readyz").text
        seen["log"] = server.log.read_text(errors="replace")
    return seen


def _ordered(client: httpx.Client, dialect: str, prompt: str) -> str:
    order = {"model": _OURS[dialect], "prompt": prompt, "duration_seconds": 4, "resolution": "480p"}
    answer = client.post("/filmgate/v1/tasks", json=order)
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json()["id"])


def _wait_for(client: httpx.Client, task_id: str, is_it: Callable[[Mapping[str, Any]], bool]) -> None:
    for _ in range(_WAIT_SECONDS):
        answer = client.get(f"/filmgate/v1/tasks/{task_id}?wait=1")
        if is_it(answer.json()):
            return
    raise AssertionError(answer.text)


def _was_tried(client: httpx.Client, task_id: str) -> bool:
    return bool(client.get(f"/filmgate/v1/tasks/{task_id}/receipt").json()["attempts"])


def _answers(client: httpx.Client, task_id: str) -> list[str]:
    """What the API says of a task, and of all of them."""
    paths = (f"/filmgate/v1/tasks/{task_id}", f"/filmgate/v1/tasks/{task_id}/receipt", "/filmgate/v1/tasks")
    answers = [client.get(path) for path in paths]
    return [f"{dict(answer.headers)} {answer.text}" for answer in answers]


def _rows(database_url: str) -> str:
    """Every row of every table, as text."""
    with psycopg.connect(database_url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        rows = [row[0] for (name,) in names for row in connection.execute(f'SELECT t::text FROM "{name}" t').fetchall()]
    return "\n".join(rows)
