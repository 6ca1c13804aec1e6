"""The page for integrators says what the simulator does."""

import re
from pathlib import Path

from filmgate.simulator.control import DOORS
from filmgate.simulator.lies import MEANINGS
from filmgate.simulator.options import DialectName
from filmgate.simulator.vendors import build_vendor

PAGE = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text()


def test_the_page_lists_every_lie() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (.*) \|$", PAGE.partition("## Lies")[2].partition("## Films")[0], re.M)
    assert dict(rows) == dict(MEANINGS)


def test_the_page_lists_every_call_of_the_simulator_s_own() -> None:
    listed = re.findall(r"^\| `(\w+) ([a-z/]+)", PAGE, re.MULTILINE)
    assert listed == [(door.method, door.path) for door in DOORS]


def test_the_page_names_the_base_url_of_every_vendor() -> None:
    named = dict(re.findall(r"^\| `(\w+)` \| `http://127.0.0.1:9100([a-z0-9/]*)`", PAGE, re.MULTILINE))
    dialects: list[DialectName] = ["jimmy", "senseaudio", "ink", "ark", "openai"]
    assert named == {dialect: build_vendor(dialect).base_path for dialect in dialects}
