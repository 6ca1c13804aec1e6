"""The whole program without its doors: what is built fits together, and comes apart again."""

import asyncio
from pathlib import Path

import pytest
from tests.work.workshop import until, working

from filmgate.app import open_services, utc_now
from filmgate.app.worker import open_worker
from filmgate.errors import SetupError
from filmgate.settings import Settings
from filmgate.video import VideoRequest


async def test_an_order_with_a_test_key_is_played_by_the_script(database_url: str, tmp_path: Path) -> None:
    services = await open_services(Settings(data=tmp_path, engine_processes=1), database_url)
    try:
        account = await services.accounts.open_account("studio", utc_now())
        key = await services.accounts.create_key(
            account.id, name="trial", secret="fg_test_app", test=True, quota_micros=0, now=utc_now()
        )
        request = VideoRequest(model="seedance2.0-mini", prompt="[[fail:moderation]]")
        ordered = await services.submitter.submit(request, services.dialects.jimmy, key)

        async def has_ended() -> bool:
            task = await services.tasks.get(ordered.id)
            return task is not None and task.is_terminal

        async with working(await open_worker(services)):
            await until(has_ended)
        task = await services.tasks.get(ordered.id)
        assert task is not None
        assert task.error is not None
        assert (task.status, task.error.code) == ("failed", "content_rejected")
    finally:
        await services.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_stalled_test_orders_keep_no_customer_waiting(database_url: str, tmp_path: Path) -> None:
    services = await open_services(Settings(data=tmp_path, engine_processes=1), database_url)
    try:
        account = await services.accounts.open_account("studio", utc_now())
        await services.accounts.top_up(account.id, 10**9, "", utc_now())
        test_key, live_key = [
            await services.accounts.create_key(
                account.id, name="", secret=f"fg_{test}_lanes", test=test, quota_micros=0, now=utc_now()
            )
            for test in (True, False)
        ]
        stalled = VideoRequest(model="seedance2.0-mini", prompt="[[stall]]")
        for _ in range(5):
            await services.submitter.submit(stalled, services.dialects.jimmy, test_key)
        plain = VideoRequest(model="seedance2.0-mini", prompt="a kite", duration_seconds=4, resolution="480p")
        ordered = await services.submitter.submit(plain, services.dialects.jimmy, live_key)

        async def has_a_film() -> bool:
            task = await services.tasks.get(ordered.id)
            return task is not None and task.status == "succeeded"

        async with working(await open_worker(services)):
            await until(has_a_film)
    finally:
        await services.close()


async def test_every_process_signs_links_with_the_same_secret(database_url: str, tmp_path: Path) -> None:
    first = await open_services(Settings(data=tmp_path), database_url)
    second = await open_services(Settings(data=tmp_path), database_url)
    try:
        expires_at = utc_now()
        paths = {
            services.links.path("films/a.mp4", file_name="a.mp4", expires_at=expires_at) for services in (first, second)
        }
        assert len(paths) == 1
    finally:
        await first.close()
        await second.close()


async def test_a_default_model_that_nobody_sells_is_told_at_the_start(database_url: str, tmp_path: Path) -> None:
    for model in ("sora-9", "ep-1", " "):
        with pytest.raises(SetupError, match="openai_default_model"):
            await open_services(Settings(data=tmp_path, openai_default_model=model), database_url)
    assert asyncio.all_tasks() == {asyncio.current_task()}
