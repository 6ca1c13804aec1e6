"""The file names in links carry the id that the customer knows."""

from datetime import UTC, datetime
from urllib.parse import unquote, urlsplit
from uuid import UUID

import pytest
from tests.dialects.dialect_samples import TASK_ID, finished

from filmgate.dialects import build_dialects
from filmgate.dialects.base import ServerDialect
from filmgate.links import FileLinks
from filmgate.video import VideoRequest
from filmgate.work.links import TaskLinks, shown_id_in

NOW = datetime(2026, 7, 1, 12, 34, tzinfo=UTC)


@pytest.mark.parametrize("dialect", list(build_dialects()), ids=lambda dialect: str(dialect.name))
def test_the_id_is_found_in_every_name_that_a_link_has(dialect: ServerDialect) -> None:
    task = finished(VideoRequest(model="m"))
    links = TaskLinks(
        task, files=FileLinks(bytes(32)), base_url="https://films.example", show_id=dialect.show_id, now=NOW
    )
    for link in (links.film(task), links.poster(task), links.last_frame(task), links.media(f"inputs/{TASK_ID}/12")):
        name = unquote(urlsplit(link).path.rpartition("/")[2])
        assert shown_id_in(name) == dialect.show_id(TASK_ID)


@pytest.mark.parametrize("name", ["", ".mp4", "film.mp4.exe", "a-input-.png", "vid_1-last-frame.jpg", "x.mp4\n"])
def test_other_names_hold_no_id(name: str) -> None:
    assert build_dialects().that_shows(shown_id_in(name)) is None


def test_an_id_alone_stays_as_it_is() -> None:
    assert shown_id_in(str(UUID(int=7))) == str(UUID(int=7))
