"""What is answered of a task whose film was removed, and whose id is in a name."""

import msgspec
import pytest
from tests.dialects.dialect_samples import FILM_LINK, LINKS, TASK_ID, finished, moment

from filmgate.dialects import build_dialects
from filmgate.dialects.base import ServerDialect
from filmgate.task import Task
from filmgate.video import Media, VideoRequest

DIALECTS = build_dialects()
FORGOTTEN_AT = moment(1783300000)
REQUEST = VideoRequest(
    model="seedance-2.0",
    prompt="A paper boat",
    media=(
        Media(kind="image", role="reference", url="https://media.example/a.png", field="media[0].url"),
        Media(kind="image", role="reference", url=f"object://inputs/{TASK_ID}/1", field="media[1].url"),
    ),
    duration_seconds=6,
    resolution="720p",
    ratio="16:9",
)


def forgotten(task: Task) -> Task:
    return msgspec.structs.replace(task, forgotten_at=FORGOTTEN_AT)


@pytest.mark.parametrize("dialect", [DIALECTS.jimmy, DIALECTS.ink], ids=lambda dialect: str(dialect.name))
def test_some_answer_as_before(dialect: ServerDialect) -> None:
    task = finished(REQUEST)
    before = dialect.phrase_task(task, LINKS)
    assert FILM_LINK in before.body.decode()
    assert dialect.phrase_task(forgotten(task), LINKS) == before


def test_senseaudio_knows_nothing_of_it_any_more() -> None:
    reply = DIALECTS.senseaudio.phrase_task(forgotten(finished(REQUEST)), LINKS)
    assert (reply.status, msgspec.json.decode(reply.body)["code"]) == (404, "notfound")


def test_the_native_answer_keeps_the_facts_and_drops_the_links() -> None:
    task = finished(REQUEST)
    before = msgspec.json.decode(DIALECTS.native.phrase_task(task, LINKS).body)
    after = msgspec.json.decode(DIALECTS.native.phrase_task(forgotten(task), LINKS).body)
    assert before["film"]["url"] == FILM_LINK
    assert before["order"]["media"][1]["url"] == f"https://films.example/inputs/{TASK_ID}/1"
    assert after["forgotten_at"] == "2026-07-06T01:06:40Z"
    links = dict.fromkeys(("url", "poster_url", "last_frame_url"))
    assert after["film"] == {**before["film"], **links}
    assert [item["url"] for item in after["order"]["media"]] == ["https://media.example/a.png", None]
    same = {name: value for name, value in after.items() if name not in ("film", "order", "forgotten_at")}
    assert same.items() <= before.items()


@pytest.mark.parametrize("dialect", list(DIALECTS), ids=lambda dialect: str(dialect.name))
def test_the_form_of_an_id_says_which_dialect_showed_it(dialect: ServerDialect) -> None:
    shown_id = dialect.show_id(TASK_ID)
    assert DIALECTS.that_shows(shown_id) is dialect
    assert DIALECTS.read_id(shown_id) == TASK_ID


@pytest.mark.parametrize("text", ["", "film", "vid_", "vid_x", "task_" + "0" * 23, "req_" + "z" * 22, str(TASK_ID)[1:]])
def test_what_is_no_id_was_shown_by_nobody(text: str) -> None:
    assert DIALECTS.that_shows(text) is None
    assert DIALECTS.read_id(text) is None
