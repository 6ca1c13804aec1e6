"""Opening a store: a local folder, or a bucket of a vendor or of one's own."""

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from filmgate.errors import SetupError

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig  # No such names at run time.

_SCHEMES = ("s3://", "gs://", "az://")
_CLIENT_OPTIONS: "ClientConfig" = {
    # One request may stream a film to a slow reader; obstore's own 30 seconds would cut it.
    "timeout": timedelta(hours=1),
    "connect_timeout": timedelta(seconds=10),
    # For a store of one's own, whose endpoint the operator wrote with http://. The vendors' are https.
    "allow_http": True,
}
# obstore's own three minutes of trying again would keep a customer waiting for a store that is away.
_RETRIES: "RetryConfig" = {"max_retries": 4, "retry_timeout": timedelta(seconds=20)}


def open_bucket(url: str) -> ObjectStore:
    """A bucket with an optional prefix.

    Raises:
        SetupError: the URL is not one of a store.
    """
    if not url.startswith(_SCHEMES):
        raise _not_a_store(url, "it is of an unknown kind")
    try:
        return from_url(url, client_options=_CLIENT_OPTIONS, retry_config=_RETRIES)
    except (BaseError, OSError, ValueError) as exc:
        raise _not_a_store(url, str(exc).partition("\n")[0]) from exc


def open_folder(folder: Path) -> ObjectStore:
    """A folder, made if it is not there.

    Raises:
        SetupError: it cannot be made or written.
    """
    try:
        # Inputs of an order have a folder of their own, which goes with the last of them.
        store = LocalStore(folder, mkdir=True, automatic_cleanup=True)
    except (BaseError, OSError) as exc:
        raise SetupError(f"the object folder {folder} cannot be made.", "Choose one that you may write to.") from exc
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SetupError(f"the object folder {folder} cannot be written.", "Change its owner or choose another.")
    return store


def _not_a_store(url: str, reason: str) -> SetupError:
    return SetupError(
        f"the object store {url!r} cannot be used: {reason}.",
        "Use s3://bucket/prefix, gs://bucket/prefix or az://account/container/prefix, with the vendor's own variables "
        "for keys and region.",
    )
