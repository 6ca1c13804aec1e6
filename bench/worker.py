"""A worker as ``filmgate work`` runs it, with an engine of ready films: ``python -m bench.worker DATA KIND FILMS``.

KIND: ``plain`` or ``drawn``. FILMS: how many orders it has in hand at once.
"""

import sys
from pathlib import Path

import uvloop

from bench.ready import Plain, Ready
from filmgate.app import open_services
from filmgate.app.worker import open_worker
from filmgate.cli.options import running_database
from filmgate.cli.supervise import stop_requested
from filmgate.engines.animatic import Animatic
from filmgate.logs import set_up_logs
from filmgate.settings import Settings, load_settings

FILMS_FOLDER = "ready"


def main() -> None:
    """Run until told to stop."""
    settings = load_settings(Path(sys.argv[1]))
    set_up_logs(settings)
    with running_database(settings) as url:
        uvloop.run(_work(settings, url, sys.argv[2], int(sys.argv[3])))


async def _work(settings: Settings, database_url: str, kind: str, films_at_once: int) -> None:
    stop = await stop_requested()
    services = await open_services(settings, database_url)
    try:
        inner = Plain() if kind == "plain" else Animatic(processes=1)
        engine = Ready(inner, settings.data / FILMS_FOLDER)
        worker = await open_worker(services, engine, films_at_once=films_at_once)
        await worker.run_until(stop)
    finally:
        await services.close()


if __name__ == "__main__":
    main()
