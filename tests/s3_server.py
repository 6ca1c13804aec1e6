"""A real S3 server on loopback, in a process of its own: moto's."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO
from uuid import uuid4

import httpx
import pytest

_START_SECONDS = 60
_ADDRESS = re.compile(r"Running on (http://127\.0\.0\.1:\d+)")


class S3Server:
    """Buckets for tests, each in one that nobody else has."""

    def __init__(self, url: str) -> None:
        self.url = url

    def new_bucket(self, monkeypatch: pytest.MonkeyPatch) -> str:
        """A new bucket, as the setting ``object_store_url`` names it; the environment leads to this server."""
        point_s3_at(self.url, monkeypatch)
        name = f"films-{uuid4().hex}"
        httpx.put(
            f"{self.url}/{name}",
            content="<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint>"
            "</CreateBucketConfiguration>",
            headers={"Authorization": "AWS4-HMAC-SHA256 Credential=key/20260101/eu-west-1/s3/aws4_request"},
        ).raise_for_status()
        return f"s3://{name}/main"


@contextmanager
def running_s3_server() -> Iterator[S3Server]:
    """The server, until the block ends."""
    command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    # A file and not a pipe: nobody reads on once the address is known.
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said) as server,
    ):
        try:
            yield S3Server(_address(server, said))
        finally:
            server.kill()


def _address(server: subprocess.Popen[bytes], said: TextIO) -> str:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        said.seek(0)
        if found := _ADDRESS.search(said.read()):
            return found[1]
        time.sleep(0.05)
    raise RuntimeError("the S3 server did not start")


def point_s3_at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what opens a bucket find this server, with a key that it takes."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
