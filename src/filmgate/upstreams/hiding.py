"""Keeps a vendor's key out of what the vendor says, wherever that is kept or shown.

Errors that repeat the key, or the whole Authorization header, are common. It is hidden before an answer is read, so
that no sentence is cut in the middle of it, and once more in what was read, where it was written in another way. Links
alone are left as they are: they are dialled and never kept.
"""

import json
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import quote

from msgspec.structs import replace

from filmgate.dialects.base import Reply
from filmgate.dialects.client import Page, Report
from filmgate.errors import UpstreamFailed

HIDDEN = "[key]"

# What is shorter is no key, and may be a part of any word.
_SHORTEST_KEY = 6

Said = TypeVar("Said", Report, Page)
Other = TypeVar("Other")


class Hiding:
    """Hides one key, in any of the forms that a text, JSON or a link gives it."""

    def __init__(self, key: str) -> None:
        forms = {key, json.dumps(key)[1:-1], quote(key, safe=""), key.replace("/", "\\/")}
        self._forms = sorted(forms, key=len, reverse=True) if len(key) >= _SHORTEST_KEY else []

    def read(self, read: Callable[[Reply], Said], reply: Reply) -> Said:
        """What a reply says, in words without the key.

        Raises:
            UpstreamFailed: as ``read``; and ``unclear`` where a task's id holds the key: it can be neither kept nor
                asked about.
        """
        hidden = self._reply(reply)
        try:
            said = read(hidden)
            as_it_is = said if hidden is reply else read(reply)
        except UpstreamFailed as exc:
            # Without the cause, which would be told along with it.
            raise self.error(exc) from None
        if isinstance(said, Page) and isinstance(as_it_is, Page):
            pairs = zip(said.reports, as_it_is.reports, strict=True)
            return replace(said, reports=[self._report(*pair) for pair in pairs])
        if isinstance(said, Report) and isinstance(as_it_is, Report):
            return self._report(said, as_it_is)
        raise AssertionError(f"{type(said).__name__} is nothing that a vendor says")

    def read_words(self, read: Callable[[Reply], Other], reply: Reply) -> Other:
        """The same of a reply in which no link is that anyone dials.

        Raises:
            UpstreamFailed: as ``read``.
        """
        try:
            return read(self._reply(reply))
        except UpstreamFailed as exc:
            raise self.error(exc) from None

    def error(self, error: UpstreamFailed) -> UpstreamFailed:
        """The same error in words without the key."""
        return UpstreamFailed(
            self._text(error.message),
            fault=error.fault,
            vendor_code=self._text(error.vendor_code),
            http_status=error.http_status,
            retry_after_seconds=error.retry_after_seconds,
            request_id=None if error.request_id is None else self._text(error.request_id),
        )

    def _report(self, hidden: Report, as_it_is: Report) -> Report:
        if self._text(as_it_is.vendor_id) != as_it_is.vendor_id:
            raise UpstreamFailed("the vendor's id for the task holds our key", fault="unclear")
        failure = hidden.failure
        if failure is not None:
            failure = replace(failure, code=self._text(failure.code), message=self._text(failure.message))
        return replace(
            hidden,
            word=self._text(hidden.word),
            failure=failure,
            film_url=as_it_is.film_url,
            last_frame_url=as_it_is.last_frame_url,
        )

    def _reply(self, reply: Reply) -> Reply:
        body = reply.body
        for form in self._forms:
            body = body.replace(form.encode(), HIDDEN.encode())
        return reply if body == reply.body else replace(reply, body=body)

    def _text(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        return text
