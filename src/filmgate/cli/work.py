"""``filmgate work``: a worker alone, beside a server or on a machine of its own."""

from filmgate.cli.options import DataOption, running_database
from filmgate.cli.supervise import stop_requested
from filmgate.logs import set_up_logs
from filmgate.settings import Settings, load_settings


def work(data: DataOption = None) -> None:
    """Make the ordered films; run as many as there is work for, on as many machines as share the database."""
    import uvloop

    settings = load_settings(data)
    set_up_logs(settings)
    with running_database(settings, kept=True) as url:
        uvloop.run(_work(settings, url))


async def _work(settings: Settings, database_url: str) -> None:
    # The work engine takes a second to import, which other commands need not wait for.
    from filmgate.app import open_services
    from filmgate.app.worker import open_worker

    stop = await stop_requested()
    services = await open_services(settings, database_url)
    try:
        worker = await open_worker(services)
        await worker.run_until(stop)
    finally:
        await services.close()
