"""A web server for the customers' files, which is also the front of a vendor that takes uploads.

filmgate itself has no upload in Jimmy's API. Here a file that is handed over is kept and served, and every other call
goes on to the server behind.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import msgspec

from filmgate.data_url import parse_data_url
from filmgate.dialects.openai.forms import read_form

UPLOAD_PATH = "/api/open-api/v1/files/upload"


class Web:
    """What is served.

    Args:
        behind: takes every call that is for no file.
    """

    def __init__(self, folder: Path, behind: str) -> None:
        self.folder, self.behind = folder, behind
        self.url = ""
        self.uploads: list[str] = []
        """The links of what was handed over."""

    def keep(self, body: bytes, content_type: str) -> str:
        """Keep an uploaded file; the link to it."""
        file = parse_data_url(str(read_form(body, content_type, frozenset({"file"}))["file"]))
        name = f"upload-{len(self.uploads)}.{file.content_type.partition('/')[2]}"
        (self.folder / name).write_bytes(file.data)
        self.uploads.append(f"{self.url}/{name}")
        return self.uploads[-1]


@contextmanager
def web_server(folder: Path, behind: str) -> Iterator[Web]:
    """Serve a folder's files for as long as the block lasts."""
    web = Web(folder, behind)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            pass

        def do_GET(self) -> None:
            file = folder / self.path.lstrip("/")
            if file.is_file():
                self._answer(200, "application/octet-stream", file.read_bytes())
            else:
                self._pass_on(b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == UPLOAD_PATH:
                link = web.keep(body, self.headers["Content-Type"])
                said = {"code": 20000, "msg": "ok", "data": {"url": link}}
                self._answer(200, "application/json", msgspec.json.encode(said))
            else:
                self._pass_on(body)

        def _pass_on(self, body: bytes) -> None:
            headers = {name: self.headers[name] for name in ("Authorization", "Content-Type") if name in self.headers}
            answer = httpx.request(
                self.command, web.behind + self.path, content=body, headers=headers, timeout=60, trust_env=False
            )
            self._answer(answer.status_code, answer.headers.get("content-type", ""), answer.content)

        def _answer(self, status: int, content_type: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        web.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield web
        finally:
            server.shutdown()
            thread.join()
