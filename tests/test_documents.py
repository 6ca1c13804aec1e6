"""The documents say what the code does."""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from filmgate.catalogue.load import load_catalogue
from filmgate.webhook import (
    MOST_TRIES,
    PAUSES_SECONDS,
    STATUSES,
    Secret,
    event_name,
    hex_signed_headers,
    new_secret,
    signed_headers,
)

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
    groups = [f"keys {word}" for word in ("create", "list", "set", "revoke")]
    groups += [f"accounts {word}" for word in ("list", "create", "show", "set", "top-up", "adjust")]
    groups += [f"webhooks {word}" for word in ("list", "add", "remove", "secret", "rotate")]
    groups += [f"deliveries {word}" for word in ("list", "replay")]
    groups += [f"review {word}" for word in ("list", "show", "approve", "reject", "secret")]
    groups += [f"consents {word}" for word in ("list", "show", "share", "unshare")]
    groups += [f"upstreams {word}" for word in ("list", "check")]
    groups += [f"attempts {word}" for word in ("list", "adopt", "abandon")]
    assert described == ["serve", "work", "models", "audit", "receipt", "verify", "simulate", "demo", "doctor", *groups]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text())
    broken = [target for target in targets if "://" not in target and not (document.parent / target).exists()]
    assert broken == []


def test_no_two_decisions_have_the_same_number() -> None:
    # There may be a gap where a page is still on its way.
    numbers = [int(path.name[:4]) for path in (ROOT / "docs" / "decisions").glob("*.md")]
    assert sorted(set(numbers)) == sorted(numbers)


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


def test_the_receivers_of_the_webhook_page_verify_what_is_sent() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "webhooks.md").read_text(), re.DOTALL)
    assert len(blocks) == 2
    receiver: dict[str, Any] = {}
    for block in blocks:
        exec(block, receiver)
    secret, now = Secret(secret=new_secret(), created_at=datetime.now(UTC), expires_at=None), datetime.now(UTC)
    body = '{"type": "task.succeeded", "prompt": "纸船"}'.encode()
    headers = signed_headers("evt_1", body, [secret], now) | hex_signed_headers("evt_1", body, [secret], now)
    headers = {name.lower(): value for name, value in headers.items()}
    assert receiver["checked"](secret.secret, headers, body)["type"] == "task.succeeded"
    assert receiver["is_ours"](secret.secret, headers, body)
    assert not receiver["is_ours"](new_secret(), headers, body)
    with pytest.raises(WebhookVerificationError):
        receiver["checked"](secret.secret, headers, body + b" ")


def test_the_webhook_page_names_the_schedule_and_the_events() -> None:
    page = (ROOT / "docs" / "webhooks.md").read_text()
    assert PAUSES_SECONDS == (10, 30, 120, 300, 900, 1800, 3600, 2 * 3600, 4 * 3600, 6 * 3600, 10 * 3600)
    assert (
        f"10 s, 30 s, 2, 5, 15 and 30 min, then 1, 2, 4, 6 and 10 h, each a little more or less: {MOST_TRIES} tries"
        in page
    )
    assert all(f"`{event_name(status)}`" in page for status in STATUSES)
