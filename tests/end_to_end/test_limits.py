"""Limits that an operator sets while the server runs, held by two API processes; a film's whole life to its removal."""

import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
from tests.end_to_end.serving import (
    Server,
    command,
    customer,
    finished_at_jimmy,
    new_key,
    ordered_through_jimmy,
    serving,
    wait_until,
)

from filmgate.store.embedded import start_embedded

LIMIT = 40


def test_limits_and_retention_from_the_first_order_to_the_last_trace(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--processes", "2") as server:
        key = new_key(server.data, "--credits", "1000", account="studio")
        with customer(server, key) as client:
            task = ordered_through_jimmy(client)
            link = finished_at_jimmy(client, task)["result"]["video_url"]
            assert httpx.get(link).status_code == 200
            _requests_are_limited(server, key)
            _only_open_models_are_sold(server, client)
            _the_film_is_forgotten(server, client, task, link)
            _the_receipt_and_the_books_remain(server, task)


def _requests_are_limited(server: Server, key: str) -> None:
    set_limit = command(server.data, "accounts", "set", "studio", "--requests-per-minute", str(LIMIT))
    assert set_limit.returncode == 0, set_limit.stderr
    time.sleep(3)  # What the processes remember of a key is two seconds old at most.
    first_minute = time.time() // 60

    def ask(_: int) -> httpx.Response:
        # A connection of its own, so that both processes are asked.
        return httpx.get(f"{server.url}/v1/models?mode=video", headers={"Authorization": f"Bearer {key}"}, timeout=30)

    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(ask, range(5 * LIMIT)))
    minutes = time.time() // 60 - first_minute + 1
    passed = Counter(answer.status_code for answer in answers)[200]
    assert LIMIT // 2 <= passed <= LIMIT * minutes
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["code"] == "rate_limit_error"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert command(server.data, "accounts", "set", "studio", "--requests-per-minute", "none").returncode == 0
    time.sleep(3)


def _only_open_models_are_sold(server: Server, client: httpx.Client) -> None:
    wrong = command(server.data, "accounts", "set", "studio", "--models", "seedance-2.0-fst")
    assert wrong.returncode == 1
    assert "seedance-2.0-fast" in wrong.stderr
    assert command(server.data, "accounts", "set", "studio", "--models", "seedance-2.0-fast").returncode == 0
    time.sleep(3)
    listed = client.get("/api/open/v1/models").json()["data"]
    assert [model["id"] for model in listed] == ["seedance-2.0-fast"]
    order = {"model": "seedance2.0-of-sp", "prompt": "纸船", "duration": 4, "resolution": "480p"}
    assert client.post("/api/open-api/v1/seedance/videos", json=order).json()["code"] == 20002


def _the_film_is_forgotten(server: Server, client: httpx.Client, task: str, link: str) -> None:
    films = server.data / "objects" / "films"
    # The film, its two pictures, and the manifest that was signed into it.
    assert len(list(films.iterdir())) == 4
    database = start_embedded(server.data)
    with psycopg.connect(database.url) as connection:
        connection.execute("UPDATE tasks SET kept_until = now()")
    database.stop()
    # A worker forgets when it begins, and then every half minute.
    (worker,) = server.children("work")
    worker.kill()
    wait_until(lambda: not films.exists() or not list(films.iterdir()), 60)
    dead = httpx.get(link)
    assert (dead.status_code, dead.json()["code"]) == (404, 20002)
    assert client.get(f"/api/open-api/v1/videos/{task}").json()["data"]["status"] == "completed"


def _the_receipt_and_the_books_remain(server: Server, task: str) -> None:
    receipt = json.loads(command(server.data, "receipt", task).stdout)
    assert receipt["dialect_id"] == task
    assert [entry["kind"] for entry in receipt["entries"]] == ["reserve", "settle"]
    assert receipt["totals"]["charged"] == receipt["price"]["credits"] > 0
    assert receipt["forgotten_at"]
    audited = command(server.data, "audit")
    assert audited.returncode == 0, audited.stdout
