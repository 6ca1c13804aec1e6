"""A site on loopback with media that are right, and some that are wrong in one way or another."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from tests.media.bound_samples import SOUND_RATE, plain_clip, plain_picture, plain_sound


def make_files(folder: Path) -> None:
    """``a``: right. ``low.png``: 379 x 158. ``narrow.tiff``: 299 wide. ``slow.mp4``: 12 fps, half a second, 640 x 640;
    ``short.wav``: a second. ``page.png`` is a page.
    """
    plain_picture(folder / "a.png", (640, 480))
    plain_picture(folder / "low.png", (379, 158))
    plain_picture(folder / "narrow.tiff", (299, 400))
    plain_picture(folder / "a.gif", (640, 480))
    plain_clip(folder / "a.mp4", 72, size=(960, 720))
    plain_clip(folder / "slow.mp4", 6, rate=12, size=(640, 640))
    plain_sound(folder / "a.wav", 3 * SOUND_RATE)
    plain_sound(folder / "short.wav", SOUND_RATE)
    (folder / "page.png").write_text("<h1>Sign in</h1>")


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[str]:
    """Yields the address that the folder's files are below."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        path = folder / request.path.strip("/")
        return web.FileResponse(path) if path.is_file() else web.Response(status=404)

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
