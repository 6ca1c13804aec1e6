"""What passes between us and the child process that labels films and reads their labels."""

from typing import Literal

import msgspec

from filmgate.label import AigcEntry, Label
from filmgate.media.facts import Trouble
from filmgate.media.manifest import FilmFacts, Manifest

DEVELOPMENT = "filmgate development certificate"
"""The name in every manifest that is signed with a certificate of our own making, for which nobody vouches."""


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """Whose manifests are this installation's own."""

    anchors: str
    """PEM of the certificates that issued its signers' certificates; empty: nobody's are."""
    serials: frozenset[str]
    """The numbers of its signers' certificates."""


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What manifests are signed with."""

    chain: bytes
    """PEM: the signer's certificate, then the one that issued it, and so on."""
    key: bytes
    """PEM: the private key, in the clear."""
    algorithm: Literal["es256", "es384", "es512", "ps256", "ed25519"]


class TryCredentials(msgspec.Struct, frozen=True, kw_only=True, tag="try"):
    """Credentials, of which it is wanted whether manifests can be signed with them."""

    credentials: Credentials
    limit_seconds: float


class LabelFilm(msgspec.Struct, frozen=True, kw_only=True, tag="label"):
    """A film that wants an entry and, with ``credentials``, a manifest."""

    path: str
    original: str
    """The film as it came; another one than ``path`` when words were drawn into its pictures since."""
    folder: str
    """Where new files go: ``ENTRY_FILE`` and ``SIGNED_FILE``."""
    entry: AigcEntry
    facts: FilmFacts
    credentials: Credentials | None
    trust: Trust
    limit_seconds: float


class PutManifest(msgspec.Struct, frozen=True, kw_only=True, tag="put"):
    """A signed film that wants another manifest: one that was made before for the same bytes."""

    path: str
    own: bytes
    """The one that is in it."""
    other: bytes
    trust: Trust
    limit_seconds: float


class ReadLabels(msgspec.Struct, frozen=True, kw_only=True, tag="read"):
    """A file, of which everything is wanted that says where it came from."""

    path: str
    trust: Trust
    limit_seconds: float


Question = TryCredentials | LabelFilm | PutManifest | ReadLabels


class Tried(msgspec.Struct, frozen=True, kw_only=True, tag="tried"):
    """Whether they can."""

    problem: str | None


class Labelled(msgspec.Struct, frozen=True, kw_only=True, tag="labelled"):
    """The film with its labels."""

    path: str
    """Of the file with all of them: the film itself, where nothing was to be added or could be."""
    labels: tuple[Label, ...]
    manifest: bytes
    """The one that was made; empty: none was."""
    problems: tuple[str, ...]
    """What could not be done, and why."""


class Put(msgspec.Struct, frozen=True, kw_only=True, tag="put"):
    """Whether the other manifest is in the film now. It is not where it does not belong to these bytes."""

    is_done: bool


class FoundLabels(msgspec.Struct, frozen=True, kw_only=True, tag="found"):
    """Everything in a file that says where it came from."""

    manifest: Manifest | None
    entry: AigcEntry | None


Answer = Tried | Labelled | Put | FoundLabels | Trouble

ENTRY_FILE, SIGNED_FILE = "entry.mp4", "signed.mp4"
