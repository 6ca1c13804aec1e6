"""One server for all tests here, and a web server for the customers' pictures."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from tests.end_to_end.serving import Server, customer, new_key, serving

from filmgate.cli.demo_inputs import make_inputs


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("serve") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def key(server: Server) -> str:
    return new_key(server.data, "--credits", "100000")


@pytest.fixture(scope="session")
def client(server: Server, key: str) -> Iterator[httpx.Client]:
    with customer(server, key) as speaking:
        yield speaking


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_inputs(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="session")
def pictures(inputs: Path) -> Iterator[str]:
    """Where the pictures and the sound are served."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(inputs))) as web:
        thread = Thread(target=web.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{web.server_address[1]}"
        web.shutdown()
        thread.join()
