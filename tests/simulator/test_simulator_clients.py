"""Every dialect's own client half orders, follows and fetches films at the simulator, over real HTTP."""

import re
from pathlib import Path

import httpx
import pytest
from tests.simulator.conftest import KEY, Simulate
from tests.simulator.film_facts import facts_of
from tests.simulator.simulating import simulating
from tests.simulator.simulator_customer import CLIENTS, Customer

from filmgate.data_url import make_data_url
from filmgate.errors import UpstreamFailed
from filmgate.simulator.encode import make_picture
from filmgate.simulator.options import DialectName
from filmgate.video import Media

pytestmark = pytest.mark.long

each_dialect = pytest.mark.parametrize("dialect", CLIENTS)
LISTING: list[DialectName] = ["ark", "openai"]
CANCELLING: list[DialectName] = ["ink", "ark", "openai"]


@each_dialect
def test_a_client_orders_follows_and_fetches_a_film(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect), KEY)
    vendor_id = customer.order("A paper boat, 纸船", "key-7")
    assert customer.ask(vendor_id).state == "running"
    report = customer.wait_for(vendor_id, "succeeded")
    answer = customer.fetch(report)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert facts_of(answer.content) == (864, 496, 96, 4.0, ("video", "audio"))
    (job,) = customer.simulated.jobs(id=vendor_id)
    assert (job["prompt"], job["idempotency_key"], job["status"]) == ("A paper boat, 纸船", "key-7", "succeeded")
    assert job["charged"] > 0


@each_dialect
def test_progress_grows_and_never_falls(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect), KEY)
    vendor_id, seen = customer.order("boat"), [0]
    while (report := customer.ask(vendor_id)).state != "succeeded":
        seen.append(report.progress or 0)
    assert seen == sorted(seen)
    # Ark and Ink do not tell any.
    assert seen[-1] == 0 if dialect in ("ark", "ink") else 10 < seen[-1] < 100


@each_dialect
def test_what_waits_first_is_queued(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect, queue_seconds=0.6), KEY)
    vendor_id = customer.order("boat")
    assert customer.ask(vendor_id).state == "queued"
    customer.wait_for(vendor_id, "running")
    customer.wait_for(vendor_id, "succeeded")


@pytest.mark.parametrize("dialect", ["ark", "openai"])
@pytest.mark.parametrize(
    ("resolution", "ratio", "size"),
    [("480p", "9:16", (496, 864)), ("720p", "1:1", (960, 960)), ("1080p", "16:9", (1920, 1080))],
)
def test_a_film_has_exactly_the_ordered_size_and_length(
    dialect: DialectName, resolution: str, ratio: str, size: tuple[int, int], simulate: Simulate
) -> None:
    customer = Customer(simulate(dialect, median_seconds=0.01), KEY)
    report = customer.made("boat", resolution=resolution, ratio=ratio, duration_seconds=7)
    facts = facts_of(customer.fetch(report).content)
    assert (facts.width, facts.height, facts.frames, facts.seconds) == (*size, 7 * 24, 7.0)


def test_a_film_is_silent_where_no_sound_was_ordered(simulate: Simulate) -> None:
    customer = Customer(simulate("ark", median_seconds=0.01), KEY)
    assert facts_of(customer.fetch(customer.made("boat", audio=False)).content).kinds == ("video",)


@each_dialect
def test_every_film_is_its_own_task_s(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect, median_seconds=0.01), KEY)
    reports = [customer.made(f"boat {number}") for number in range(2)]
    films = [customer.fetch(report).content for report in reports]
    assert films[0] != films[1]
    for report, film in zip(reports, films, strict=True):
        assert report.vendor_id.encode() in film


@each_dialect
def test_an_unknown_id_is_missing(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect), KEY)
    known = customer.order("boat")
    for unknown in (known[:-3] + "000", "x", "..%2f", "视"):
        with pytest.raises(UpstreamFailed) as raised:
            customer.ask(unknown)
        assert raised.value.fault == "missing"


@each_dialect
def test_a_wrong_key_is_the_account_s_fault(dialect: DialectName, simulate: Simulate) -> None:
    simulated = simulate(dialect)
    vendor_id = Customer(simulated, KEY).order("boat")
    stranger = Customer(simulated, "sk-other")
    for trouble in (lambda: stranger.order("boat"), lambda: stranger.ask(vendor_id)):
        with pytest.raises(UpstreamFailed) as raised:
            trouble()
        assert raised.value.fault == "account"
    assert len(simulated.jobs()) == 1


@each_dialect
def test_an_order_against_the_rules_makes_no_job(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect), KEY)
    for seconds in (99, 0):
        with pytest.raises(UpstreamFailed) as raised:
            customer.order("boat", duration_seconds=seconds)
        assert raised.value.fault == "order"
    assert customer.simulated.jobs() == []


@each_dialect
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"model": 5}', b"{" * 5000])
def test_a_body_that_is_no_order_is_refused_and_not_a_breakdown(
    dialect: DialectName, body: bytes, simulate: Simulate
) -> None:
    customer = Customer(simulate(dialect), KEY)
    path = customer.create_call("boat").path
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    answer = httpx.post(customer.simulated.base_url + path, content=body, headers=headers)
    assert answer.status_code == (200 if dialect == "jimmy" else 400)
    assert answer.json()
    assert customer.simulated.jobs() == []


@pytest.mark.parametrize("dialect", ["senseaudio", "ark", "openai"])
def test_pictures_that_come_inside_of_an_order_are_taken_and_not_kept(
    dialect: DialectName, simulate: Simulate, tmp_path: Path
) -> None:
    picture = make_data_url("image/png", make_picture((400, 400), "PNG"))
    media = Media(kind="image", role="first_frame", url=picture, field="first_image")
    state = tmp_path / "state"
    with simulating(dialect, key=KEY, median=0.01, state=state) as simulated:
        report = Customer(simulated, KEY).made("boat", media=(media,))
        assert Customer(simulated, KEY).fetch(report).status_code == 200
    assert "object://" in state.read_text()
    assert "base64" not in state.read_text()


@pytest.mark.parametrize("dialect", CANCELLING)
def test_a_client_cancels_what_waits(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect, queue_seconds=60), KEY)
    vendor_id = customer.order("boat")
    assert customer.cancel(vendor_id).state == "cancelled"
    (job,) = customer.simulated.jobs()
    assert (job["status"], job["cancelled"], job["charged"]) == ("cancelled", True, 0)


def test_ark_refuses_to_delete_what_runs_and_deletes_what_has_ended(simulate: Simulate) -> None:
    customer = Customer(simulate("ark"), KEY)
    vendor_id = customer.order("boat")
    assert customer.cancel(vendor_id).state == "running"
    customer.wait_for(vendor_id, "succeeded")
    assert customer.cancel(vendor_id).state == "cancelled"
    with pytest.raises(UpstreamFailed) as raised:
        customer.ask(vendor_id)
    assert raised.value.fault == "missing"
    (job,) = customer.simulated.jobs()
    assert job["deleted"]
    assert job["charged"] > 0


def test_ink_cancels_what_runs_once_and_for_all(simulate: Simulate) -> None:
    customer = Customer(simulate("ink"), KEY)
    vendor_id = customer.order("boat")
    assert [customer.cancel(vendor_id).state for _ in range(2)] == ["cancelled", "cancelled"]
    assert customer.ask(vendor_id).state == "cancelled"
    done = customer.made("another boat")
    assert customer.cancel(done.vendor_id).state == "unknown"


def test_openai_forgets_what_was_deleted(simulate: Simulate) -> None:
    customer = Customer(simulate("openai"), KEY)
    vendor_id = customer.order("boat")
    customer.cancel(vendor_id)
    with pytest.raises(UpstreamFailed) as raised:
        customer.ask(vendor_id)
    assert raised.value.fault == "missing"
    assert customer.client.listed(customer.send(customer.client.list())).reports == []


@pytest.mark.parametrize("dialect", LISTING)
def test_a_list_has_the_newest_first(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect, median_seconds=0.01), KEY)
    ordered = [customer.made(f"boat {number}").vendor_id for number in range(3)]
    page = customer.client.listed(customer.send(customer.client.list()))
    assert [report.vendor_id for report in page.reports] == ordered[::-1]
    assert {report.state for report in page.reports} == {"succeeded"}
    assert all(report.film_url for report in page.reports)
    assert page.next is None


def test_ark_lists_those_that_are_named(simulate: Simulate) -> None:
    customer = Customer(simulate("ark"), KEY)
    first, _, third = (customer.order(f"boat {number}") for number in range(3))
    page = customer.client.listed(customer.send(customer.client.list([first, third, "cgt-none"])))
    assert [report.vendor_id for report in page.reports] == [third, first]


def test_openai_turns_pages(simulate: Simulate) -> None:
    customer = Customer(simulate("openai"), KEY)
    ordered = [customer.order(f"boat {number}") for number in range(5)]
    headers = {"Authorization": f"Bearer {KEY}"}
    url, found, after = f"{customer.simulated.base_url}/videos", [], None
    for _ in range(3):
        query = {"limit": "2", "order": "asc", **({"after": after} if after else {})}
        page = httpx.get(url, params=query, headers=headers).json()
        found += [video["id"] for video in page["data"]]
        after = page["last_id"]
    assert found == ordered
    assert page["has_more"] is False


@each_dialect
def test_too_many_at_once_wait_at_ark_and_are_refused_elsewhere(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect, max_running=1, median_seconds=0.9), KEY)
    first = customer.order("boat 1")
    if dialect == "ark":
        second = customer.order("boat 2")
        assert (customer.ask(first).state, customer.ask(second).state) == ("running", "queued")
        customer.wait_for(second, "running")
        assert customer.ask(first).state == "succeeded"
        return
    reply = customer.send(customer.create_call("boat 2"))
    with pytest.raises(UpstreamFailed) as raised:
        customer.client.created(reply)
    assert (raised.value.fault, raised.value.retry_after_seconds) == ("busy", 1.0)
    assert reply.status == (400 if dialect == "senseaudio" else 429)
    assert dialect != "senseaudio" or b"400015" in reply.body
    customer.wait_for(first, "succeeded")
    customer.made("boat 2")


@each_dialect
def test_a_repeated_key_makes_a_second_job_unless_keys_are_honoured(dialect: DialectName, simulate: Simulate) -> None:
    customer = Customer(simulate(dialect), KEY)
    assert customer.order("boat", "key-1") != customer.order("boat", "key-1")
    assert customer.simulated.most_jobs() == 2
    customer = Customer(simulate(dialect, honour_idempotency_keys=True), KEY)
    assert customer.order("boat", "key-1") == customer.order("boat", "key-1")
    assert customer.order("boat", "key-2") != customer.order("boat", "key-1")
    assert customer.simulated.most_jobs() == 1
    assert customer.send(customer.create_call("another boat", "key-1")).status == 409


@pytest.mark.parametrize(
    ("dialect", "path"),
    [
        ("jimmy", "/api/open-api/v1/user/balance"),
        ("jimmy", "/api/open-api/v1/key/balance"),
        ("jimmy", "/api/openapi/model/catalog?search=mini"),
        ("senseaudio", "/v1/models?mode=video"),
        ("ink", "/api/open/v1/models"),
        ("ark", "/api/v3/models"),
        ("openai", "/v1/models"),
    ],
)
def test_models_and_balances_are_there(dialect: DialectName, path: str, simulate: Simulate) -> None:
    answer = httpx.get(simulate(dialect).origin + path, headers={"Authorization": f"Bearer {KEY}"})
    assert answer.status_code == 200
    text = answer.text
    assert re.search(r'"(id|model_name|used_coin|used_quota)":', text)


def test_jimmy_s_balance_is_less_what_its_films_cost(simulate: Simulate) -> None:
    customer = Customer(simulate("jimmy", median_seconds=0.01), KEY)
    headers = {"Authorization": f"Bearer {KEY}"}
    url = f"{customer.simulated.origin}/api/open-api/v1/user/balance"
    assert httpx.get(url, headers=headers).json()["data"]["used_coin"] == 0
    report = customer.made("boat")
    assert report.usage is not None
    assert httpx.get(url, headers=headers).json()["data"]["used_coin"] == report.usage.credits


def test_an_address_that_is_none_is_told_so(simulate: Simulate) -> None:
    simulated = simulate("ark")
    headers = {"Authorization": f"Bearer {KEY}"}
    assert httpx.get(f"{simulated.origin}/nothing", headers=headers).status_code == 404
    assert httpx.put(f"{simulated.base_url}/contents/generations/tasks", headers=headers).status_code == 405


def test_a_last_frame_that_was_ordered_is_a_picture_of_the_film_s_size(simulate: Simulate) -> None:
    customer = Customer(simulate("ark", median_seconds=0.01), KEY)
    report = customer.made("boat", last_frame=True)
    assert report.last_frame_url is not None
    answer = httpx.get(report.last_frame_url)
    assert (answer.headers["content-type"], answer.content[:8]) == ("image/png", b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(answer.content[16:20], "big") == 864


def test_a_draft_becomes_a_full_film_at_ark(simulate: Simulate) -> None:
    simulated = simulate("ark", median_seconds=0.01)
    headers = {"Authorization": f"Bearer {KEY}"}
    url, model = f"{simulated.base_url}/contents/generations/tasks", "doubao-seedance-2-5-260628"
    body = {"model": model, "draft": True, "content": [{"type": "text", "text": "boat"}], "duration": 5}
    draft_id = httpx.post(url, json=body, headers=headers).json()["id"]
    Customer(simulated, KEY).wait_for(draft_id, "succeeded")
    final = {"model": model, "content": [{"type": "draft_task", "draft_task": {"id": draft_id}}]}
    answer = httpx.post(url, json=final, headers=headers)
    assert answer.status_code == 200, answer.text
    assert [job["prompt"] for job in simulated.jobs()] == ["boat", "boat"]


def test_openai_takes_json_and_forms_and_makes_the_asked_size(simulate: Simulate) -> None:
    simulated = simulate("openai", median_seconds=0.01)
    headers = {"Authorization": f"Bearer {KEY}"}
    body = {"model": "seedance-2.0", "prompt": "boat", "seconds": "4", "size": "1024x1792"}
    customer = Customer(simulated, KEY)
    for answer in (
        httpx.post(f"{simulated.base_url}/videos", json=body, headers=headers),
        httpx.post(f"{simulated.base_url}/videos", files={n: (None, v) for n, v in body.items()}, headers=headers),
    ):
        assert answer.status_code == 200, answer.text
        report = customer.wait_for(answer.json()["id"], "succeeded")
        assert facts_of(customer.fetch(report).content)[:3] == (1024, 1792, 96)


def test_openai_has_thumbnails_and_no_content_before_the_end(simulate: Simulate) -> None:
    customer = Customer(simulate("openai"), KEY)
    vendor_id = customer.order("boat")
    headers = {"Authorization": f"Bearer {KEY}"}
    url = f"{customer.simulated.base_url}/videos/{vendor_id}/content"
    assert httpx.get(url, headers=headers).json()["error"]["code"] == "video_not_ready"
    assert httpx.get(url).status_code == 401
    customer.wait_for(vendor_id, "succeeded")
    thumbnail = httpx.get(url, params={"variant": "thumbnail"}, headers=headers)
    assert (thumbnail.headers["content-type"], thumbnail.content[8:12]) == ("image/webp", b"WEBP")
    assert httpx.get(url, params={"variant": "spritesheet"}, headers=headers).status_code == 400
