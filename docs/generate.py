"""Writes the documents that repeat what the code says: ``docs/cli.md``, ``docs/settings.md`` and ``docs/metrics.md``.

``make docs`` runs it; a test fails when a document is out of step.
"""

import ast
import inspect
from pathlib import Path

import typer
from typer.core import TyperCommand, TyperGroup

from filmgate.api.metrics import METRICS
from filmgate.cli import app
from filmgate.settings import ReviewRule, Settings, UpstreamSettings

FOLDER = Path(__file__).parent
# Settings that are tables, which no variable holds.
_TABLES = {"upstream", "review_rule"}

_METRICS_HEAD = """\
# Metrics

Written by `make docs` from `api/metrics.py`. `/metrics` answers in Prometheus' text form once the setting
`metrics_token` is given (`FILMGATE_METRICS_TOKEN`), and only to who sends it as bearer token. Without one there is
nothing at that address: the figures tell who makes the films and how much is ordered, and the server may face the
internet.

```yaml
scrape_configs:
  - job_name: filmgate
    authorization: {credentials: the-token-of-16-characters-or-more}
    static_configs: [{targets: ["127.0.0.1:8787"]}]
```

All but the HTTP figures are read from the database at the moment of the scrape, in seven statements that read no order
that has ended: every process gives the same answer, so one target is enough however many there are. HTTP figures are
those of the process that happened to answer; with `--processes` above 1, the label `process` tells them apart.

| metric | kind | labels | what it says |
|---|---|---|---|"""
_METRICS_TAIL = """\
## Worth an alert

| when | what it means |
|---|---|
| `filmgate_attempts_in_doubt_oldest_seconds > 600` | [a doubt](upstreams.md#in-doubt) that nothing settled |
| `filmgate_breakers{state="open"} > 0` for minutes | a vendor breaks down, or does not take its key |
| `filmgate_queue_oldest_seconds > 300` | too little room at the upstreams of that lane, or no worker for it |
| `filmgate_workers_alive == 0` | nothing is made |
| `filmgate_status_age_max_seconds > 600` | a vendor is not looked at: it limits calls, or there are too few |
| `increase(filmgate_attempts_ended_total{outcome="doubtful"}[1h]) > 0` | an order was given up in doubt |

Looks per film are `rate(filmgate_looks_total[1h])` by
`sum by (upstream) (rate(filmgate_attempts_ended_total[1h]))`.
"""


def documents() -> dict[Path, str]:
    """Every generated document with the text it should have."""
    return {FOLDER / "cli.md": _command_line(), FOLDER / "settings.md": _settings(), FOLDER / "metrics.md": _metrics()}


def _command_line() -> str:
    root = typer.main.get_group(app)
    parts = ["# The command line\n\nWritten by `make docs` from the commands themselves.\n"]
    for path, command in _commands(root, "filmgate"):
        context = typer.Context(command, info_name=path, terminal_width=100, max_content_width=100)
        parts.append(f"## `{path}`\n\n```\n{command.get_help(context).strip()}\n```\n")
    return "\n".join(parts)


def _commands(command: TyperGroup | TyperCommand, path: str) -> list[tuple[str, TyperCommand]]:
    if not isinstance(command, TyperGroup):
        return [(path, command)]
    found = []
    for name, child in command.commands.items():
        if not child.hidden:
            found += _commands(child, f"{path} {name}")
    return found


def _settings() -> str:
    rows = [
        f"| `{name}` | {'' if name in _TABLES else f'`FILMGATE_{name.upper()}`'} | {default} | {text} |"
        for name, default, text in _fields(Settings)
    ]
    upstream = [f"| `{name}` | {default} | {text} |" for name, default, text in _fields(UpstreamSettings)]
    rules = [f"| `{name}` | {default} | {text} |" for name, default, text in _fields(ReviewRule)]
    return "\n".join(
        [
            "# Settings",
            "",
            "Written by `make docs` from `settings/`. A value comes from `filmgate.toml` in the data folder, then",
            "from the variable, then from a flag of the command; the last one given wins.",
            "",
            "| in `filmgate.toml` | variable | default | what it does |",
            "|---|---|---|---|",
            *rows,
            "",
            "## `[[upstream]]`",
            "",
            "One table for each account at a vendor; [upstreams](upstreams.md) says how to use them.",
            "",
            "| in the table | default | what it does |",
            "|---|---|---|",
            *upstream,
            "",
            "## `[[review_rule]]`",
            "",
            "One table for each rule; [assets](assets.md) says how to use them.",
            "",
            "| in the table | default | what it does |",
            "|---|---|---|",
            *rules,
            "",
        ]
    )


def _metrics() -> str:
    rows = [
        f"| `{each.name}` | {each.kind} | {', '.join(f'`{label}`' for label in each.labels)} | {each.text} |"
        for each in METRICS
    ]
    return "\n".join([_METRICS_HEAD, *rows, "", _METRICS_TAIL])


def _fields(struct: type) -> list[tuple[str, str, str]]:
    """The fields of a struct of ``settings``: name, default, and the text under it."""
    (definition,) = ast.parse(inspect.getsource(struct)).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    found = []
    for field, following in zip(body, [*body[1:], None], strict=True):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        default = f"`{ast.unparse(field.value)}`" if field.value else ""
        is_text = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
        text = inspect.cleandoc(str(following.value.value)).replace("\n", " ") if is_text else ""
        found.append((field.target.id, default, text))
    return found


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text)
