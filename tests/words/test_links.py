"""Signed links open one object, under one name, until one moment."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from filmgate.errors import NoSuchAddress, NotFound
from filmgate.links import PREFIX, FileLinks

SECRET = bytes(range(32))
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=72)

object_names = st.from_regex(r"[a-z]{1,8}(/[a-z0-9-]{1,12}){0,2}\.[a-z0-9]{3}", fullmatch=True)
file_names = st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable() and "/" not in text)


def take_apart(link: str) -> tuple[str, str, str]:
    """The path after the prefix as a server decodes it, and the two values of the query."""
    parts = urlsplit(link)
    values = dict(parse_qsl(parts.query))
    return unquote(parts.path.removeprefix(PREFIX)), values["expires"], values["signature"]


@given(object_names, file_names)
def test_a_link_opens_the_object_it_was_written_for(object_name: str, file_name: str) -> None:
    links = FileLinks(SECRET)
    link = links.path(object_name, file_name=file_name, expires_at=LATER)
    path, expires, signature = take_apart(link)
    assert link.isascii()
    opened = links.open(path, expires=expires, signature=signature, now=NOW)
    assert (opened.object_name, opened.expires_at) == (object_name, LATER)
    assert link.endswith(f"/{quote(opened.file_name, safe='')}?{urlsplit(link).query}")


def test_the_readable_name_comes_last() -> None:
    link = FileLinks(SECRET).path("films/1.mp4", file_name="河上的日出.mp4", expires_at=LATER)
    assert unquote(urlsplit(link).path) == "/files/films/1.mp4/河上的日出.mp4"


@given(object_names, st.text(max_size=60))
def test_a_changed_path_opens_nothing(object_name: str, other: str) -> None:
    links = FileLinks(SECRET)
    path, expires, signature = take_apart(links.path(object_name, file_name="film.mp4", expires_at=LATER))
    assume(other.removeprefix("/") != path)
    with pytest.raises(NotFound):
        links.open(other, expires=expires, signature=signature, now=NOW)


@given(object_names, st.text(max_size=80), st.text(max_size=80))
def test_a_changed_query_opens_nothing(object_name: str, other_expires: str, other_signature: str) -> None:
    links = FileLinks(SECRET)
    path, expires, signature = take_apart(links.path(object_name, file_name="film.mp4", expires_at=LATER))
    assume((other_expires, other_signature) != (expires, signature))
    with pytest.raises(NotFound):
        links.open(
            path, expires=other_expires, signature=signature if other_expires != expires else other_signature, now=NOW
        )
    with pytest.raises(NotFound):
        links.open(path, expires=other_expires, signature=other_signature, now=NOW)


def test_a_later_expiry_cannot_be_written_in() -> None:
    links = FileLinks(SECRET)
    path, expires, signature = take_apart(links.path("films/1.mp4", file_name="film.mp4", expires_at=LATER))
    with pytest.raises(NotFound, match="signature"):
        links.open(path, expires=str(int(expires) + 1), signature=signature, now=NOW)


def test_a_link_cannot_be_given_another_name() -> None:
    links = FileLinks(SECRET)
    path, expires, signature = take_apart(links.path("films/1.mp4", file_name="film.mp4", expires_at=LATER))
    with pytest.raises(NotFound, match="signature"):
        links.open(path.replace("/film.mp4", "/film.html"), expires=expires, signature=signature, now=NOW)


def test_a_link_dies_at_its_moment_and_says_so() -> None:
    links = FileLinks(SECRET)
    path, expires, signature = take_apart(links.path("films/1.mp4", file_name="film.mp4", expires_at=LATER))
    assert links.open(path, expires=expires, signature=signature, now=LATER - timedelta(seconds=1))
    with pytest.raises(NoSuchAddress, match="expired"):
        links.open(path, expires=expires, signature=signature, now=LATER)


def test_a_forged_link_is_not_told_whether_it_would_have_expired() -> None:
    with pytest.raises(NotFound, match="signature"):
        FileLinks(SECRET).open("films/1.mp4/film.mp4", expires="1", signature="00", now=NOW)


def test_another_server_s_link_opens_nothing() -> None:
    path, expires, signature = take_apart(FileLinks(b"x" * 32).path("a/b", file_name="c", expires_at=LATER))
    with pytest.raises(NotFound):
        FileLinks(SECRET).open(path, expires=expires, signature=signature, now=NOW)


@pytest.mark.parametrize(
    ("path", "expires", "signature"),
    [
        ("films/1.mp4/film.mp4", None, "00"),
        ("films/1.mp4/film.mp4", "1", None),
        ("film.mp4", "1", "00"),
        ("films/1.mp4/film.mp4", "-1", "00"),
        ("films/1.mp4/film.mp4", "١", "00"),
        ("films/1.mp4/film.mp4", "1e9", "00"),
        ("films/1.mp4/film.mp4", "1" * 5000, "00"),
        ("films/1.mp4/film.mp4", "", "00"),
    ],
)
def test_an_incomplete_link_is_called_so(path: str, expires: str | None, signature: str | None) -> None:
    with pytest.raises(NotFound, match="malformed"):
        FileLinks(SECRET).open(path, expires=expires, signature=signature, now=NOW)


def test_lone_surrogates_in_a_link_are_merely_wrong() -> None:
    with pytest.raises(NotFound):
        FileLinks(SECRET).open("films/\udcff/a", expires="99999999999", signature="\ud800", now=NOW)


@pytest.mark.parametrize("file_name", ["", "a/b", "a\0b", "a\nb"])
def test_a_file_name_that_would_blur_the_link_is_refused(file_name: str) -> None:
    with pytest.raises(ValueError, match="cannot be put into a link"):
        FileLinks(SECRET).path("films/1.mp4", file_name=file_name, expires_at=LATER)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        FileLinks(b"")
