"""The vendors: one simulator for each of the five dialects, each a process that lies, and how an upstream is set up.

Of three of them an order whose answer was lost can be asked about: by their lists, or because they honour idempotency
keys. Of the other two nobody can know, and the policy is the usual one: it is given up, and costs nothing.
"""

import asyncio
import json
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec

from filmgate.settings import SETTINGS_FILE
from filmgate.simulator.journal import Accepted, Line

KEY_NAME = "CHAOS_VENDOR_KEY"
KEY = "sk-of-the-chaos"
MODEL = "seedance-2.0"
ANSWER_SECONDS = 2.0
LIES = {"lost-answer": 0.05, "timeout": 0.05, "500-after-accept": 0.05, "502-before-accept": 0.02}

_NAMES = {
    "ark": "doubao-seedance-2-0-260128",
    "openai": "seedance-2.0",
    "jimmy": "seedance2.0-of-sp",
    "senseaudio": "doubao-seedance-2-0-260128",
    "ink": "seedance-2.0",
}
"""The vendors, by dialect, each with its name for the model."""
_PATHS = {"ark": "/api/v3", "openai": "/v1"}
_HONOURS_KEYS = ("jimmy",)
CANNOT_BE_ASKED = ("senseaudio", "ink")

_MEDIAN_SECONDS = 1.5
_START_SECONDS = 60
_LOOK_SECONDS = 0.1
_LINES: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


class Market:
    """The running vendors."""

    def __init__(self, folder: Path, ports: Mapping[str, int]) -> None:
        self._folder = folder
        self._ports = ports

    def write_settings(self, data: Path) -> None:
        """Set the vendors up as upstreams of a data folder, all with the same share."""
        lines = ["allow_private_networks = true", 'log_format = "json"']
        for dialect, port in self._ports.items():
            lines += [
                "[[upstream]]",
                f'name = "{dialect}"',
                f'dialect = "{dialect}"',
                f'base_url = "http://127.0.0.1:{port}{_PATHS.get(dialect, "")}"',
                f'key_env = "{KEY_NAME}"',
                f"models = {{ {json.dumps(MODEL)} = {json.dumps(_NAMES[dialect])} }}",
                "max_running = 200",
                "submits_per_minute = 100000",
                "looks_per_second = 100",
                f"answer_seconds = {ANSWER_SECONDS}",
                f"honours_idempotency_key = {json.dumps(dialect in _HONOURS_KEYS)}",
            ]
        (data / SETTINGS_FILE).write_text("\n".join(lines) + "\n")

    def jobs(self) -> dict[str, Counter[str]]:
        """How often each prompt was accepted, by vendor, as their journals have it."""
        return {dialect: Counter(_prompts(self._journal(dialect))) for dialect in self._ports}

    def _journal(self, dialect: str) -> Path:
        return self._folder / f"{dialect}.journal"


@asynccontextmanager
async def open_market(folder: Path, seed: int) -> AsyncIterator[Market]:
    """Run the vendors for as long as the block lasts.

    Raises:
        TimeoutError: one of them does not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ports = {dialect: _free_port() for dialect in _NAMES}
    with (folder / "vendors.log").open("ab") as log:
        running = [
            subprocess.Popen(_command(dialect, port, folder / f"{dialect}.journal", seed + number), stderr=log)
            for number, (dialect, port) in enumerate(ports.items())
        ]
        try:
            for port in ports.values():
                await _until_it_answers(port)
            yield Market(folder, ports)
        finally:
            for process in running:
                process.terminate()
            for process in running:
                await asyncio.to_thread(process.wait, 15)


def _command(dialect: str, port: int, journal: Path, seed: int) -> list[str]:
    words = [sys.executable, "-m", "filmgate", "simulate", "--dialect", dialect, "--port", str(port)]
    words += ["--median", str(_MEDIAN_SECONDS), "--sigma", "0.3", "--seed", str(seed), "--state", str(journal)]
    words += ["--key", KEY]
    if dialect in _HONOURS_KEYS:
        words.append("--honour-idempotency-keys")
    return [*words, *(word for lie, rate in LIES.items() for word in ("--lie", f"{lie}={rate}"))]


def _prompts(journal: Path) -> list[str]:
    lines = [_LINES.decode(line) for line in journal.read_bytes().splitlines()]
    return [line.request.prompt for line in lines if isinstance(line, Accepted)]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


async def _until_it_answers(port: int) -> None:
    async with asyncio.timeout(_START_SECONDS):
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(_LOOK_SECONDS)
