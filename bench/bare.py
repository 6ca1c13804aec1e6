"""The least that the framework can do: one route, one ready answer. ``python -m bench.bare PORT FILE``."""

import sys
from pathlib import Path

import uvicorn
from litestar import Litestar, Response, get


def main() -> None:
    """Serve it until SIGTERM."""
    port, body = int(sys.argv[1]), Path(sys.argv[2]).read_bytes()

    @get("/", sync_to_thread=False)
    def answer() -> Response[bytes]:
        return Response(body, media_type="application/json")

    app = Litestar([answer], openapi_config=None)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False, server_header=False)


if __name__ == "__main__":
    main()
