"""Tasks, links and offers for the tests of the dialects."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from filmgate.catalogue.limits import Duration, MediaRules, Setting
from filmgate.catalogue.model import Name, Offer, Price, Rate
from filmgate.dialects.base import Reply
from filmgate.dialects.client import Call
from filmgate.errors import Violation
from filmgate.task import Quote, Result, Task
from filmgate.video import Media, MediaKind, MediaRole, Ratio, Resolution, VideoRequest

TASK_ID = UUID("019f8c8e-3c52-7c0e-9a55-0f6f2a1f7b11")
TASK_ID_SHORT = "033uCN6UDsYQVoIlvLwWcz"


class FixedLinks:
    """Links that say what they lead to."""

    def film(self, task: Task) -> str:
        return f"https://films.example/{task.id}.mp4"

    def poster(self, task: Task) -> str:
        return f"https://films.example/{task.id}.jpg"

    def last_frame(self, task: Task) -> str:
        return f"https://films.example/{task.id}.png"

    def media(self, object_name: str) -> str:
        return f"https://films.example/{object_name}"


LINKS = FixedLinks()
FILM_LINK = f"https://films.example/{TASK_ID}.mp4"


def moment(unix_seconds: float) -> datetime:
    return datetime.fromtimestamp(unix_seconds, UTC)


def make_task(request: VideoRequest, **changes: Any) -> Task:
    """A queued task of 0.9 credits, with what a test changes about it."""
    quote = Quote(
        price_micros=900_000,
        billing_name="row",
        unit="second",
        units="6",
        unit_price_micros=150_000,
        price_version="v1",
    )
    task = Task(
        id=TASK_ID,
        account_id=UUID(int=1),
        key_id=UUID(int=2),
        test=False,
        dialect="any",
        request=request,
        status="queued",
        progress=0,
        quote=quote,
        cost_micros=None,
        error=None,
        result=None,
        created_at=moment(1783000000),
        started_at=None,
        completed_at=None,
    )
    return msgspec.structs.replace(task, **changes)


def finished(request: VideoRequest, seconds: float = 6.0) -> Task:
    """The same task with its film, 184 seconds later."""
    result = Result(
        film="films/f.mp4",
        poster="films/f.jpg",
        last_frame="films/f.png",
        width=1280,
        height=720,
        seconds=seconds,
        size_bytes=1,
        sha256="00",
    )
    return make_task(
        request,
        status="succeeded",
        progress=100,
        cost_micros=900_000,
        result=result,
        completed_at=moment(1783000184),
        kept_until=moment(1783000184 + 72 * 3600),
    )


def offer(identifier: str, **changes: Any) -> Offer:
    """A model at 8 credits a second, 12.8 with media, at 720p."""
    rates = (
        Rate(when="media", credits={"720p": Decimal("12.8"), "1080p": Decimal(20)}),
        Rate(credits={"720p": Decimal(8), "1080p": Decimal(16)}),
    )
    values: dict[str, Any] = {
        "display_name": "Seedance 2.0",
        "description": "Text, frame and reference to video",
        "owned_by": "volcengine",
        "created": 1769558400,
        "group": "Seedance",
        "image": MediaRules(max_count=5),
        "max_items": 5,
        "duration": Duration(min=4, max=6, default=5),
        "resolution": Setting[Resolution](choices=("720p", "1080p"), default="720p"),
        "ratio": Setting[Ratio](choices=("16:9", "9:16", "1:1"), default="16:9"),
        "price": Price(mode="per_second", rates=rates),
        "names": (Name(id=f"{identifier}-720p", resolution="720p"),),
    }
    return Offer(id=identifier, model=identifier, price_version="v1", **(values | changes))


def broken(field: str, rule: str, message: str = "is wrong", value: Any = None, allowed: Any = None) -> Violation:
    return Violation(field=field, rule=rule, message=message, value=value, allowed=allowed)


def encode(body: Any) -> bytes:
    return msgspec.json.encode(body)


def answered(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """What a vendor answers: JSON, or bytes as they are."""
    return Reply(status=status, body=body if isinstance(body, bytes) else encode(body), headers=headers or {})


def body_of(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(call.body)
    return found


def medium(kind: MediaKind, role: MediaRole, url: str, field: str = "") -> Media:
    return Media(kind=kind, role=role, url=url, field=field)
