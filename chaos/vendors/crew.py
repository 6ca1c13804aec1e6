"""The workers: real processes, one of which is killed every few seconds. What dies is started again at once."""

import asyncio
import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

_LOOK_SECONDS = 0.05


class Crew:
    """Everybody who works on a data folder."""

    def __init__(self, data: Path, workers: int, chance: random.Random) -> None:
        self._data = data
        self._wanted = workers
        self._chance = chance
        self.log = data / "workers.log"
        self._log = self.log.open("ab")
        self._running: list[subprocess.Popen[bytes]] = []
        self._tending: list[asyncio.Task[None]] = []
        self.kills = 0

    def open(self, kill_every_seconds: float) -> None:
        """Start everybody, and the killing."""
        self._tending = [
            asyncio.create_task(self._keep_up()),
            asyncio.create_task(self._keep_killing(kill_every_seconds)),
        ]

    def stop_killing(self) -> None:
        self._tending[1].cancel()

    async def close(self) -> None:
        """End everybody."""
        for task in self._tending:
            task.cancel()
        await asyncio.gather(*self._tending, return_exceptions=True)
        for process in self._running:
            process.terminate()
        for process in self._running:
            with suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(process.wait, 20)
            process.kill()
        self._log.close()

    async def _keep_up(self) -> None:
        while True:
            self._running = [process for process in self._running if process.poll() is None]
            while len(self._running) < self._wanted:
                command = (sys.executable, "-m", "chaos.vendors.worker", str(self._data))
                self._running.append(
                    subprocess.Popen(command, stdout=self._log, stderr=self._log, start_new_session=True)
                )
            await asyncio.sleep(_LOOK_SECONDS)

    async def _keep_killing(self, every_seconds: float) -> None:
        while True:
            await asyncio.sleep(every_seconds * self._chance.uniform(0.5, 1.5))
            # The oldest: one that has only just begun has nothing to lose yet.
            self._running[0].kill()
            self.kills += 1
