"""Metrics: what the whole installation is at, and how this process answers, for the operator alone."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.api.api_helpers import House, open_house

from filmgate.api.measure import BOUNDS_SECONDS, HttpFigures
from filmgate.api.metrics import METRICS
from filmgate.attempt import Attempt
from filmgate.errors import Unavailable
from filmgate.ids import new_id
from filmgate.store.figures import read_figures
from filmgate.store.followers import Followers
from filmgate.store.upstreams import UpstreamStates

TOKEN = "a-token-of-the-operator"
Samples = dict[str, dict[tuple[str, ...], float]]


@pytest.fixture(scope="module")
async def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("metrics")
    async with open_house(postgres_url, template, folder, metrics_token=TOKEN) as house:
        yield house


async def scraped(house: House) -> Samples:
    """By name, the values by those of their labels, in the order of the labels' names; without the process."""
    answer = await house.client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found: Samples = {}
    for family in text_string_to_metric_families(answer.text):
        assert family.documentation
        for sample in family.samples:
            labels = tuple(value for name, value in sample.labels.items() if name != "process")
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


async def begun(house: House, upstream: str) -> Attempt:
    task = await house.ordered(await house.customer(), "native")
    found = await house.services.attempts.begin_remote(
        task.id,
        upstream=upstream,
        vendor_model="m",
        seed=None,
        reason="first choice",
        max_running=10,
        submits_per_minute=100,
        now=datetime.now(UTC),
    )
    assert isinstance(found, Attempt)
    return found


async def test_the_figures_are_what_is_there(house: House) -> None:
    attempts, now = house.services.attempts, datetime.now(UTC)
    running, doubtful, refused, followed = [await begun(house, "north") for _ in range(4)]
    await attempts.doubted(doubtful, "lost", None, now - timedelta(seconds=100))
    await attempts.end(refused, "failed", "no", now, fault="busy")
    assert not await attempts.end(refused, "failed", "no", now, fault="busy")
    assert await attempts.submitted(followed, "v-1", None, None, now)
    await attempts.note_looks([(followed.task_id, followed.number, 7, now, "running")])
    await attempts.end(followed, "ok", None, now)
    await UpstreamStates(house.services.db).pause("north", now + timedelta(seconds=60))
    followers, told = Followers(house.services.db), {"followed": 3, "status_age_seconds_sum": 6.0}
    await followers.beat(new_id(), {**told, "status_age_seconds_max": 5.0, "breakers": {"north": "open"}})
    await followers.beat(new_id(), {"followed": 1, "breakers": {"north": "closed"}, "of tomorrow": [1]})
    await followers.beat(gone := new_id(), {"followed": 1000})
    await house.services.db.run("UPDATE workers SET beat_at = now() - interval '1 minute' WHERE id = $1", gone)
    await house.services.db.run("UPDATE pgqueuer SET created = now() - interval '50 seconds' WHERE status = 'queued'")

    found = await scraped(house)
    assert found["filmgate_database_up"] == {(): 1}
    assert found["filmgate_queue_waiting"] == {("make_film",): 4}
    assert found["filmgate_queue_taken"] == {("make_film",): 0}
    assert 50 <= found["filmgate_queue_oldest_seconds"]["make_film",] < 80
    assert found["filmgate_orders_open"] == {("queued", "false"): 4}
    assert found["filmgate_attempts_in_doubt"] == {("north",): 1}
    assert 100 <= found["filmgate_attempts_in_doubt_oldest_seconds"]["north",] < 130
    assert found["filmgate_attempts_ended_total"] == {("busy", "failed", "north"): 1, ("", "ok", "north"): 1}
    assert found["filmgate_looks_total"] == {("north",): 7}
    assert found["filmgate_upstream_running"] == {("north",): 2}
    assert 20 < found["filmgate_upstream_paused_seconds"]["north",] <= 60
    assert found["filmgate_workers_alive"] == {(): 2}
    assert found["filmgate_films_followed"] == {(): 4}
    assert found["filmgate_status_age_mean_seconds"] == {(): 1.5}
    assert found["filmgate_status_age_max_seconds"] == {(): 5}
    assert found["filmgate_breakers"] == {("open", "north"): 1, ("closed", "north"): 1}
    assert found["filmgate_deliveries_waiting"] == found["filmgate_deliveries_dead"] == {(): 0}
    assert running.ended_at is None
    named = {each.name for each in METRICS if each.kind != "histogram"}
    assert named <= found.keys()
    assert {name for name in found if "_seconds_" not in name or name.startswith("filmgate_status")} <= named


async def test_answers_are_counted_by_door_and_kind(house: House) -> None:
    before = await scraped(house)

    def more(found: Samples, *labels: str) -> float:
        name = "filmgate_http_requests_total"
        return found[name].get(labels, 0) - before.get(name, {}).get(labels, 0)

    await asyncio.gather(*(house.client.get("/healthz") for _ in range(20)))
    await house.client.get("/v1/videos/video_secret-of-a-customer")
    await house.client.post("/healthz")
    for wild in ("/nothing/here", "/v1/nothing", "/%00", "/🎬"):
        await house.client.get(wild)
    await house.client.options("/v1/videos")
    found = await scraped(house)
    assert more(found, "GET /healthz", "2xx") == 20
    assert more(found, "GET /v1/videos/{task_id}", "4xx") == 1
    assert more(found, "none", "4xx") == 5
    assert more(found, "none", "2xx") == 1
    assert found["filmgate_http_request_seconds_count"]["GET /healthz",] == 20
    assert found["filmgate_http_request_seconds_sum"]["GET /healthz",] > 0
    assert found["filmgate_http_request_seconds_bucket"]["+Inf", "GET /healthz"] == 20
    assert "secret-of-a-customer" not in str(found)


def test_each_answer_is_in_the_first_bucket_that_holds_it() -> None:
    figures = HttpFigures()
    for seconds in (0.0, BOUNDS_SECONDS[0], BOUNDS_SECONDS[0] * 1.01, BOUNDS_SECONDS[-1], 1e9):
        figures.note("GET /", 204, seconds)
    counts = figures.buckets["GET /"]
    assert (counts[0], counts[1], counts[-2], counts[-1], sum(counts)) == (2, 1, 1, 1, 5)
    assert figures.requests == {("GET /", "2xx"): 5}


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", TOKEN, f"Basic {TOKEN}", "🎬"]
)
async def test_nobody_without_the_token_reads_them(house: House, header: str | None) -> None:
    headers = {} if header is None else {b"Authorization": header.encode()}
    answer = await house.client.get("/metrics", headers=headers)
    assert answer.status_code == 401
    assert "filmgate_" not in answer.text


async def test_a_customers_key_does_not_open_them(house: House) -> None:
    customer = await house.customer()
    assert (await house.client.get("/metrics", headers=customer.headers)).status_code == 401


async def test_without_a_token_there_are_none(postgres_url: str, template: str, tmp_path: Path) -> None:
    async with open_house(postgres_url, template, tmp_path) as house:
        for headers in ({}, {"Authorization": "Bearer None"}):
            assert (await house.client.get("/metrics", headers=headers)).status_code == 404


async def test_while_the_database_is_away_the_rest_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_: object) -> None:
        raise Unavailable("the database is away")

    monkeypatch.setattr("filmgate.api.metrics.read_figures", away)
    found = await scraped(house)
    assert found["filmgate_database_up"] == {(): 0}
    assert "filmgate_queue_waiting" not in found
    assert found["filmgate_http_requests_total"]


async def test_an_installation_that_has_done_nothing_has_figures_too(
    postgres_url: str, template: str, tmp_path: Path
) -> None:
    async with open_house(postgres_url, template, tmp_path) as house:
        figures = await read_figures(house.services.db)
        assert (figures.lanes, figures.orders, figures.ended, figures.deliveries.waiting) == ([], [], [], 0)
