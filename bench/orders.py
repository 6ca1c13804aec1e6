"""One text order in each of the three seed dialects, as whole HTTP requests."""

import json
from collections.abc import Sequence

from bench.load import request_bytes

JIMMY_PATH = "/api/open-api/v1/seedance/videos"
JIMMY_ORDER: dict[str, object] = {
    "model": "seedance2.0-of-sp",
    "prompt": "雨夜街头，女孩回头微笑，电影感镜头推进",
    "duration": 5,
    "resolution": "720p",
    "ratio": "16:9",
}

_BODIES: dict[str, dict[str, object]] = {
    JIMMY_PATH: JIMMY_ORDER,
    "/v1/video/create": {
        "model": "doubao-seedance-2-0-260128",
        "content": [{"type": "text", "text": "A paper boat drifts down a rain gutter at dusk"}],
        "duration": 6,
        "resolution": "720p",
        "ratio": "9:16",
        "watermark": False,
        "provider_specific": {"generate_audio": False},
    },
    "/api/open/v1/video/generations": {
        "model": "seedance-2.0-fast",
        "prompt": "A lighthouse keeper climbs a spiral stair with a lantern",
        "aspectRatio": "9:16",
        "duration": 7,
        "resolution": "480p",
        "metadata": {"order": "A-77", "shot": 3},
    },
}


def create_requests(host: str, keys: Sequence[str], *, film_seconds: int | None = None) -> list[bytes]:
    """A create for every key in every dialect, in turn; with ``film_seconds``, each for a film of 480p so long."""
    changes = {} if film_seconds is None else {"duration": film_seconds, "resolution": "480p"}
    return [
        request_bytes("POST", path, host, key, json.dumps(body | changes, ensure_ascii=False).encode())
        for key in keys
        for path, body in _BODIES.items()
    ]


def status_paths(answers: Sequence[dict[str, object]]) -> list[str]:
    """Where to ask for the orders that were answered so, in the order of ``create_requests``."""
    jimmy, senseaudio, ink = answers
    data = jimmy["data"]
    assert isinstance(data, dict)
    return [
        f"/api/open-api/v1/videos/{data['task_id']}",
        f"/v1/video/status?id={senseaudio['task_id']}",
        f"/api/open/v1/video/generations/{ink['requestId']}",
    ]
