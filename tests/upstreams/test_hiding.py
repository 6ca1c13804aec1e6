"""A vendor's key is hidden in whatever the vendor says."""

import json

import pytest

from filmgate.dialects.base import Reply
from filmgate.dialects.client import Failure, Page, Report
from filmgate.errors import UpstreamFailed
from filmgate.upstreams.hiding import HIDDEN, Hiding

KEY = "sk/of-the é=test"


def said_by(reply: Reply) -> Report:
    """As a client half reads it."""
    said = json.loads(reply.body)
    if "refused" in said:
        raise UpstreamFailed(
            said["refused"][:40], fault="account", vendor_code=said["refused"], request_id=said["refused"]
        )
    failure = Failure(reason="provider_error", code=said["code"], message=said["message"])
    return Report(
        vendor_id=said["id"], state="failed", word=said["message"], failure=failure, film_url=said.get("film")
    )


def reply(**said: str) -> Reply:
    return Reply(status=200, body=json.dumps(said, ensure_ascii=False).encode())


@pytest.mark.parametrize("form", [KEY, "sk%2Fof-the%20%C3%A9%3Dtest", "sk\\/of-the é=test"])
def test_the_key_is_hidden_in_every_word_of_a_report(form: str) -> None:
    report = Hiding(KEY).read(said_by, reply(id="1", code=f"bad {form}", message=f"{form}, {form}!"))
    assert report.failure == Failure(reason="provider_error", code=f"bad {HIDDEN}", message=f"{HIDDEN}, {HIDDEN}!")
    assert report.word == f"{HIDDEN}, {HIDDEN}!"


def test_a_key_that_is_written_with_escapes_is_hidden_too() -> None:
    body = json.dumps({"id": "1", "code": "", "message": KEY}).replace("s", "\\u0073", 1).encode()
    report = Hiding(KEY).read(said_by, Reply(status=200, body=body))
    assert report.failure is not None
    assert KEY not in report.failure.message


def test_no_part_of_the_key_is_left_where_a_sentence_is_cut() -> None:
    with pytest.raises(UpstreamFailed) as raised:
        Hiding(KEY).read(said_by, reply(refused="x" * 35 + KEY))
    assert raised.value.message == "x" * 35 + HIDDEN
    assert (raised.value.vendor_code, raised.value.request_id) == ("x" * 35 + HIDDEN,) * 2
    assert (raised.value.fault, raised.value.__cause__) == ("account", None)


def test_a_link_is_left_as_it_is() -> None:
    link = f"https://films.example/1.mp4?key={KEY}"
    report = Hiding(KEY).read(said_by, reply(id="1", code="", message=KEY, film=link))
    assert report.film_url == link
    assert report.word == HIDDEN


def test_an_id_that_holds_the_key_is_none() -> None:
    with pytest.raises(UpstreamFailed) as raised:
        Hiding(KEY).read(said_by, reply(id=f"task-{KEY}", code="", message=""))
    assert raised.value.fault == "unclear"
    assert KEY not in raised.value.message


def test_a_page_is_hidden_report_by_report() -> None:
    def listed(answer: Reply) -> Page:
        return Page(reports=[said_by(answer)] * 2, next=None)

    page = Hiding(KEY).read(listed, reply(id="1", code="", message=KEY))
    assert [report.word for report in page.reports] == [HIDDEN, HIDDEN]


@pytest.mark.parametrize("key", ["", "1", "film"])
def test_what_is_too_short_to_be_a_key_is_no_reason_to_change_anything(key: str) -> None:
    report = Hiding(key).read(said_by, reply(id="film-1", code="film", message="1 film"))
    assert (report.vendor_id, report.word) == ("film-1", "1 film")


def test_the_key_is_hidden_in_lists_of_words_too() -> None:
    def words(reply: Reply) -> list[str]:
        said = json.loads(reply.body)
        if "refused" in said:
            raise UpstreamFailed(said["refused"], fault="account")
        return list(said.values())

    assert Hiding(KEY).read_words(words, reply(first=KEY, second="other")) == [HIDDEN, "other"]
    with pytest.raises(UpstreamFailed) as raised:
        Hiding(KEY).read_words(words, reply(refused=f"no {KEY}"))
    assert raised.value.message == f"no {HIDDEN}"
