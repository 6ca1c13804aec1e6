"""One server for the vendors' own clients, which are used here as their documents say."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread

import pytest
from PIL import Image
from tests.end_to_end.serving import Server, customer, new_key, serving
from tests.sdk.films import Receiver, cancel_all


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("sdk") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def key(server: Server) -> str:
    return new_key(server.data, "--credits", "100000")


@pytest.fixture(scope="session")
def poor_key(server: Server) -> str:
    return new_key(server.data, account="poor")


@pytest.fixture(scope="session")
def trial_key(server: Server) -> str:
    return new_key(server.data, "--test", account="trials")


@pytest.fixture
def test_key(server: Server, trial_key: str) -> Iterator[str]:
    """A key whose prompts may carry a script. What it has left open is cancelled after the test."""
    yield trial_key
    with customer(server, trial_key) as client:
        cancel_all(client)


@pytest.fixture(scope="session")
def gold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of one colour, in the shape of the film that is made of it."""
    path = tmp_path_factory.mktemp("pictures") / "gold.png"
    file = BytesIO()
    Image.new("RGB", (864, 496), "gold").save(file, "PNG")
    path.write_bytes(file.getvalue())
    return path


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Where callbacks go."""
    heard: list[tuple[bytes, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append((self.rfile.read(int(self.headers["Content-Length"])), dict(self.headers.items())))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        thread = Thread(target=web.serve_forever, daemon=True)
        thread.start()
        yield Receiver(f"http://127.0.0.1:{web.server_address[1]}/hook", heard)
        web.shutdown()
        thread.join()
