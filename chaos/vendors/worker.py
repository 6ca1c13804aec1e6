"""A worker as ``filmgate work`` runs it, but for a shorter patience and films that are believed and not decoded."""

import asyncio
import io
import sys
from datetime import timedelta
from pathlib import Path

from PIL import Image

from filmgate.app import open_services
from filmgate.app.worker import open_worker
from filmgate.cli.options import running_database
from filmgate.cli.supervise import stop_requested
from filmgate.engines.base import EngineJob, Film, Progress
from filmgate.logs import set_up_logs
from filmgate.media.probe import Probe, Prober, Watched
from filmgate.settings import load_settings
from filmgate.video import frame_size
from filmgate.work.doubt import Patience
from filmgate.work.pace import Pace

FILM_SECONDS = 4

_WIDTH, _HEIGHT = frame_size("480p", "16:9")
# A vendor on a machine with much else to do may read an order long after nobody waits for its answer.
_PACE = Pace(
    sweep_seconds=1.0,
    doubt=Patience(
        list_after=timedelta(seconds=12), give_up_after=timedelta(seconds=300), clock_skew=timedelta(seconds=10)
    ),
    settle_seconds=0.5,
    download_pauses_seconds=(0.2, 0.5, 1.0, 2.0),
)


class _Believing(Prober):
    """Takes every film for what the vendors here make. That films are decoded is proven elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        picture, jpeg, png = Image.new("RGB", (8, 8), "teal"), io.BytesIO(), io.BytesIO()
        picture.save(jpeg, "jpeg")
        picture.save(png, "png")
        self._poster, self._last_frame = jpeg.getvalue(), png.getvalue()

    async def watch_film(self, path: Path) -> Watched:
        probe = Probe(
            kind="video",
            format="mp4",
            size_bytes=path.stat().st_size,
            width=_WIDTH,
            height=_HEIGHT,
            seconds=float(FILM_SECONDS),
            frames=FILM_SECONDS * 24,
        )
        return Watched(probe=probe, poster=self._poster, last_frame=self._last_frame)


class _NoEngine:
    """Nobody orders a film from this machine."""

    name = "none"

    async def make(self, job: EngineJob, progress: Progress) -> Film:  # noqa: ARG002
        raise AssertionError(f"the engine was asked for {job.task_id}")

    async def close(self) -> None:
        pass


def main() -> None:
    """Run until told to stop."""
    settings = load_settings(Path(sys.argv[1]))
    set_up_logs(settings)
    with running_database(settings) as url:
        asyncio.run(_work(settings.data, url))


async def _work(data: Path, database_url: str) -> None:
    stop = await stop_requested()
    services = await open_services(load_settings(data), database_url)
    try:
        worker = await open_worker(services, _NoEngine(), _PACE, prober=_Believing())
        await worker.run_until(stop)
    finally:
        await services.close()


if __name__ == "__main__":
    main()
