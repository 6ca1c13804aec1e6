"""The commands in the documents for operators do what the documents say."""

import re
import shlex
from pathlib import Path

from tests.cli.shell import Shell

ROOT = Path(__file__).parents[2]


def test_every_command_in_the_page_on_limits_works(shell: Shell) -> None:
    text = (ROOT / "docs" / "limits.md").read_text()
    lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    assert len(lines) > 10
    for line in lines:
        program, *words = shlex.split(line)
        assert program == "filmgate"
        if "…" not in line:  # An id that only the reader knows.
            done = shell(*words)
            assert done.exit_code == 0, (line, done.exception)
