"""The documents say what the code does."""

import re
import sys
from pathlib import Path

import pytest

from filmgate.catalogue.load import load_catalogue

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


def test_generated_documents_are_in_step_with_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    import generate  # type: ignore[import-not-found]

    stale = [path.name for path, text in generate.documents().items() if not path.exists() or path.read_text() != text]
    assert stale == [], "run `make docs`"
    del sys.modules["generate"]


def test_every_command_is_described() -> None:
    described = re.findall(r"^## `filmgate (.*)`$", (ROOT / "docs" / "cli.md").read_text(), re.MULTILINE)
    groups = ["keys create", "keys list", "keys revoke", "accounts list", "accounts top-up"]
    groups += ["webhooks list", "webhooks add", "webhooks remove", "webhooks secret", "webhooks rotate"]
    groups += ["deliveries list", "deliveries replay"]
    assert described == ["serve", "work", "models", "demo", "doctor", *groups]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text())
    broken = [target for target in targets if "://" not in target and not (document.parent / target).exists()]
    assert broken == []


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_module_named_in_the_words_exists() -> None:
    named = re.findall(r"`([a-z_/]+(?:\.py|/))`", (ROOT / "docs" / "words.md").read_text())
    missing = [name for name in named if not (ROOT / "src" / "filmgate" / name).exists()]
    assert missing == []


CATALOGUE_EXAMPLES = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "catalogue.md").read_text(), re.DOTALL)


@pytest.mark.parametrize("example", CATALOGUE_EXAMPLES)
def test_catalogue_examples_are_files_that_load(example: str, tmp_path: Path) -> None:
    (tmp_path / "example.toml").write_text(example)
    shipped, changed = load_catalogue(), load_catalogue(tmp_path)
    assert shipped.offers() != changed.offers()
