"""Logs: one line per event, an event name and fields, to standard error; as JSON, or coloured for people.

Keys, prompts and signed links stay out because nobody logs them. For what slips into a traceback or comes from a
library there is a last guard: texts that look like one of our keys or secrets, or like a link with a query, are cut
short.
"""

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from filmgate.settings import Settings

# What these say below the level our own lines say better.
_QUIETEST_LEVELS = {
    "pgqueuer": logging.WARNING,
    "yoyo": logging.WARNING,
    "uvicorn.access": logging.WARNING,
    "asyncio": logging.WARNING,
    "asyncpg": logging.ERROR,
}

_KEY = re.compile(r"\b(fg_(?:live|test)_|whsec_)[A-Za-z0-9_+/=-]+")
_LINK_QUERY = re.compile(r"""(\b[a-z][a-z0-9+]*://[^\s"'\\?<>]+\?)[^\s"'\\<>]+""")


def set_up_logs(settings: Settings) -> None:
    """Send our own lines and those of every library to standard error, in the form that the settings ask for."""
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(as_json=as_json)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for name, level in _QUIETEST_LEVELS.items():
        logging.getLogger(name).setLevel(level)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _renderers(*, as_json: bool) -> list[Processor]:
    if as_json:
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(), _without_secrets]
    # The plain traceback, because the pretty one prints local variables: keys and prompts among them.
    console = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    return [console, _without_secrets]


def _without_secrets(_logger: WrappedLogger, _name: str, line: EventDict | str) -> Any:
    text = str(line)
    return _LINK_QUERY.sub(r"\1…", _KEY.sub(r"\1…", text))
