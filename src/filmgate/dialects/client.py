"""What a dialect's client half is: the same wire format, spoken to a vendor. Pure: words in, a ``Call`` out, and back.

A client half only describes and understands. ``outbound.py`` sends what it described, with the route's key as
``Authorization: Bearer …``, and hands the vendor's answer back as a ``Reply``. So a client half never sees a key, an
address or a socket, and in the tests it talks to a server half in memory.

    order ──create──> Call ──(outbound)──> Reply ──created──> Report
    id    ──query───> Call ──(outbound)──> Reply ──queried──> Report
    id    ──cancel──> Call ──(outbound)──> Reply ──cancelled─> Report
                          (the vendor calls us) ──callback───> Report, believed by nobody: it only means "look now"
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from filmgate.dialects.base import Reply
from filmgate.video import Media, MediaKind, VideoRequest

VendorState = Literal["queued", "running", "succeeded", "failed", "cancelled", "expired", "unknown"]
"""``unknown``: the vendor used a word that this program does not know. An alarm, never a state: the task is followed
on, and nobody takes it for an end."""
ENDS: frozenset[VendorState] = frozenset({"succeeded", "failed", "cancelled", "expired"})
"""The states after which nothing more happens to a task."""

Reason = Literal["content_rejected", "provider_error", "timeout", "media_error"]
"""Why there is no film, in the words of ``TaskError.code``."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP request to a vendor, ready to be sent."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    """Below the route's base URL, percent-encoded, beginning with a slash."""
    query: tuple[tuple[str, str], ...] = ()
    headers: dict[str, str] = {}
    """Beside the Authorization header, which is not ours to write."""
    body: bytes = b""
    content_type: str | None = None


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What the vendor says it counted or charged, for the ledger's true cost and for people."""

    total_tokens: int | None = None
    credits: float | None = None
    """In the vendor's own money."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a vendor's task ended without a film."""

    reason: Reason
    code: str
    """The vendor's own word, or empty."""
    message: str
    """The vendor's own sentence. May be shown to the customer."""


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """What a vendor repeats of an order, by which it is told from others in a list or a callback. To be compared and
    not to be kept; None is what it does not repeat."""

    created_at: datetime | None = None
    """By the vendor's clock. Two answers about one task may differ by a second (spec senseaudio 4.2)."""
    model: str | None = None
    """The vendor's name for the model: another than was ordered where that was an alias or an endpoint."""
    prompt: str | None = None
    """As it was ordered, to the letter."""
    seed: int | None = None
    key: str | None = None
    """The idempotency key of ``create``, where the wire has a field that carries it back."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a vendor said about one of its tasks. Links in it are a stranger's, and are treated so."""

    vendor_id: str
    state: VendorState
    word: str
    """The vendor's own word for the state; empty where it said none."""
    progress: int | None = None
    """Percent, 0 to 100."""
    film_url: str | None = None
    """Set by ``succeeded``, if the vendor gave one. May be relative to the route's base URL (it then begins with a
    slash), and then needs the route's key."""
    last_frame_url: str | None = None
    failure: Failure | None = None
    usage: Usage | None = None
    took_seconds: float | None = None
    """How long the task took to its end, waiting included, by the vendor's own times; mostly in whole seconds. None
    while it has not ended, and where the vendor tells no times or none that make sense."""
    marks: Marks = Marks()


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a vendor's list of tasks."""

    reports: Sequence[Report]
    next: Call | None
    """The call for the page after it."""


VendorAssetState = Literal["pending", "usable", "refused", "gone"]
"""``pending``: the vendor is looking at it. ``gone``: it has it no more, and takes it again."""


class VendorAsset(msgspec.Struct, frozen=True, kw_only=True):
    """What a vendor said about an asset of ours in its library."""

    vendor_asset_id: str
    state: VendorAssetState
    word: str
    """The vendor's own word for the state; empty where it said none."""


class AssetsClient(Protocol):
    """The part of a client half that keeps assets in a vendor's library, for models that take them by their names there
    (``Media.vendor_asset_id``). Nothing that it does costs or orders anything.
    """

    def library(self, vendor_model: str, kind: MediaKind, *, person: bool) -> str | None:
        """The library from which a model takes an asset, in a word of this wire's; None where it takes links.

        Args:
            person: it shows a real person.
        """
        ...

    def submit(self, library: str, kind: MediaKind, name: str, url: str) -> Call:
        """The call that brings an asset into a library.

        Args:
            name: ours for it.
            url: from which the vendor can fetch it.
        """
        ...

    def submitted(self, library: str, reply: Reply) -> VendorAsset:
        """The vendor's name for it.

        Raises:
            UpstreamFailed: ``content`` where the vendor does not want it; else as ``uploaded``.
        """
        ...

    def ask(self, library: str, vendor_asset_id: str) -> Call:
        """The call that asks how the vendor's look at it goes."""
        ...

    def told(self, library: str, vendor_asset_id: str, reply: Reply) -> VendorAsset:
        """How it goes. Raises UpstreamFailed as ``queried``, but where the vendor does not know it, it is ``gone``."""
        ...


class ClientDialect(Protocol):
    """A client half.

    Every method that understands a ``Reply`` raises ``UpstreamFailed`` when the vendor refused or did not make sense;
    its ``fault`` says whose fault it was, and so whether another try, here or elsewhere, may help:

        of an order      ``unclear`` is whatever leaves room for a task: a breakdown, a timeout, a conflict, a redirect,
                         a success that names no task. Any other fault, but never ``missing``, says that there is none.
        of a question    (query, cancel, list) ``missing`` is said by the vendor in its own words alone: a bare 404 is
                         about the address. ``account`` and ``busy`` are as of an order. All else, a breakdown and the
                         page of a proxy among it, taught nothing about the task: ``unclear``.
    """

    name: str
    """The word for the dialect, as of the server half."""
    honours_idempotency_key: bool
    """Whether the vendor answers a repeated ``Idempotency-Key`` with the first task. Where the vendor does not say so,
    False, and a route may say otherwise: the same wire is spoken by gateways that do."""
    repeats_seed: bool
    """Whether the vendor takes a seed and tells it again, so that a seed drawn for one order is a mark of it."""
    draws_watermark: bool
    """Whether the wire has a switch for words in the pictures that say that they are generated: the vendor then draws
    them."""
    takes_callback_url: bool
    """Whether an order can say where the vendor is to call when its task changes or ends. Vendors that do not know the
    field never call."""

    models: Call | None
    """The call that lists the vendor's models as ``data[].id``, for people who set an upstream up; None where the wire
    has none. It may leave out names that can be ordered all the same, such as those of Ark's endpoints."""

    @property
    def assets(self) -> AssetsClient | None:
        """How assets are kept at the vendor; None where the wire has none."""
        ...

    def takes(self, media: Media) -> bool:
        """Whether the wire can carry this link as it is: its scheme, kind and role. One that it cannot carry must be
        made reachable for the vendor first."""
        ...

    def create(
        self, request: VideoRequest, vendor_model: str, idempotency_key: str, callback_url: str | None = None
    ) -> Call:
        """The call that orders ``request`` under the vendor's name for the model.

        Args:
            idempotency_key: ours for this attempt, the same whenever the attempt's call is sent again. Goes into the
                ``Idempotency-Key`` header, and into whatever field of the wire can carry it back to us.
            callback_url: where the vendor is to call us; left unsaid where ``takes_callback_url`` is False. The
                customer's own ``webhook_url`` is never said.

        Raises:
            ValueError: this wire has no words for something in the order; the message names it.
        """
        ...

    def created(self, reply: Reply) -> Report:
        """What became of a ``create``: the vendor's id and first state.

        Raises:
            UpstreamFailed: no task was made (``fault`` other than ``unclear``), or nobody can know (``unclear``).
        """
        ...

    def query(self, vendor_id: str) -> Call:
        """The call that asks about one task."""
        ...

    def queried(self, vendor_id: str, reply: Reply) -> Report:
        """How the task is doing.

        Raises:
            UpstreamFailed: ``missing`` where the vendor says that it does not know the id. ``unclear`` also where the
                answer is about another task.
        """
        ...

    def cancel(self, vendor_id: str) -> Call | None:
        """The call that cancels a task; None where the wire has none."""
        ...

    def cancelled(self, vendor_id: str, reply: Reply) -> Report:
        """What the vendor did about a ``cancel``: state ``cancelled`` if it did, any other if it refused because of
        the state that the task is in.

        Raises:
            UpstreamFailed: as ``queried``.
        """
        ...

    def list(self, vendor_ids: Sequence[str] = ()) -> Call | None:
        """The call that lists tasks, newest first, or exactly those named; None where the wire has no list."""
        ...

    def listed(self, reply: Reply, asked: Call | None = None) -> Page:
        """A page of the list.

        Args:
            asked: the call that was answered, for wires whose answers do not say which page they are.

        Raises:
            UpstreamFailed: as ``queried``.
        """
        ...

    def upload(self, name: str, content_type: str, data: bytes) -> Call | None:
        """The call that hands a medium to the vendor, for orders that can only name links; None where the wire has
        none. It costs nothing and orders nothing.

        Args:
            name: a file name whose ending says what the bytes are.

        Raises:
            ValueError: the vendor takes no such file; the message says why.
        """
        ...

    def uploaded(self, reply: Reply) -> str:
        """The link that names an uploaded medium in this vendor's orders, for as long as the vendor keeps it.

        Raises:
            UpstreamFailed: there is none. ``account`` and ``busy`` as of an order, else ``vendor``: whatever became of
                the bytes, nothing was ordered, so another try or another vendor can do no harm.
        """
        ...

    def callback(self, headers: Mapping[str, str], body: bytes) -> Report | None:
        """What a callback of the vendor says, or None where it is none of this wire's. Whether it really comes from
        the vendor is checked elsewhere.

        Args:
            headers: by lower-case name.
        """
        ...
