"""What can go wrong, as one tree.

    FilmgateError
    ├── SetupError                the program cannot start; says the mend in one line
    ├── Refused                   the caller's request is not carried out; nothing was charged
    │   ├── BadRequest            the body is not what the dialect speaks
    │   ├── RulesBroken           the order breaks rules of the model; all violations at once
    │   ├── Unauthenticated       no key, or a key that is not known or no longer valid
    │   ├── NotFound              no such thing, or not yours
    │   ├── InsufficientFunds     the account cannot pay for the order
    │   ├── QuotaExhausted        the key, or the account, has used up its own quota
    │   ├── WrongState            the thing is there, but its state forbids this
    │   ├── KeyReused             the idempotency key came before, with another order
    │   ├── Unsupported           the dialect knows what is asked for, but it is not done here or not by this model
    │   ├── BodyTooLarge          the body is over the dialect's limit
    │   ├── BadHttp               it is not proper HTTP; whatever the dialect, the status says so
    │   │   ├── NoSuchAddress     there is nothing at its address
    │   │   └── NoSuchMethod      its address does not know its method
    │   └── RateLimited           too much in too short a time; later it may be carried out
    │       ├── TooManyOrders     the account or the key has as many open orders as it may
    │       └── DayExhausted      the account or the key has spent what it may in a day
    ├── MediaError                a picture, clip or sound of the order cannot be used
    │   ├── MediaUnreachable      its link cannot be fetched
    │   ├── MediaTooLarge         it is over a limit of bytes, pixels or seconds
    │   ├── MediaUnreadable       it was fetched and does not decode
    │   ├── MediaClosed           its bytes did not pass the review, or have not yet
    │   └── MediaRefused          media cannot be used or break rules; all of them are listed
    ├── OutboundError             a call to the outside failed
    │   ├── AddressRefused        the link leads where we do not go (private network, other scheme)
    │   └── OutboundFailed        network trouble, a timeout, an answer that is not the one wanted
    ├── EngineFailed              the engine or upstream could not make the film
    ├── UpstreamFailed            a vendor refused a call, or its answer makes no sense; says whose fault it was
    └── Unavailable               the database or the object store is away
        └── Unconfirmed           it went away over an order, which may have been accepted

Every class is one sentence, has a ``code`` for machines, the HTTP ``status`` that a dialect without an opinion
of its own would answer, and says whether the same call may succeed later (``retryable``).
"""

from typing import Any, ClassVar, Literal

import msgspec

from filmgate.video import VideoRequest

Fault = Literal["order", "content", "busy", "account", "missing", "vendor", "unclear"]
"""Whose fault it is that a vendor did not do what it was asked; ``UpstreamFailed`` says what may help."""


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """One broken rule of an order.

    ``field`` is the path of the offending value. For media it is the path in the caller's own body, as the dialect
    noted it in ``Media.field`` (``images[2]``, ``content[1].url``); otherwise it is the field's name in
    ``VideoRequest`` and each dialect puts its own word for it.
    """

    field: str
    rule: str
    """A short word for the kind of rule: ``unknown``, ``missing``, ``range``, ``choice``, ``closed``, ``count``,
    ``length``, ``exclusive``, ``needs``, ``scheme``, ``format``, ``type`` or ``unsupported``; for what is in a medium
    one of ``catalogue.media_rules``; for a medium that cannot be used at all one of ``MEDIA_CODES``."""
    message: str
    """One English sentence without the field's name: ``must be from 4 to 15 seconds``. With one of ``MEDIA_CODES`` it
    is whole: ``the link given as image cannot be fetched``."""
    value: Any = None
    allowed: Any = None
    """What would have been right: a list of choices, ``[min, max]`` for a range, a maximum for a count."""


class FilmgateError(Exception):
    """Anything filmgate raises on purpose."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class SetupError(FilmgateError):
    """The program cannot start as it is set up."""

    code = "setup"

    def __init__(self, message: str, mend: str) -> None:
        super().__init__(f"{message} {mend}")
        self.mend = mend


class Refused(FilmgateError):
    """The caller's request is not carried out."""

    code = "refused"
    status = 400


class BadRequest(Refused):
    """The body is not what the dialect speaks: not JSON, not an object, a wrong type, a missing field."""

    code = "bad_request"

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class RulesBroken(Refused):
    """The order breaks rules of the model; all of them are listed."""

    code = "rules_broken"

    def __init__(self, violations: list[Violation], read: VideoRequest | None = None) -> None:
        super().__init__("; ".join(f"{violation.field} {violation.message}" for violation in violations))
        self.violations = violations
        self.read = read
        """What could be read of the order all the same, where reading it is what failed."""


class Unauthenticated(Refused):
    """The key is missing, unknown, revoked or expired."""

    code = "unauthenticated"
    status = 401

    def __init__(self, message: str, *, missing: bool) -> None:
        super().__init__(message)
        self.missing = missing


class NotFound(Refused):
    """There is no such thing, or it belongs to someone else."""

    code = "not_found"
    status = 404


class InsufficientFunds(Refused):
    """The account cannot pay for the order."""

    code = "insufficient_funds"
    status = 402

    def __init__(self, needed_micros: int, available_micros: int) -> None:
        super().__init__("the account's balance does not cover this order")
        self.needed_micros = needed_micros
        self.available_micros = available_micros


class QuotaExhausted(Refused):
    """The key's own quota, or what the account may spend in all, is used up, though the account may have money; or the
    order costs more than either may spend in a day.
    """

    code = "quota_exhausted"
    status = 402

    def __init__(self, needed_micros: int, available_micros: int, *, whose: Literal["key", "account"] = "key") -> None:
        super().__init__(f"the {whose}'s quota does not cover this order")
        self.needed_micros = needed_micros
        self.available_micros = available_micros


class WrongState(Refused):
    """The thing is there, but its state forbids this."""

    code = "wrong_state"
    status = 409


class KeyReused(Refused):
    """The idempotency key came before, with another order."""

    code = "idempotency_key_reused"
    status = 409


class Unsupported(Refused):
    """The dialect knows what is asked for, but it is not done here, or not by this model."""

    code = "unsupported"

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field
        """The value that asks for it, in the caller's words, where there is one."""


class BodyTooLarge(Refused):
    """The body is over the limit of the dialect."""

    code = "body_too_large"
    status = 413

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"the body is larger than {limit_bytes} bytes")
        self.limit_bytes = limit_bytes


class BadHttp(Refused):
    """The request is not proper HTTP. Of this and its kinds the status is the same in every dialect."""

    code = "bad_http"


class NoSuchAddress(BadHttp):
    """There is nothing at the request's address."""

    code = "no_such_address"
    status = 404


class NoSuchMethod(BadHttp):
    """The request's address does not know its method."""

    code = "no_such_method"
    status = 405


class RateLimited(Refused):
    """Too much in too short a time: requests in a minute, unless it is one of its kinds."""

    code = "rate_limited"
    status = 429
    retryable = True

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class TooManyOrders(RateLimited):
    """The account or the key has as many open orders as it may."""

    code = "too_many_orders"


class DayExhausted(RateLimited):
    """The account or the key has spent what it may in a day (UTC)."""

    code = "day_exhausted"


class MediaError(FilmgateError):
    """A picture, clip or sound of the order cannot be used."""

    code = "media"
    status = 400

    def __init__(self, message: str, *, kind: str, field: str) -> None:
        super().__init__(message)
        self.kind = kind
        """``image``, ``video`` or ``audio``."""
        self.field = field
        """The path of the link in the caller's body, from ``Media.field``."""


class MediaUnreachable(MediaError):
    """Its link cannot be fetched."""

    code = "media_unreachable"


class MediaTooLarge(MediaError):
    """It is over a limit of bytes, pixels or seconds."""

    code = "media_too_large"


class MediaUnreadable(MediaError):
    """It was fetched and does not decode as what it should be."""

    code = "media_unreadable"


class MediaClosed(MediaError):
    """Its bytes did not pass the review, or may be used as an asset alone."""

    code = "media_closed"


class MediaRefused(MediaError):
    """Media of an order that was accepted cannot be used, or break rules of its model; all that is wrong is listed."""

    code = "media_refused"

    def __init__(self, violations: list[Violation], *, kind: str) -> None:
        """``kind`` is that of the first one's medium."""
        first, *others = violations
        sentences = [first.message, *(f"{violation.field}: {violation.message}" for violation in others)]
        super().__init__("; ".join(sentences), kind=kind, field=first.field)
        self.violations = violations


MEDIA_CODES = frozenset({MediaUnreachable.code, MediaTooLarge.code, MediaUnreadable.code, MediaClosed.code})
"""The rules of violations that were such errors."""


class OutboundError(FilmgateError):
    """A call to the outside failed."""

    code = "outbound"
    status = 502
    retryable = True


class AddressRefused(OutboundError):
    """The link leads where filmgate does not go: a private network, another scheme, a name without an address."""

    code = "address_refused"
    status = 400
    retryable = False


class OutboundFailed(OutboundError):
    """Network trouble, a timeout, or an answer that is not the one wanted."""

    code = "outbound_failed"

    def __init__(self, message: str, *, http_status: int | None = None, may_have_arrived: bool = True) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.may_have_arrived = may_have_arrived
        """Whether what was sent may have been heard; False where no connection stood."""


class EngineFailed(FilmgateError):
    """The engine or the upstream could not make the film."""

    code = "engine_failed"
    status = 502

    def __init__(self, message: str, *, reason: str = "provider_error", retryable: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        """``provider_error``, ``content_rejected`` or ``timeout``: the task's error code."""
        self.retry = retryable
        """Whether another try may help, as when the engine is only shutting down."""


class UpstreamFailed(FilmgateError):
    """A vendor refused a call of ours, or its answer makes no sense.

    Whose fault it was (``fault``) decides what may help:

        order     the vendor finds the order wrong                         nothing: no vendor is asked again
        content   its review refuses the prompt or the media               another route, where the model says so
        busy      rate limit, too many tasks, overloaded                   another route, or here after a while
        account   our key or our account there: wrong, frozen, empty       another route; someone must mend it
        missing   the vendor does not know the task                        a look through its list
        vendor    it broke down before it made anything, and says so       another route, or here after a while
        unclear   nobody can know whether it took the order                only asking: another order may be paid twice
    """

    code = "upstream_failed"
    status = 502

    def __init__(
        self,
        message: str,
        *,
        fault: Fault,
        vendor_code: str = "",
        http_status: int | None = None,
        retry_after_seconds: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.fault = fault
        self.vendor_code = vendor_code
        """The vendor's own word for it, or empty."""
        self.http_status = http_status
        self.retry_after_seconds = retry_after_seconds
        """As the vendor asked."""
        self.request_id = request_id
        """The vendor's name for the call, for its support."""


class Unavailable(FilmgateError):
    """The database or the object store is away."""

    code = "unavailable"
    status = 503
    retryable = True


class Unconfirmed(Unavailable):
    """The database went away while an order was being accepted. It may have been: ordering again may pay twice."""

    code = "unconfirmed"
    retryable = False
