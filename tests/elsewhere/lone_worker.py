"""Workers that are processes of their own, to be killed, frozen and thawed. ``python -m`` with a data folder is one."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from tests.elsewhere.station import PACE, NoEngine

from filmgate.app import open_services
from filmgate.app.worker import open_worker
from filmgate.cli.supervise import stop_requested
from filmgate.logs import set_up_logs
from filmgate.settings import SETTINGS_FILE, UpstreamSettings, load_settings


def write_settings(folder: Path, database_url: str, *upstreams: UpstreamSettings) -> None:
    """What workers on a data folder are set up with."""
    lines = [f"database_url = {json.dumps(database_url)}", "allow_private_networks = true", 'log_format = "json"']
    for upstream in upstreams:
        lines.append("[[upstream]]")
        for name, value in msgspec.structs.asdict(upstream).items():
            if isinstance(value, dict):
                table = ", ".join(f"{json.dumps(ours)} = {json.dumps(theirs)}" for ours, theirs in value.items())
                lines.append(f"{name} = {{ {table} }}")
            elif value is not None:
                lines.append(f"{name} = {json.dumps(value)}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SETTINGS_FILE).write_text("\n".join(lines) + "\n")


@contextmanager
def lone_worker(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker on a data folder with settings, for as long as the block lasts unless it is killed before."""
    command = (sys.executable, "-m", "tests.elsewhere.lone_worker", str(folder))
    with (folder / "workers.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)


async def _work(folder: Path) -> None:
    stop = await stop_requested()
    settings = load_settings(folder)
    set_up_logs(settings)
    services = await open_services(settings, settings.database_url or "")
    try:
        worker = await open_worker(services, NoEngine(), PACE)
        await worker.run_until(stop)
    finally:
        await services.close()


if __name__ == "__main__":
    asyncio.run(_work(Path(sys.argv[1])))
