"""Reading uploads: bodies that are files, or forms with a file in them, piece by piece as they come."""

from collections.abc import AsyncIterator

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from filmgate.api.bodies import body_chunks
from filmgate.api.calls import Call
from filmgate.catalogue.rules import shortened
from filmgate.errors import BadRequest

_FORM_TYPE = "multipart/form-data"
_MOST_PARTS = 50
_MOST_TEXT_BYTES = 64 * 1024
# What a form needs around its file.
_AROUND_BYTES = 1024 * 1024


def content_type_of(call: Call) -> str:
    """What the caller says the body is, in lower case and without parameters."""
    return _header(call, b"content-type").partition(";")[0].strip().lower()


def is_form(call: Call) -> bool:
    """Whether the body is a form with files."""
    return content_type_of(call) == _FORM_TYPE


async def pieces_of(call: Call, limit_bytes: int) -> AsyncIterator[bytes]:
    """The body as it comes, in pieces that are not empty.

    Raises:
        BadRequest: it is encoded in some way, or no more of it comes.
        BodyTooLarge: it is over the limit, or says so; the rest is not read.
        ClientGone: the connection ended in the middle.
    """
    encoding = _header(call, b"content-encoding").strip().lower()
    if encoding not in ("", "identity"):
        raise BadRequest("a Content-Encoding is not understood here; send the file as it is")
    async for chunk in body_chunks(call, limit_bytes):
        if chunk:
            yield chunk


class FormUpload:
    """A form with one file and some texts beside it (RFC 7578).

    Args:
        file_field: the name of the part that is the file. Files under other names are read as texts.
    """

    def __init__(self, call: Call, file_field: str = "file") -> None:
        self._call = call
        self._file_field = file_field
        self.texts: dict[str, list[str]] = {}
        """By name; complete once all pieces are read."""
        self.file_name: str | None = None
        """As the caller calls it; known from the first piece on."""
        self._has_file = False
        self._misnamed: str | None = None
        self._text_bytes = 0

    async def pieces(self, limit_bytes: int) -> AsyncIterator[bytes]:
        """The bytes of the file as they come.

        Raises:
            BadRequest: it is not a whole form with exactly one file; or as ``pieces_of``.
            BodyTooLarge, ClientGone: as ``pieces_of``.
        """
        boundary = parse_options_header(_header(self._call, b"content-type"))[1].get("boundary", "")
        try:
            with PushMultipartParser(boundary.encode("utf-8", "replace"), max_segment_count=_MOST_PARTS) as parser:
                part: MultipartSegment | None = None
                text: list[bytes] = []
                async for chunk in pieces_of(self._call, limit_bytes + _AROUND_BYTES):
                    for event in parser.parse(chunk):
                        if isinstance(event, MultipartSegment):
                            part, text = event, []
                            self._begin(part)
                        elif event is None:
                            self._end(part, text)
                        elif self._is_the_file(part):
                            yield bytes(event)
                        else:
                            self._count(part, len(event))
                            text.append(bytes(event))
        except MultipartError as exc:
            raise BadRequest(f"the body is not a proper multipart form: {exc.args[0]}") from exc
        if not self._has_file:
            came_as = "" if self._misnamed is None else f"; it came as {self._misnamed!r}"
            raise BadRequest(f"must be given, as a file{came_as}", field=self._file_field)

    def _is_the_file(self, part: MultipartSegment | None) -> bool:
        return part is not None and part.name == self._file_field

    def _begin(self, part: MultipartSegment) -> None:
        if not part.name:
            raise BadRequest(f"every part of the form must have a name, and that of the file is {self._file_field!r}")
        if not self._is_the_file(part):
            if part.filename is not None:
                self._misnamed = shortened(part.name)
            return
        if self._has_file:
            raise BadRequest("must be given once", field=self._file_field)
        self._has_file, self.file_name = True, part.filename

    def _end(self, part: MultipartSegment | None, text: list[bytes]) -> None:
        if part is None or self._is_the_file(part):
            return
        try:
            self.texts.setdefault(part.name, []).append(b"".join(text).decode())
        except UnicodeDecodeError as exc:
            raise self._not_a_text(part) or BadRequest("must be UTF-8 text", field=shortened(part.name)) from exc

    def _count(self, part: MultipartSegment | None, size_bytes: int) -> None:
        self._text_bytes += size_bytes
        if self._text_bytes > _MOST_TEXT_BYTES:
            too_long = BadRequest(f"the texts beside the file are longer than {_MOST_TEXT_BYTES} bytes")
            raise self._not_a_text(part) or too_long

    def _not_a_text(self, part: MultipartSegment | None) -> BadRequest | None:
        """What to say of a part that was meant to be a file; None where it was meant to be a text."""
        if part is None or part.filename is None:
            return None
        return BadRequest(f"is a file, and a file must be named {self._file_field!r}", field=shortened(part.name))


def _header(call: Call, name: bytes) -> str:
    return call.headers.get(name, b"").decode("latin-1")
