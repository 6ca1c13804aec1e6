"""A worker as ``filmgate work`` runs it, but for an engine that draws nothing and a shorter patience."""

import sys
from pathlib import Path

import uvloop

from chaos.stock import Stock
from filmgate.app import open_services
from filmgate.app.worker import open_worker
from filmgate.cli.options import running_database
from filmgate.cli.supervise import stop_requested
from filmgate.engines.scripted import Scripted
from filmgate.logs import set_up_logs
from filmgate.settings import load_settings
from filmgate.work.pace import Pace

_LONGEST_FILM_SECONDS = 1.0
# A receiver that has not heard the news in so many tries has been away for longer than any fault lasts.
_PACE = Pace(
    sweep_seconds=1.0,
    news_timeout_seconds=1.0,
    news_claim_seconds=3.0,
    news_pauses_seconds=(0.2, 0.4, 0.8, 1.6, *[2.0] * 20),
)


def main() -> None:
    """Run until told to stop."""
    settings = load_settings(Path(sys.argv[1]))
    set_up_logs(settings)
    with running_database(settings) as url:
        uvloop.run(_work(settings.data, url))


async def _work(data: Path, database_url: str) -> None:
    stop = await stop_requested()
    services = await open_services(load_settings(data), database_url)
    try:
        engine = Scripted(Stock(data.parent / "stock", longest_seconds=_LONGEST_FILM_SECONDS))
        worker = await open_worker(services, engine, _PACE)
        await worker.run_until(stop)
    finally:
        await services.close()


if __name__ == "__main__":
    main()
