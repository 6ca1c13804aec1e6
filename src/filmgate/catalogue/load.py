"""Reads the catalogue's files: those shipped beside this module, then the operator's own.

A file has these tables, and nothing else:

    [template.NAME]   terms to begin with, for the ``like`` of models and other templates
    [[model]]         a model: ``id`` and its terms; ``like`` begins with the terms of a template or model above;
                      ``offer.DIALECT`` changes them for one dialect
    [[change]]        terms changed in every model whose id fits a pattern: ``models = ["sd2_mx_*"]``
    [[create_path]]   a create path of a dialect, and names of models that are made there and not sold here

Files are read in the order of their names, the operator's after ours, and each table builds on what stands above it.
A model that is there already is replaced; with ``like`` its own id it is only changed. Terms that are tables are merged
key by key (``video = { max_count = 0 }`` keeps the rest of ``video``), but for ``duration`` and ``price``, whose keys
exclude each other. Everything inside those tables is replaced whole, as lists are.
"""

import hashlib
import tomllib
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from filmgate.catalogue.model import Offer, Terms
from filmgate.errors import SetupError
from filmgate.video import Resolution

Form = TypeVar("Form")

SHIPPED_FOLDER = Path(__file__).parent / "data"

_REPLACED_WHOLE = ("duration", "price")
# What makes a model itself; a model that is like another has its own.
_IDENTITY = ("id", "aliases", "names", "offer")

Table = dict[str, Any]
"""A table of a file, not yet checked."""


class CreatePath(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of several create paths of a dialect."""

    dialect: str
    path: str
    default: bool = False
    """The path that an order came by unless someone says otherwise."""
    models: tuple[str, ...] = ()
    """Names of models that the vendor makes there and that nobody sells here."""


class CatalogueFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The form of a file. Models stay tables until all files are read: a later file may change them."""

    template: dict[str, Table] = {}
    model: tuple[Table, ...] = ()
    change: tuple[Table, ...] = ()
    create_path: tuple[CreatePath, ...] = ()


class Catalogue:
    """All models. Made by ``load_catalogue``."""

    def __init__(self, offers: tuple[Offer, ...], names: dict[str, dict[str, Offer]], paths: tuple[CreatePath, ...]):
        self._offers = offers
        self._names = names
        self._paths = paths

    def find(self, model: str, dialect: str) -> Offer | None:
        """A model by its id, another name or an alias, as sold in the dialect.

        The model's own terms, unless it has an offer for this dialect. ``Offer.id`` is the name to answer with.
        """
        offers = self._names.get(model)
        return None if offers is None else offers.get(dialect, offers[_OWN_TERMS])

    def sold_in(self, dialect: str) -> tuple[Offer, ...]:
        """What the dialect's vendor lists, in file order. A dialect that belongs to no vendor lists every model."""
        sold = (self.find(offer.id, dialect) for offer in self._offers)
        is_nobodys = dialect in _NOBODYS
        return tuple(offer for offer in sold if offer is not None and (is_nobodys or dialect in offer.listed_in))

    def offers(self) -> tuple[Offer, ...]:
        """Every model on its own terms, in file order."""
        return self._offers

    def default_create_path(self, dialect: str) -> str | None:
        """The path an order of this dialect came by, unless someone says otherwise; None where there is only one."""
        return next((path.path for path in self._paths if path.dialect == dialect and path.default), None)

    def foreign_create_path(self, model: str, dialect: str) -> str | None:
        """The path where the dialect's vendor makes a model that nobody sells here; None if it is not known at all."""
        return next((path.path for path in self._paths if path.dialect == dialect and model in path.models), None)


_OWN_TERMS = ""
# Our own, and the one whose vendor has closed his service (spec openai_videos 0).
_NOBODYS = ("native", "openai")


def load_catalogue(folder: Path | None = None) -> Catalogue:
    """Read the shipped files, then those of ``folder``, which add models or change them.

    Raises:
        SetupError: a file cannot be read or says something impossible; names the file, the model and the key.
    """
    reader = _Reader()
    for path in sorted(SHIPPED_FOLDER.glob("*.toml")):
        reader.read(path)
    if folder is not None and folder.is_dir():
        for path in sorted(folder.glob("*.toml")):
            reader.read(path)
    return reader.finish()


class _Reader:
    """The files read so far: templates and models as merged tables, and the file that last touched each."""

    def __init__(self) -> None:
        self.templates: dict[str, Table] = {}
        self.models: dict[str, Table] = {}
        self.files: dict[str, Path] = {}
        self.paths: list[CreatePath] = []

    def read(self, path: Path) -> None:
        file = _parse(path)
        for name, table in file.template.items():
            self.templates[name] = self._built(table, f"template {name!r}", path)
        for table in file.model:
            self._add(table, path)
        for table in file.change:
            self._change(table, path)
        self.paths.extend(file.create_path)

    def _add(self, table: Table, path: Path) -> None:
        identifier = _typed(table.get("id"), str, "id of a [[model]]", path)
        self.models[identifier] = self._built(table, f"model {identifier!r}", path)
        self.files[identifier] = path

    def _built(self, table: Table, title: str, path: Path) -> Table:
        """The table on top of what it is like."""
        own = {key: value for key, value in table.items() if key != "like"}
        _typed(own.get("offer", {}), dict[str, Table], f"{title}: offer", path)
        if "like" not in table:
            return own
        like = _typed(table["like"], str, f"{title}: like", path)
        base = self.models.get(like) or self.templates.get(like)
        if base is None:
            raise _wrong(path, f"{title}: like {like!r} names no template or model above it")
        if like != table.get("id"):
            base = {key: value for key, value in base.items() if key not in _IDENTITY}
        return _merged(base, own)

    def _change(self, table: Table, path: Path) -> None:
        patterns = _typed(table.get("models"), list[str], "models of a [[change]]", path)
        _typed(table.get("offer", {}), dict[str, Table], "offer of a [[change]]", path)
        terms = {key: value for key, value in table.items() if key != "models"}
        found = [name for name in self.models if any(fnmatchcase(name, pattern) for pattern in patterns)]
        if not found:
            raise _wrong(path, f"models {patterns!r} of a [[change]] fit no model")
        for name in found:
            self.models[name] = _merged(self.models[name], terms)
            self.files[name] = path

    def finish(self) -> Catalogue:
        offers: list[Offer] = []
        names: dict[str, dict[str, Offer]] = {}
        for identifier, table in self.models.items():
            own, sold = self._offers_of(identifier, table)
            offers.append(own)
            for name, named in _by_name(own, sold).items():
                if name in names:
                    other = names[name][_OWN_TERMS].model
                    raise _wrong(self.files[identifier], f"model {identifier!r}: {name!r} is a name of {other!r} too")
                names[name] = named
        return Catalogue(tuple(offers), names, tuple(self.paths))

    def _offers_of(self, identifier: str, table: Table) -> tuple[Offer, dict[str, Offer]]:
        """The model on its own terms, and on those of each dialect that has an offer (and its own, under no name)."""
        terms = {key: value for key, value in table.items() if key not in ("id", "offer")}
        changes = table.get("offer", {})
        title = f"model {identifier!r}"
        own = _checked(identifier, terms, title, self.files[identifier])
        sold = {_OWN_TERMS: own}
        for dialect, change in changes.items():
            changed = _merged(terms, change)
            sold[dialect] = _checked(identifier, changed, f"{title}, offer {dialect!r}", self.files[identifier])
        return own, sold


def _parse(path: Path) -> CatalogueFile:
    try:
        # Decimals, so that a price is what the file says.
        return msgspec.convert(tomllib.loads(path.read_text("utf-8"), parse_float=Decimal), CatalogueFile)
    except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError, msgspec.ValidationError) as exc:
        raise _wrong(path, str(exc)) from exc


def _merged(base: Table, change: Table) -> Table:
    merged = dict(base)
    for key, value in change.items():
        old = merged.get(key)
        if not isinstance(old, dict) or not isinstance(value, dict) or key in _REPLACED_WHOLE:
            merged[key] = value
        elif key == "offer":
            merged[key] = old | {name: _merged(old.get(name, {}), terms) for name, terms in value.items()}
        else:
            merged[key] = old | value
    return merged


def _checked(identifier: str, table: Table, title: str, path: Path) -> Offer:
    terms = _typed(table, Terms, title, path)
    version = hashlib.sha256(msgspec.json.encode(terms.price, order="sorted")).hexdigest()[:12]
    values = {name: getattr(terms, name) for name in terms.__struct_fields__}
    return Offer(id=identifier, model=identifier, price_version=version, **values)


def _typed(value: Any, form: type[Form], title: str, path: Path) -> Form:
    """The value in its form, or an error that names the file and the key."""
    try:
        return msgspec.convert(value, form)
    except msgspec.ValidationError as exc:
        raise _wrong(path, f"{title}: {str(exc).replace('`$.', '`')}") from exc


def _by_name(own: Offer, sold: dict[str, Offer]) -> dict[str, dict[str, Offer]]:
    """Every name of a model, with what is sold under it in each dialect."""
    found = dict.fromkeys((own.id, *own.aliases), sold)
    for name in own.names:
        named = {dialect: _with_name(offer, name.id, name.resolution) for dialect, offer in sold.items()}
        found |= dict.fromkeys((name.id, *name.aliases), named)
    return found


def _with_name(offer: Offer, identifier: str, resolution: Resolution) -> Offer:
    setting = msgspec.structs.replace(offer.resolution, default=resolution)
    return msgspec.structs.replace(offer, id=identifier, suffix=f"-{resolution}", resolution=setting)


def _wrong(path: Path, message: str) -> SetupError:
    return SetupError(f"{path}: {message.rstrip('.')}.", "Mend or remove it.")
