"""The three orders of the demo, written as the customers of the three APIs write them."""

import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

_SERVED_PICTURES = "http://127.0.0.1:8899"


class DemoState(msgspec.Struct, frozen=True, kw_only=True):
    """What a status answer says."""

    word: str
    progress: int | None = None
    film_url: str | None = None
    error: str | None = None


class DemoOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One order and how its answers are read."""

    name: str
    title: str
    kind: str
    prompt: str
    create_path: str
    body: dict[str, Any]
    status_path: str
    """With ``{id}``."""
    read_id: Callable[[dict[str, Any]], str]
    read_state: Callable[[dict[str, Any]], DemoState]


def demo_orders(pictures: str) -> list[DemoOrder]:
    """Text through Jimmy, first and last frame through Ink, references with sound through SenseAudio.

    Args:
        pictures: where ``demo_inputs`` are served, without a slash at the end.
    """
    return [_jimmy(), _ink(pictures), _senseaudio(pictures)]


def curl_lines(secret: str, data: Path) -> str:
    """The shell lines that order the same films by hand."""
    lines = [
        "# In one terminal: the server, allowed to fetch pictures from this machine.",
        f"FILMGATE_ALLOW_PRIVATE_NETWORKS=1 {_program()} serve --data {shlex.quote(str(data))}",
        "",
        "# In another: the pictures.",
        "python3 -m http.server 8899 --directory demo/inputs",
        "",
        "# In a third: the orders. Each answers with an id; ask for it until there is a link.",
        f"KEY={secret}",
    ]
    for order in demo_orders(_SERVED_PICTURES):
        body = json.dumps(order.body, ensure_ascii=False, indent=2)
        lines += [
            "",
            f"# {order.title}: {order.kind}",
            f"curl http://127.0.0.1:8787{order.create_path} \\",
            '  -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\',
            f"  -d {shlex.quote(body)}",
            f'curl -H "Authorization: Bearer $KEY" "http://127.0.0.1:8787{order.status_path.format(id="ID")}"',
        ]
    return "\n".join(lines) + "\n"


def _program() -> str:
    """This program as its user called it."""
    called = Path(sys.argv[0])
    return shlex.quote(str(called)) if called.name == "filmgate" else "python3 -m filmgate"


def _jimmy() -> DemoOrder:
    prompt = "雨夜街头，女孩回头微笑，电影感镜头推进"

    def read_state(body: dict[str, Any]) -> DemoState:
        data = body["data"]
        return DemoState(
            word=data["status"],
            progress=data["progress"],
            film_url=(data.get("result") or {}).get("video_url"),
            error=data.get("error_message") or None,
        )

    return DemoOrder(
        name="jimmy-text",
        title="Jimmy",
        kind="text",
        prompt=prompt,
        create_path="/api/open-api/v1/seedance/videos",
        body={
            "model": "seedance2.0-of-sp",
            "prompt": prompt,
            "duration": 5,
            "resolution": "720p",
            "ratio": "16:9",
        },
        status_path="/api/open-api/v1/videos/{id}",
        read_id=lambda body: str(body["data"]["task_id"]),
        read_state=read_state,
    )


def _ink(pictures: str) -> DemoOrder:
    prompt = "Fog lifts from the valley as the day breaks"

    def read_state(body: dict[str, Any]) -> DemoState:
        return DemoState(
            word=body["status"],
            film_url=(body["output"] or {}).get("url"),
            error=(body["error"] or {}).get("message"),
        )

    return DemoOrder(
        name="ink-first-and-last-frame",
        title="Ink",
        kind="first and last frame",
        prompt=prompt,
        create_path="/api/open/v1/video/generations",
        body={
            "model": "seedance-2.0-fast",
            "prompt": prompt,
            "mediaUrls": [f"{pictures}/valley-dawn.png", f"{pictures}/valley-day.png"],
            "aspectRatio": "16:9",
            "duration": 5,
            "resolution": "720p",
        },
        status_path="/api/open/v1/video/generations/{id}",
        read_id=lambda body: str(body["requestId"]),
        read_state=read_state,
    )


def _senseaudio(pictures: str) -> DemoOrder:
    prompt = "Image 1 and image 2 as the stations of a night train, cut to audio 1, slow pan to the right"

    def read_state(body: dict[str, Any]) -> DemoState:
        return DemoState(
            word=body["status"],
            progress=body["progress"],
            film_url=body.get("video_url"),
            error=body.get("error_message"),
        )

    return DemoOrder(
        name="senseaudio-references",
        title="SenseAudio",
        kind="references with sound",
        prompt=prompt,
        create_path="/v1/video/create",
        body={
            "model": "doubao-seedance-2-0-260128",
            "content": [
                {"type": "text", "text": prompt},
                {"type": "image", "url": f"{pictures}/station-dusk.png", "role": "reference"},
                {"type": "image", "url": f"{pictures}/station-night.png", "role": "reference"},
                {"type": "audio", "audio_url": f"{pictures}/train.wav"},
            ],
            "duration": 5,
            "resolution": "720p",
            "ratio": "16:9",
            "provider_specific": {"generate_audio": True},
        },
        status_path="/v1/video/status?id={id}",
        read_id=lambda body: str(body["task_id"]),
        read_state=read_state,
    )
