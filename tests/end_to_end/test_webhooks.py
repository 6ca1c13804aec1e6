"""News of an order, from ``filmgate serve`` to a receiver that checks the signature."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook
from tests.end_to_end.serving import Server, command, customer, new_key, wait_until

Heard = list[tuple[str, dict[str, str], bytes]]


@pytest.fixture
def receiver() -> Iterator[tuple[str, Heard]]:
    """The address of a receiver that answers each path with 500 once, then with 200; and what it has heard."""
    heard: Heard = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            is_first = not any(path == self.path for path, _, _ in heard)
            heard.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(500 if is_first else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as web:
        thread = Thread(target=web.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{web.server_address[1]}", heard
        web.shutdown()
        thread.join()


def test_a_finished_film_is_told_signed_and_again_after_a_500(server: Server, receiver: tuple[str, Heard]) -> None:
    url, heard = receiver
    key = new_key(server.data, "--credits", "1000", account="told")
    with customer(server, key) as client:
        added = client.post("/filmgate/v1/webhooks", json={"url": f"{url}/endpoint", "events": ["task.succeeded"]})
        assert added.status_code == 201, added.text
        secret = client.get("/filmgate/v1/webhooks/secret").json()["secret"]
        order = {
            "model": "seedance-2.0",
            "prompt": "A kite over the sea",
            "duration": 4,
            "resolution": "480p",
            "webhookUrl": f"{url}/own",
            "metadata": {"order": "A-77"},
        }
        created = client.post("/api/open/v1/video/generations", json=order).json()
        # The first retry comes after ten seconds.
        wait_until(lambda: len(heard) == 4, 120, lambda: f"{heard} {server.log.read_text()[-2000:]}")
        poll = client.get(f"/api/open/v1/video/generations/{created['requestId']}").json()
        deliveries: list[dict[str, Any]] = []

        def all_are_delivered() -> bool:
            deliveries[:] = client.get("/filmgate/v1/deliveries").json()["data"]
            return {each["state"] for each in deliveries} == {"delivered"}

        wait_until(all_are_delivered, 10, lambda: str(deliveries))
        told: dict[str, Any] = {}
        for path, headers, body in heard:
            told[path] = Webhook(secret).verify(body, headers)
        assert told["/own"] == poll | {"metadata": {"order": "A-77"}, "creditsCharged": created["creditsCharged"]}
        assert (told["/endpoint"]["type"], told["/endpoint"]["data"]["dialect"]) == ("task.succeeded", "ink")
        assert told["/endpoint"]["data"]["dialect_id"] == created["requestId"]
        assert httpx.get(told["/own"]["output"]["url"]).status_code == 200
        assert httpx.get(told["/endpoint"]["data"]["film"]["poster_url"]).status_code == 200
        assert {each["attempt_count"] for each in deliveries} == {2}

        identifier = next(each["id"] for each in deliveries if each["webhook_id"] is None)
        assert client.post(f"/filmgate/v1/deliveries/{identifier}/replay").status_code == 202
        wait_until(lambda: len(heard) == 5, 10)
        assert json.loads(heard[-1][2]) == told["/own"]
    assert len({headers["webhook-id"] for _, headers, _ in heard}) == 1
    assert secret in command(server.data, "webhooks", "secret", "--account", "told").stdout
