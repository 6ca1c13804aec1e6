"""The part of a worker that tells news, alone, so that nobody makes films: ``python -m bench.teller DATA``."""

import sys
from pathlib import Path

import uvloop

from filmgate.app import open_services
from filmgate.app.worker import build_notifier
from filmgate.cli.options import running_database
from filmgate.cli.supervise import stop_requested
from filmgate.logs import set_up_logs
from filmgate.settings import Settings, load_settings


def main() -> None:
    """Run until told to stop."""
    settings = load_settings(Path(sys.argv[1]))
    set_up_logs(settings)
    with running_database(settings) as url:
        uvloop.run(_tell(settings, url))


async def _tell(settings: Settings, database_url: str) -> None:
    stop = await stop_requested()
    services = await open_services(settings, database_url)
    try:
        await build_notifier(services).run_until(stop)
    finally:
        await services.close()


if __name__ == "__main__":
    main()
