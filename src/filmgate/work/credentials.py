"""With what manifests are signed, and whose are known as this installation's own."""

from datetime import datetime
from pathlib import Path

import msgspec

from filmgate.errors import SetupError
from filmgate.media.credentials import development_credentials, own_credentials, trust_in
from filmgate.media.label_facts import Credentials, Trust
from filmgate.store.certificates import Certificates
from filmgate.store.db import Database
from filmgate.store.secrets import kept_secret

_DEVELOPMENT = "label_credentials"


async def signing_credentials(db: Database, certificate: Path | None, key: Path | None, now: datetime) -> Credentials:
    """The operator's certificate and key; without them, those that were made for this database, once and for all.

    Either is remembered as this installation's own.

    Raises:
        SetupError: the files cannot be used.
        Unavailable: the database is away.
    """
    credentials = files_credentials(certificate, key, now)
    if credentials is None:
        kept = await kept_secret(db, _DEVELOPMENT, lambda: msgspec.json.encode(development_credentials(now)))
        credentials = msgspec.json.decode(kept, type=Credentials)
    await Certificates(db).remember(credentials.chain, now)
    return credentials


def files_credentials(certificate: Path | None, key: Path | None, now: datetime) -> Credentials | None:
    """The operator's certificate and key; None where there are none.

    Raises:
        SetupError: the files cannot be used, or one of the two is missing.
    """
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        missing = "label_certificate" if certificate is None else "label_key"
        raise SetupError(f"{missing} is missing.", "label_certificate and label_key belong together: set both or none.")
    return own_credentials(certificate, key, now)


async def own_trust(db: Database) -> Trust:
    """Trust in the signers that this installation has had, and in nobody else.

    Raises:
        Unavailable: the database is away.
    """
    return trust_in(await Certificates(db).chains())
