"""Writes the documents that repeat what the code says: ``docs/cli.md`` and ``docs/settings.md``.

``make docs`` runs it; a test fails when a document is out of step.
"""

import ast
import inspect
from pathlib import Path

import typer
from typer.core import TyperCommand, TyperGroup

from filmgate import settings as settings_module
from filmgate.cli import app

FOLDER = Path(__file__).parent
# Settings that are tables, which no variable holds.
_TABLES = {"upstream", "review_rule"}


def documents() -> dict[Path, str]:
    """Every generated document with the text it should have."""
    return {FOLDER / "cli.md": _command_line(), FOLDER / "settings.md": _settings()}


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
        for name, default, text in _fields("Settings")
    ]
    upstream = [f"| `{name}` | {default} | {text} |" for name, default, text in _fields("UpstreamSettings")]
    rules = [f"| `{name}` | {default} | {text} |" for name, default, text in _fields("ReviewRule")]
    return "\n".join(
        [
            "# Settings",
            "",
            "Written by `make docs` from `settings.py`. A value comes from `filmgate.toml` in the data folder, then",
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


def _fields(struct: str) -> list[tuple[str, str, str]]:
    """The fields of a struct of ``settings.py``: name, default, and the text under it."""
    tree = ast.parse(inspect.getsource(settings_module))
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == struct).body
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
