"""A customer of a simulated vendor: a client half, and the HTTP that outbound would do for it."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx
from tests.simulator.simulating import Simulated

from filmgate.dialects.ark import ArkClient
from filmgate.dialects.base import Reply
from filmgate.dialects.client import Call, ClientDialect, Report
from filmgate.dialects.ink import InkClient
from filmgate.dialects.jimmy import JimmyClient
from filmgate.dialects.openai import OpenAIClient
from filmgate.dialects.senseaudio import SenseAudioClient
from filmgate.simulator.options import DialectName
from filmgate.video import VideoRequest

Found = TypeVar("Found")

CLIENTS: dict[DialectName, ClientDialect] = {
    "jimmy": JimmyClient(),
    "senseaudio": SenseAudioClient(),
    "ink": InkClient(),
    "ark": ArkClient(),
    "openai": OpenAIClient(),
}
MODELS: dict[DialectName, str] = {
    "jimmy": "seedance2.0-of-sp",
    "senseaudio": "doubao-seedance-2-0-260128",
    "ink": "seedance-2.0",
    "ark": "doubao-seedance-2-0-260128",
    "openai": "doubao-seedance-2-0-260128",
}
_PATIENCE_SECONDS = 10


class Customer:
    """Orders and follows films at one simulator."""

    def __init__(self, simulated: Simulated, key: str) -> None:
        self.simulated, self.client = simulated, CLIENTS[simulated.dialect]
        self._headers = {"Authorization": f"Bearer {key}"}

    def send(self, call: Call | None, *, timeout: float = 10) -> Reply:
        assert call is not None
        headers = self._headers | call.headers
        if call.content_type is not None:
            headers["Content-Type"] = call.content_type
        url = self.simulated.base_url + call.path
        answer = self.simulated.http.request(
            call.method, url, params=call.query, headers=headers, content=call.body or None, timeout=timeout
        )
        return Reply(status=answer.status_code, body=answer.content, headers=dict(answer.headers))

    def create_call(self, prompt: str, key: str = "key-1", **changes: Any) -> Call:
        values: dict[str, Any] = {"duration_seconds": 4, "resolution": "480p", "ratio": "16:9"}
        model = MODELS[self.simulated.dialect]
        request = VideoRequest(model=model, prompt=prompt, **(values | changes))
        return self.client.create(request, model, key)

    def order(self, prompt: str, key: str = "key-1", **changes: Any) -> str:
        """Order a film; the vendor's id for it."""
        return self.client.created(self.send(self.create_call(prompt, key, **changes))).vendor_id

    def ask(self, vendor_id: str) -> Report:
        return self.client.queried(vendor_id, self.send(self.client.query(vendor_id)))

    def cancel(self, vendor_id: str) -> Report:
        return self.client.cancelled(vendor_id, self.send(self.client.cancel(vendor_id)))

    def wait_for(self, vendor_id: str, *states: str) -> Report:
        """The first report with one of these states."""
        return until(lambda: self.ask(vendor_id), lambda report: report.state in states)

    def made(self, prompt: str, **changes: Any) -> Report:
        """Order a film and wait until it has succeeded."""
        return self.wait_for(self.order(prompt, **changes), "succeeded")

    def fetch(self, report: Report, **headers: str) -> httpx.Response:
        """Ask for the film of a report."""
        assert report.film_url is not None
        # A relative link belongs to the base URL and needs the key; any other needs none.
        if report.film_url.startswith("/"):
            headers |= self._headers
        return self.simulated.http.get(self.whole(report.film_url), headers=headers)

    def whole(self, link: str) -> str:
        """A link with the host that it leads to."""
        return self.simulated.base_url + link if link.startswith("/") else link


def until(look: Callable[[], Found], is_it: Callable[[Found], bool]) -> Found:
    """Look again and again until it is what is wanted."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while not is_it(found := look()):
        assert time.monotonic() < end, f"still {found}"
        time.sleep(0.02)
    return found
