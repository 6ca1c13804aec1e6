"""How patient a worker is, in one place, so that whoever kills workers by the hundred need not wait as long."""

import msgspec

from filmgate.store.claims import CLAIM
from filmgate.webhook import PAUSES_SECONDS
from filmgate.work.doubt import Patience
from filmgate.work.follow import Lease


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker waits for. The defaults are for everyone."""

    sweep_seconds: float = 30.0
    """Between two sweeps."""
    lease: Lease = Lease()
    """How long what a silent worker followed stays its own."""
    doubt: Patience = Patience()
    """With vendors that owe an answer."""
    download_pauses_seconds: tuple[float, ...] = (1.0, 3.0, 10.0, 20.0)
    """Before each further try to bring a finished film home."""
    settle_seconds: float = 2.0
    """Between two looks at what is in doubt."""
    news_timeout_seconds: float = 10.0
    """For a receiver's answer."""
    news_claim_seconds: float = CLAIM.total_seconds()
    """After which news that a worker has in hand is another's; longer than the timeout."""
    news_pauses_seconds: tuple[float, ...] = PAUSES_SECONDS
    """After the first try, the second, and so on; there is one try more."""


PATIENT = Pace()
