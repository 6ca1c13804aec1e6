"""What an operator may meet: killed processes, double starts, ports and folders that are taken."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from tests.end_to_end.serving import (
    Server,
    command,
    customer,
    finished_at_jimmy,
    new_key,
    one_line,
    ordered_through_jimmy,
    serving,
    wait_until,
)

from filmgate.store.cluster import Cluster


def test_a_killed_worker_loses_no_film_and_bills_none_twice(server: Server) -> None:
    key = new_key(server.data, "--credits", "1000", account="killed")
    with customer(server, key) as client:
        tasks = [ordered_through_jimmy(client, seed=number) for number in range(10)]

        def some_are_done() -> bool:
            states = [client.get(f"/api/open-api/v1/videos/{task}").json()["data"]["status"] for task in tasks]
            return "completed" in states and "processing" in states

        wait_until(some_are_done, 60)
        (worker,) = server.children("work")
        worker.kill()
        ended = [finished_at_jimmy(client, task) for task in tasks]
        assert [data["status"] for data in ended] == ["completed"] * 10
        for data in ended:
            assert httpx.head(data["result"]["video_url"]).status_code == 200
        balance = client.get("/api/open-api/v1/user/balance").json()["data"]
        assert balance["used_coin"] * 100 == sum(round(data["cost"] * 100) for data in ended)


def test_a_server_killed_with_its_database_running_starts_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data, "--no-worker") as first:
        key = new_key(data, "--credits", "10")
        with customer(first, key) as client:
            task = ordered_through_jimmy(client)
        children = first.children("api-process")
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait(10)
        wait_until(lambda: not any(child.is_running() for child in children), 15)
    with serving(data) as second, customer(second, key) as client:
        assert finished_at_jimmy(client, task)["status"] == "completed"


def test_a_killed_database_comes_back_and_no_order_is_lost(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as server:
        key = new_key(data, "--credits", "1000")
        with customer(server, key) as client:
            tasks = [ordered_through_jimmy(client, seed=number) for number in range(4)]
            wait_until(lambda: _state(client, tasks[0]) == "processing", 60)
            killed = Cluster(data / "postgres").process_id()
            assert killed is not None
            os.kill(killed, signal.SIGKILL)

            def is_accepting() -> bool:
                order = {"model": "seedance2.0-of-sp", "prompt": "纸船", "duration": 4, "resolution": "480p"}
                answer = client.post("/api/open-api/v1/seedance/videos", json=order)
                # Until then a refusal in the dialect's form, and never the fault of a program that is broken.
                assert answer.json()["msg"] != "internal error"
                if answer.json()["code"] == 20000:
                    tasks.append(answer.json()["data"]["task_id"])
                return len(tasks) > 4

            # The dead server's own children may still accept for a moment; that is no matter of this test.
            wait_until(lambda: Cluster(data / "postgres").process_id() not in (None, killed), 20)
            wait_until(is_accepting, 20)
            assert [finished_at_jimmy(client, task)["status"] for task in tasks] == ["completed"] * 5
            balance = client.get("/api/open-api/v1/user/balance").json()["data"]
        audited = command(data, "audit", "--json")
        assert audited.returncode == 0, audited.stdout
        counts = json.loads(audited.stdout)["counts"]
        # An order whose answer was lost may be there too; it was charged and made like the others.
        assert counts["orders"] >= 5
        assert balance["used_coin"] > 0


def test_a_worker_alone_brings_its_database_back_too(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "data" / "postgres")
    log = tmp_path / "work.log"
    with log.open("wb") as output:
        worker = subprocess.Popen(
            [sys.executable, "-m", "filmgate", "work", "--data", str(tmp_path / "data")], stdout=output, stderr=output
        )
    try:
        wait_until(lambda: "worker.started" in log.read_text(), 60, log.read_text)
        killed = cluster.process_id()
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: "database.restarted" in log.read_text(), 20, log.read_text)
        assert cluster.process_id() not in (None, killed)
        assert worker.poll() is None
    finally:
        worker.terminate()
        worker.wait(30)
    assert cluster.process_id() is None


def _state(client: httpx.Client, task: str) -> str:
    return str(client.get(f"/api/open-api/v1/videos/{task}").json()["data"]["status"])


def test_a_second_server_on_one_data_folder_says_so_in_one_line(server: Server) -> None:
    done = command(server.data, "serve", "--port", "0")
    assert done.returncode == 1
    assert one_line(done.stderr).startswith(f"filmgate: another filmgate (process {server.process.pid}) already serves")
    assert "\n" not in one_line(done.stderr)


def test_a_port_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = command(tmp_path / "data", "serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "cannot listen on 127.0.0.1" in done.stderr
    assert "--port" in done.stderr
    assert "\n" not in one_line(done.stderr)


def test_a_data_folder_that_cannot_be_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = command(tmp_path / "file" / "data", "serve", "--port", "0")
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "\n" not in one_line(done.stderr)


def test_a_database_that_is_away_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FILMGATE_DATABASE_URL", "postgresql://someone:hunter2@127.0.0.1:1/films")
    done = command(tmp_path / "data", "serve", "--port", "0")
    assert done.returncode == 1
    assert "\n" not in one_line(done.stderr)
    assert "hunter2" not in done.stderr


def test_a_stopped_server_leaves_no_process_behind(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as running:
        everyone = [child for word in ("work", "api-process") for child in running.children(word)]
        assert len(everyone) == 2
    assert running.process.returncode == 0
    wait_until(lambda: not any(child.is_running() for child in everyone), 10)
    assert not (tmp_path / "data" / "postgres" / "postmaster.pid").exists()
