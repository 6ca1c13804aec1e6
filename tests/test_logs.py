"""What is in a log line, and what never is."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import structlog

from filmgate.logs import set_up_logs
from filmgate.settings import Settings


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    quieted = ("pgqueuer", "yoyo", "uvicorn.access", "asyncio", "asyncpg")
    levels = {name: logging.getLogger(name).level for name in quieted}
    yield
    root.handlers, root.level = handlers, level
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()


def _set_up(log_format: Literal["auto", "json", "console"]) -> None:
    set_up_logs(Settings(data=Path("/data"), log_format=log_format))


def test_a_line_is_json_with_the_event_and_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    _set_up("json")
    structlog.get_logger("filmgate.work").info("task.moved", task="1", **{"from": "queued", "to": "running"})
    out, err = capsys.readouterr()
    line = json.loads(err)
    assert out == ""
    assert (line["event"], line["task"], line["from"], line["to"]) == ("task.moved", "1", "queued", "running")
    assert (line["level"], line["logger"]) == ("info", "filmgate.work")
    assert line["timestamp"].endswith("Z")


def test_what_is_no_terminal_gets_json(capsys: pytest.CaptureFixture[str]) -> None:
    _set_up("auto")
    structlog.get_logger().info("ready")
    assert json.loads(capsys.readouterr().err)["event"] == "ready"


def test_libraries_speak_through_the_same_channel(capsys: pytest.CaptureFixture[str]) -> None:
    _set_up("json")
    logging.getLogger("uvicorn.error").warning("slow %s", "client")
    logging.getLogger("pgqueuer").info("chatter")
    [line] = capsys.readouterr().err.splitlines()
    assert (json.loads(line)["event"], json.loads(line)["logger"]) == ("slow client", "uvicorn.error")


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_keys_signed_links_and_local_variables_stay_out(
    capsys: pytest.CaptureFixture[str], log_format: Literal["json", "console"]
) -> None:
    _set_up(log_format)
    prompt = "a prompt that is nobody's business"

    def fail(_text: str) -> None:
        raise ValueError(
            "fg_live_abc-DEF_123 and whsec_c2Vj+/ZXQ= at https://films.example/a.mp4?expires=1&signature=feed"
        )

    try:
        fail(prompt)
    except ValueError:
        structlog.get_logger().exception("request.failed", link="https://x.example/?token=hidden")
    line = capsys.readouterr().err
    assert "ValueError" in line
    assert "https://films.example/a.mp4?" in line
    for secret in ("abc-DEF_123", "c2Vj", "ZXQ", "feed", "hidden", prompt):
        assert secret not in line
    if log_format == "json":
        json.loads(line)
