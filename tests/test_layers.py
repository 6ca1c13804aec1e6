"""Imports go one way: words, then tongues, then hands, then the order of things, then doors."""

import grimp
import pytest

WORDS = {
    *("errors", "money", "ids", "video", "task", "attempt", "ledger", "webhook"),
    *("asset", "review", "consent", "links", "addresses", "data_url", "sniff", "ranges", "label", "facts"),
}

# Who may import whom, by the first name below the package. Everyone may import the words.
MAY_IMPORT: dict[str, set[str]] = {
    **{word: set() for word in WORDS},
    "settings": set(),
    "logs": {"settings"},
    "catalogue": set(),
    "dialects": {"catalogue"},
    "store": set(),
    "engines": set(),
    "resolver": set(),
    "outbound": {"resolver"},
    "objects": set(),
    "media": {"outbound", "objects"},
    "upstreams": {"dialects", "engines", "objects", "outbound", "catalogue", "media"},
    "work": {"upstreams", "media", "store", "objects", "outbound", "dialects", "catalogue"},
    "simulator": {"dialects", "engines", "catalogue"},
    "api": {"work", "store", "objects", "dialects", "catalogue"},
}
# These see everything below them; "app" builds it and "cli" starts it.
TOP = {"app", "cli", "__main__"}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("filmgate", cache_dir=None)


def _storey(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def test_every_module_has_a_storey(graph: grimp.ImportGraph) -> None:
    storeys = {_storey(module) for module in graph.modules} - {""}
    assert storeys <= MAY_IMPORT.keys() | TOP


def test_imports_go_one_way(graph: grimp.ImportGraph) -> None:
    wrong = [
        f"{module} imports {imported}"
        for module in sorted(graph.modules)
        for imported in sorted(graph.find_modules_directly_imported_by(module))
        if not _allowed(_storey(module), _storey(imported))
    ]
    assert wrong == []


def _allowed(importer: str, imported: str) -> bool:
    if imported in {"", importer} or importer in TOP:
        return True
    return imported in MAY_IMPORT.get(importer, set()) | (WORDS if importer != "settings" else {"errors"})
