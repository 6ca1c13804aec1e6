"""Accepting orders: everything that can be wrong is found before money moves, and a refusal leaves nothing behind."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer
from PIL import Image
from tests.conftest import Clock
from tests.media.bound_samples import plain_clip
from tests.work.workshop import Workshop

from filmgate.catalogue.load import Catalogue, load_catalogue
from filmgate.catalogue.routes import Router
from filmgate.dialects import Dialects, build_dialects
from filmgate.engines.base import Film
from filmgate.errors import (
    BadRequest,
    InsufficientFunds,
    KeyReused,
    RulesBroken,
    Unavailable,
    Unconfirmed,
)
from filmgate.media.fetch import MediaFetcher
from filmgate.outbound import Outbound
from filmgate.store.accounts import Key, Limits
from filmgate.task import Task
from filmgate.video import Media, Size, VideoRequest
from filmgate.work import plan
from filmgate.work.placing import Placing, broken_webhook
from filmgate.work.plan import Planner
from filmgate.work.submit import Submitter

TEXT = VideoRequest(model="seedance2.0-mini", prompt="a kite over the sea")


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="session")
def dialects() -> Dialects:
    return build_dialects()


@pytest.fixture
async def site(film: Film) -> AsyncIterator[BaseTestServer]:
    """A picture, one that is too low, a clip, a page, and nothing else."""

    async def picture(_request: web.Request) -> web.Response:
        return web.Response(body=_png(), content_type="image/png")

    async def low(_request: web.Request) -> web.Response:
        return web.Response(body=_png((379, 158)), content_type="image/png")

    async def clip(_request: web.Request) -> web.Response:
        return web.Response(body=film.film.read_bytes(), content_type="video/mp4")

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="<h1>no picture</h1>", content_type="image/png")

    application = web.Application()
    application.add_routes([web.get("/a.png", picture), web.get("/low.png", low)])
    application.add_routes([web.get("/a.mp4", clip), web.get("/page.png", page)])
    async with TestServer(application) as server:
        yield server


@pytest.fixture
async def submitter(workshop: Workshop, catalogue: Catalogue) -> AsyncIterator[Callable[..., Submitter]]:
    outbound = Outbound(allow_private_networks=True)
    workshop.folder.mkdir()

    def build(**changes: Any) -> Submitter:
        parts: dict[str, Any] = {
            "catalogue": catalogue,
            "tasks": workshop.tasks,
            "fetcher": MediaFetcher(outbound, workshop.objects, workshop.prober),
            "objects": workshop.objects,
            "clock": workshop.clock,
            "plain_http_allowed": True,
            "folder": workshop.folder,
        }
        parts |= changes
        planning = {name: parts.pop(name) for name in ("catalogue", "plain_http_allowed", "folder")}
        return Submitter(planner=Planner(fetcher=parts["fetcher"], router=Router(), **planning), **parts)

    yield build
    await outbound.close()


def _png(size: Size = (640, 480)) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, "gold").save(file, "PNG")
    return file.getvalue()


def _data_url(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()


def _picture(url: str, number: int = 0) -> Media:
    return Media(kind="image", role="reference", url=url, field=f"images[{number}]")


def _order_at_senseaudio(*urls: str) -> VideoRequest:
    media = tuple(_picture(url, number) for number, url in enumerate(urls))
    return VideoRequest(model="doubao-seedance-2-0-260128", prompt="a kite", duration_seconds=4, media=media)


async def _nothing_happened(workshop: Workshop, objects_folder: Path) -> bool:
    files = [path for path in objects_folder.rglob("*") if path.is_file()]
    balance = await workshop.accounts.balance(workshop.account.id)
    return (
        files == []
        and list(workshop.folder.iterdir()) == []
        and await workshop.jobs() == {}
        and await workshop.db.value("SELECT count(*) FROM tasks") == 0
        and (balance.held, balance.spent) == (0, 0)
    )


async def test_an_order_of_text_goes_straight_into_the_store(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects
) -> None:
    class OnlyAccept:
        """The whole of what an order of text needs."""

        accept = workshop.tasks.accept

    straight = submitter(tasks=OnlyAccept(), fetcher=None, objects=None, folder=Path("/nowhere"))
    task = await straight.submit(TEXT, dialects.jimmy, workshop.key)

    assert task == await workshop.task(task.id)
    assert (task.status, task.request.duration_seconds, task.request.resolution) == ("queued", 5, "720p")
    assert await workshop.kinds(task.id) == ["reserve"]
    assert await workshop.jobs() == {task.id: "queued"}


async def test_an_order_against_the_rules_leaves_nothing_behind(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, tmp_path: Path
) -> None:
    wrong = VideoRequest(model="seedance2.0-mini", prompt="a kite", duration_seconds=99)
    with pytest.raises(RulesBroken):
        await submitter().submit(wrong, dialects.jimmy, workshop.key)
    assert await _nothing_happened(workshop, tmp_path / "objects")


async def test_an_asset_is_unknown_and_told_with_all_other_violations(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, tmp_path: Path
) -> None:
    clip = Media(kind="video", role="reference", url="asset://a-1", field="reference_videos[0]")
    order = VideoRequest(model="seedance2.0-mini-video", prompt="a kite", media=(clip,))
    with pytest.raises(RulesBroken) as alone:
        await submitter().submit(order, dialects.jimmy, workshop.key)
    assert [violation.field for violation in alone.value.violations] == ["reference_videos[0]"]

    wrong = VideoRequest(model="seedance2.0-mini-video", prompt="a kite", media=(clip,), duration_seconds=99)
    with pytest.raises(RulesBroken) as together:
        await submitter().submit(wrong, dialects.jimmy, workshop.key)
    assert {violation.field for violation in together.value.violations} == {"duration_seconds", "reference_videos[0]"}
    assert await _nothing_happened(workshop, tmp_path / "objects")


async def test_nobody_orders_with_a_name_in_our_own_store(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects
) -> None:
    order = _order_at_senseaudio("object://films/someone-elses.png")
    with pytest.raises(RulesBroken):
        await submitter().submit(order, dialects.senseaudio, workshop.key)


async def test_a_test_key_orders_for_nothing(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects
) -> None:
    poor = await workshop.accounts.open_account("poor", workshop.clock())
    key: Key = await workshop.accounts.create_key(
        poor.id, name="trial", secret="fg_test_trial", test=True, quota_micros=0, now=workshop.clock()
    )
    task = await submitter().submit(TEXT, dialects.jimmy, key)
    assert (task.test, task.quote.price_micros) == (True, 0)
    assert task == await workshop.task(task.id)


async def test_bytes_inside_the_body_become_an_object(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, site: BaseTestServer
) -> None:
    await workshop.accounts.top_up(workshop.account.id, 100_000_000, "", workshop.clock())
    order = _order_at_senseaudio(str(site.make_url("/a.png")), _data_url(_png()))
    task = await submitter().submit(order, dialects.senseaudio, workshop.key)
    kept = f"inputs/{task.id}/1"
    assert [media.url for media in task.request.media] == [str(site.make_url("/a.png")), f"object://{kept}"]
    assert b"".join([piece async for piece in workshop.objects.stream(kept)]) == _png()
    assert task == await workshop.task(task.id)
    assert list(workshop.folder.iterdir()) == []


async def test_an_order_that_cannot_be_paid_leaves_no_object(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, tmp_path: Path
) -> None:
    order = _order_at_senseaudio(_data_url(_png()))
    with pytest.raises(InsufficientFunds):
        await submitter().submit(order, dialects.senseaudio, workshop.key)
    assert await _nothing_happened(workshop, tmp_path / "objects")


async def test_an_upload_goes_to_a_model_that_takes_links_alone(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects
) -> None:
    await workshop.accounts.top_up(workshop.account.id, 10**9, "for the test", workshop.clock())
    upload = _data_url(_png())
    order = VideoRequest(model="seedance-2.0", prompt="a kite", duration_seconds=4, media=(_picture(upload),))
    with pytest.raises(RulesBroken, match=r"images\[0\]"):
        await submitter().submit(order, dialects.openai, workshop.key)
    placing = Placing(own_links=frozenset({upload}))
    task = await submitter().submit(order, dialects.openai, workshop.key, placing)
    assert [media.url for media in task.request.media] == [f"object://inputs/{task.id}/0"]


async def test_an_order_keeps_its_own_copy_of_another_tasks_film(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, tmp_path: Path
) -> None:
    await workshop.accounts.top_up(workshop.account.id, 10**9, "for the test", workshop.clock())
    await workshop.objects.put_file(
        "films/source.mp4", plain_clip(tmp_path / "film.mp4", 48, size=(320, 320)), "video/mp4"
    )
    clip = Media(kind="video", role="reference", url="object://films/source.mp4", field="video")
    order = VideoRequest(model="seedance-2.0", prompt="a kite", duration_seconds=4, media=(clip,))
    placing = Placing(own_links=frozenset({clip.url}))
    task = await submitter().submit(order, dialects.openai, workshop.key, placing)
    await workshop.objects.delete("films/source.mp4")
    (kept,) = task.request.media
    assert kept == msgspec.structs.replace(clip, url=f"object://inputs/{task.id}/0")
    assert (await workshop.objects.head(f"inputs/{task.id}/0")) is not None
    assert await workshop.task(task.id) == task


async def test_a_film_that_is_gone_is_told_at_once(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, tmp_path: Path
) -> None:
    clip = Media(kind="video", role="reference", url="object://films/source.mp4", field="video")
    order = VideoRequest(model="seedance-2.0", prompt="a kite", duration_seconds=4, media=(clip,))
    placing = Placing(own_links=frozenset({clip.url}))
    with pytest.raises(RulesBroken, match="not stored here any more"):
        await submitter().submit(order, dialects.openai, workshop.key, placing)
    assert await _nothing_happened(workshop, tmp_path / "objects")


async def test_how_an_upload_is_let_through_is_no_part_of_the_order(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects
) -> None:
    await workshop.accounts.top_up(workshop.account.id, 10**9, "for the test", workshop.clock())
    order = _order_at_senseaudio(_data_url(_png()))
    first = await submitter().submit(order, dialects.senseaudio, workshop.key, Placing(idempotency_key="once"))
    placing = Placing(idempotency_key="once", own_links=frozenset(media.url for media in order.media))
    assert (await submitter().submit(order, dialects.senseaudio, workshop.key, placing)).id == first.id


async def test_an_order_whose_answer_was_lost_keeps_its_objects(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, tmp_path: Path
) -> None:
    class Lost:
        async def accept(self, _new: object) -> None:
            raise Unconfirmed("the answer was lost")

    with pytest.raises(Unconfirmed):
        await submitter(tasks=Lost()).submit(_order_at_senseaudio(_data_url(_png())), dialects.senseaudio, workshop.key)
    assert len([path for path in (tmp_path / "objects").rglob("*") if path.is_file()]) == 1


async def test_an_order_with_an_idempotency_key_is_in_no_doubt_it_may_be_sent_again(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects
) -> None:
    class Lost:
        accepted_before = workshop.tasks.accepted_before

        async def accept(self, new: Any) -> None:
            await workshop.tasks.accept(new)
            raise Unconfirmed("the answer was lost")

    placing = Placing(idempotency_key="once")
    with pytest.raises(Unavailable) as lost:
        await submitter(tasks=Lost()).submit(TEXT, dialects.jimmy, workshop.key, placing)
    assert not isinstance(lost.value, Unconfirmed)
    found = await submitter().submit(TEXT, dialects.jimmy, workshop.key, placing)
    assert await workshop.jobs() == {found.id: "queued"}


async def test_all_bad_links_are_told_in_the_callers_order(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, site: BaseTestServer, tmp_path: Path
) -> None:
    links = [str(site.make_url(path)) for path in ("/page.png", "/a.png", "/none.png", "/low.png")]
    with pytest.raises(RulesBroken) as refusal:
        await submitter().submit(_order_at_senseaudio(*links), dialects.senseaudio, workshop.key)
    assert [(violation.field, violation.rule) for violation in refusal.value.violations] == [
        ("images[0]", "media_unreadable"),
        ("images[2]", "media_unreachable"),
        ("images[3]", "media_height"),
    ]
    assert await _nothing_happened(workshop, tmp_path / "objects")


async def test_what_is_wrong_with_the_order_is_told_with_what_is_wrong_with_its_media(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, site: BaseTestServer, tmp_path: Path
) -> None:
    order = _order_at_senseaudio(str(site.make_url("/none.png")), "ftp://media.example/a.png")
    order = msgspec.structs.replace(order, duration_seconds=99, ratio="21:9")
    with pytest.raises(RulesBroken) as refusal:
        await submitter().submit(order, dialects.senseaudio, workshop.key, Placing(max_cost_micros=1))
    assert [(violation.field, violation.rule) for violation in refusal.value.violations] == [
        ("duration_seconds", "range"),
        ("ratio", "choice"),
        ("images[1]", "scheme"),
        ("images[0]", "media_unreachable"),
    ]
    assert await _nothing_happened(workshop, tmp_path / "objects")


async def test_only_as_many_media_are_fetched_as_a_right_order_could_have(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, site: BaseTestServer
) -> None:
    order = _order_at_senseaudio(*(str(site.make_url(f"/none-{number}.png")) for number in range(500)))
    with pytest.raises(RulesBroken) as refusal:
        await submitter().submit(order, dialects.senseaudio, workshop.key)
    rules = [violation.rule for violation in refusal.value.violations]
    assert rules == ["count", *["media_unreachable"] * 9]


@pytest.mark.parametrize("model", ["nonsense", "seedance2.0-mini"])
async def test_for_a_model_that_cannot_be_ordered_nothing_is_fetched(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, site: BaseTestServer, model: str
) -> None:
    key = msgspec.structs.replace(workshop.key, limits=Limits(models=("seedance-2.0",)))
    order = msgspec.structs.replace(_order_at_senseaudio(str(site.make_url("/none.png"))), model=model)
    with pytest.raises(RulesBroken) as refusal:
        await submitter().submit(order, dialects.senseaudio, key)
    assert [violation.field for violation in refusal.value.violations] == ["model"]


async def test_where_a_dialect_looks_at_media_later_an_order_with_bad_ones_is_accepted(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, site: BaseTestServer
) -> None:
    media = (_picture(str(site.make_url("/none.png"))), _picture(str(site.make_url("/low.png")), 1))
    order = VideoRequest(model="seedance2.0-mini", prompt="a kite", media=media)
    task = await submitter().submit(order, dialects.jimmy, workshop.key)
    assert task.status == "queued"


async def _order_with_clip(workshop: Workshop, submitter: Submitter, dialects: Dialects, url: str) -> Task:
    clip = Media(kind="video", role="reference", url=url, field="reference_videos[0]")
    order = VideoRequest(model="seedance2.0-mini-video", prompt="a kite", duration_seconds=5, media=(clip,))
    return await submitter.submit(order, dialects.jimmy, workshop.key)


async def test_the_price_counts_the_seconds_of_the_first_clip(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, site: BaseTestServer
) -> None:
    task = await _order_with_clip(workshop, submitter(), dialects, str(site.make_url("/a.mp4")))
    assert task.quote.units == "6"


async def test_a_clip_that_cannot_be_measured_counts_nothing(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, site: BaseTestServer
) -> None:
    task = await _order_with_clip(workshop, submitter(), dialects, str(site.make_url("/none.mp4")))
    assert task.quote.units == "5"


async def test_a_clip_that_takes_too_long_to_measure_counts_nothing(
    workshop: Workshop,
    submitter: Callable[..., Submitter],
    dialects: Dialects,
    site: BaseTestServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plan, "_MEASURING_SECONDS", 0.0)
    task = await _order_with_clip(workshop, submitter(), dialects, str(site.make_url("/a.mp4")))
    assert task.quote.units == "5"
    assert list(workshop.folder.iterdir()) == []


async def test_links_that_hang_do_not_keep_a_create_waiting(
    workshop: Workshop,
    submitter: Callable[..., Submitter],
    dialects: Dialects,
    site: BaseTestServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plan, "_CHECKING_SECONDS", 0.0)
    request = VideoRequest(
        model="seedance-2.0",
        prompt="a kite",
        media=(Media(kind="image", role="first_frame", url=str(site.make_url("/a.png")), field="mediaUrls[0]"),),
    )
    with pytest.raises(RulesBroken, match="in time") as refusal:
        await submitter().submit(request, dialects.ink, workshop.key)
    assert [violation.field for violation in refusal.value.violations] == ["mediaUrls[0]"]
    assert await workshop.jobs() == {}


# --- creates that are sent twice, and what an order may cost ------------------------------------------------------


async def test_the_same_key_and_order_are_answered_as_the_first_time(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects
) -> None:
    placing = Placing(idempotency_key="a")
    first = await submitter().submit(TEXT, dialects.jimmy, workshop.key, placing)
    await workshop.runner().run(first.id)
    assert (await workshop.task(first.id)).is_terminal
    again = await submitter().submit(TEXT, dialects.jimmy, workshop.key, placing)
    assert again == first
    assert await workshop.kinds(first.id) == ["reserve", "release"]


async def test_an_order_that_is_sent_again_needs_its_quote_no_more(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, clock: Clock
) -> None:
    placing, until = Placing(idempotency_key="a"), clock() + timedelta(minutes=15)
    first = await submitter().submit(TEXT, dialects.native, workshop.key, placing, quote_valid_until=until)
    clock.advance(15 * 60)
    again = await submitter().submit(TEXT, dialects.native, workshop.key, placing, quote_valid_until=until)
    assert again == first
    other = Placing(idempotency_key="b")
    with pytest.raises(BadRequest, match="no longer valid"):
        await submitter().submit(TEXT, dialects.native, workshop.key, other, quote_valid_until=until)


async def test_an_order_that_is_sent_again_needs_its_media_no_more(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, site: BaseTestServer
) -> None:
    await workshop.accounts.top_up(workshop.account.id, 100_000_000, "", workshop.clock())
    order, placing = _order_at_senseaudio(str(site.make_url("/a.png"))), Placing(idempotency_key="a")
    first = await submitter().submit(order, dialects.senseaudio, workshop.key, placing)
    await site.close()
    assert await submitter().submit(order, dialects.senseaudio, workshop.key, placing) == first


@pytest.mark.parametrize("change", ["order", "dialect", "kind of key"])
async def test_the_same_key_for_something_else_is_refused(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, change: str
) -> None:
    placing = Placing(idempotency_key="a")
    await submitter().submit(TEXT, dialects.jimmy, workshop.key, placing)
    request = msgspec.structs.replace(TEXT, prompt="another") if change == "order" else TEXT
    dialect = dialects.ink if change == "dialect" else dialects.jimmy
    key = msgspec.structs.replace(workshop.key, test=True) if change == "kind of key" else workshop.key
    with pytest.raises(KeyReused):
        await submitter().submit(request, dialect, key, placing)
    assert await workshop.db.value("SELECT count(*) FROM tasks") == 1


async def test_of_two_equal_creates_at_once_one_keeps_its_bytes(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, tmp_path: Path
) -> None:
    await workshop.accounts.top_up(workshop.account.id, 100_000_000, "", workshop.clock())
    order, placing = _order_at_senseaudio(_data_url(_png())), Placing(idempotency_key="a")
    tasks = await asyncio.gather(
        *(submitter().submit(order, dialects.senseaudio, workshop.key, placing) for _ in range(4))
    )
    assert len({task.id for task in tasks}) == 1
    assert all(task == tasks[0] for task in tasks)
    files = [path for path in (tmp_path / "objects").rglob("*") if path.is_file()]
    assert len(files) == 1


async def test_an_order_dearer_than_its_customer_wants_is_refused(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects
) -> None:
    price = (await submitter().submit(TEXT, dialects.jimmy, workshop.key)).quote.price_micros
    with pytest.raises(RulesBroken) as refusal:
        await submitter().submit(TEXT, dialects.jimmy, workshop.key, Placing(max_cost_micros=price - 1))
    assert [violation.field for violation in refusal.value.violations] == ["max_cost"]
    task = await submitter().submit(TEXT, dialects.jimmy, workshop.key, Placing(max_cost_micros=price + 1))
    assert (task.quote.price_micros, task.promise.max_cost_micros) == (price, price + 1)


async def test_a_quote_holds_when_the_catalogue_has_become_dearer(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects
) -> None:
    now = (await submitter().submit(TEXT, dialects.jimmy, workshop.key)).quote
    cheaper = msgspec.structs.replace(now, price_micros=now.price_micros - 1)
    dearer = msgspec.structs.replace(now, price_micros=now.price_micros + 1)
    for quoted, price_micros in ((cheaper, now.price_micros - 1), (dearer, now.price_micros)):
        task = await submitter().submit(TEXT, dialects.jimmy, workshop.key, Placing(quoted=quoted))
        assert task.quote.price_micros == price_micros


@pytest.mark.parametrize("whose", ["key", "account"])
async def test_a_model_that_is_not_open_to_the_caller_is_named_with_those_that_are(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, whose: str
) -> None:
    limits = Limits(models=("seedance-2.0",))
    key = msgspec.structs.replace(workshop.key, **{"limits" if whose == "key" else "account_limits": limits})
    with pytest.raises(RulesBroken, match=f"not open to this {whose}") as refusal:
        await submitter().submit(TEXT, dialects.jimmy, key)
    assert refusal.value.violations[0].allowed == ["seedance-2.0"]


@pytest.mark.parametrize(
    "link",
    [
        "http://hooks.example.org/a",
        "https://127.0.0.1/a",
        "https://[::1]/a",
        "https://10.1.2.3/a",
        "https://2130706433/a",
        "https://user:secret@hooks.example.org/a",
        "https://169.254.169.254/latest/meta-data",
    ],
)
async def test_a_webhook_that_leads_where_we_do_not_go_is_refused_with_the_order(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, link: str
) -> None:
    request = VideoRequest(model="seedance-2.0", prompt="a kite", webhook_url=link)
    with pytest.raises(RulesBroken) as refusal:
        await submitter(plain_http_allowed=False).submit(request, dialects.ink, workshop.key)
    assert [violation.field for violation in refusal.value.violations] == ["webhook_url"]
    assert await workshop.db.value("SELECT count(*) FROM tasks") == 0


async def test_a_cancel_fee_is_promised_with_the_price(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, tmp_path: Path
) -> None:
    (tmp_path / "fee.toml").write_text(FEE)
    task = await submitter(catalogue=load_catalogue(tmp_path)).submit(
        VideoRequest(model="costly", prompt="a kite"), dialects.jimmy, workshop.key
    )
    assert (task.quote.price_micros, task.promise.cancel_fee_micros) == (500_000, 125_000)


FEE = """
[[model]]
id = "costly"
like = "jimmy"
display_name = "Costly"
modes = ["text"]
cancel = { making_percent = 25 }

[model.price]
mode = "per_second"
rates = [{ credits = { any = 0.1 } }]
"""


@pytest.mark.parametrize(
    ("link_ports", "broken"), [(None, []), ((8443, 9000), []), ((), ["scheme"]), ((443,), ["scheme"])]
)
def test_a_webhook_has_a_port_that_links_may_use(link_ports: tuple[int, ...] | None, broken: list[str]) -> None:
    order = VideoRequest(model="seedance-2.0", prompt="a kite", webhook_url="https://hooks.example.org:8443/news")
    found = broken_webhook(order, plain_http_allowed=False, link_ports=link_ports)
    assert [violation.rule for violation in found] == broken


@pytest.mark.parametrize("watermark", [None, False, True])
async def test_an_account_can_want_words_in_all_its_films(
    workshop: Workshop, submitter: Callable[..., Submitter], dialects: Dialects, watermark: bool | None
) -> None:
    order = msgspec.structs.replace(TEXT, watermark=watermark)
    plain = await submitter().submit(order, dialects.native, workshop.key)
    assert bool(plain.request.watermark) is bool(watermark)
    await workshop.accounts.set_visible_mark(workshop.account.id, True)
    key = await workshop.accounts.key(workshop.key.id)
    assert key is not None
    marked = await submitter().submit(order, dialects.native, key)
    assert marked.request.watermark is True
    assert marked.quote == plain.quote
