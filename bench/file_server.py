"""A plain file server, as a vendor's: ``python -m bench.file_server PORT FOLDER``. The kernel copies the bytes."""

import sys
from pathlib import Path

from aiohttp import web


def main() -> None:
    """Serve the folder until SIGTERM."""
    port, folder = int(sys.argv[1]), Path(sys.argv[2])

    async def ready(_: web.Request) -> web.Response:
        return web.Response(text="ready")

    app = web.Application()
    app.router.add_get("/", ready)
    app.router.add_static("/", folder)
    web.run_app(app, host="127.0.0.1", port=port, print=None)


if __name__ == "__main__":
    main()
