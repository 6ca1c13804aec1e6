"""Cursors: where a page of a list ended, for its own account alone.

A cursor is text that callers send back as they got it. It is signed together with the account and the list it belongs
to, so one that was made up, changed, or taken from another account or list is refused.
"""

import hashlib
from typing import Any
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

from filmgate.errors import BadRequest

LONGEST_CURSOR_CHARACTERS = 1000


class Cursors:
    """Writes and opens cursors.

    Args:
        secret: at least 16 random bytes, the same in every process.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 16:
            raise ValueError("the secret of the cursors is too short")
        self._secret = secret

    def seal(self, account_id: UUID, what: str, position: list[Any]) -> str:
        """A position in one list of one account, as text that fits into a URL as it is.

        Args:
            what: the list: ``deliveries``, for instance.
            position: JSON values; from where the next page goes on.
        """
        return str(self._serializer(account_id, what).dumps(position))

    def open(self, text: str, account_id: UUID, what: str) -> list[Any]:
        """The position behind a cursor.

        Raises:
            BadRequest: it is none that this account was given for this list.
        """
        if len(text) > LONGEST_CURSOR_CHARACTERS:
            raise _refused()
        try:
            position = self._serializer(account_id, what).loads(text)
        except (BadData, UnicodeError) as exc:
            raise _refused() from exc
        if not isinstance(position, list):
            raise _refused()
        return position

    def _serializer(self, account_id: UUID, what: str) -> URLSafeSerializer:
        # The salt goes into the signature's key, so whatever stands in it need not stand in the text.
        return URLSafeSerializer(
            self._secret,
            salt=f"filmgate cursor\0{what}\0{account_id}",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )


def _refused() -> BadRequest:
    return BadRequest("is no cursor that this account was given for this list", field="cursor")
