"""What the tests of reviewed media build again and again: pictures, and orders with one in every dialect."""

from io import BytesIO
from typing import Any

import httpx
from PIL import Image
from tests.api.api_helpers import ORDERS, Customer, House, assert_refused
from tests.api.asset_helpers import stored

from filmgate.data_url import make_data_url

WIDE, USUAL = (1200, 600), (640, 480)


def image(size: tuple[int, int] = USUAL, *, colour: str = "black", form: str = "PNG") -> bytes:
    """In which the model sees a face if it is white."""
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, form)
    return file.getvalue()


def inline(content: bytes, form: str = "png") -> str:
    return make_data_url(f"image/{form}", content)


def with_picture(dialect: str, url: str) -> dict[str, Any]:
    """How an order of the dialect has a picture; what it says otherwise than ``ORDERS``."""
    match dialect:
        case "jimmy":
            return {"model": "seedance2.0-sp", "first_image": url}
        case "senseaudio":
            return {"content": [*ORDERS[dialect]["content"], {"type": "image", "role": "reference", "url": url}]}
        case "ark":
            part = {"type": "image_url", "image_url": {"url": url}, "role": "reference_image"}
            return {"content": [*ORDERS[dialect]["content"], part]}
        case "openai":
            return {"input_reference": {"image_url": url}}
        case "native":
            part = {"kind": "image", "role": "reference", "url": url}
            return {"model": "doubao-seedance-2-0-260128", "media": [part]}
        case _:
            return {"mediaUrls": [url]}


async def refused(house: House, who: Customer, dialect: str, says: str, **changes: Any) -> httpx.Response:
    """The answer to an order that leaves no trace. SenseAudio's says it in its header."""
    before = await house.traces(who)
    answer = await house.order(who, dialect, **changes)
    if dialect == "senseaudio":
        assert_refused(dialect, answer, says="图片未通过审核")
        assert says in answer.headers["x-filmgate-violations"]
    else:
        assert_refused(dialect, answer, says=says)
    assert await house.traces(who) == before
    return answer


async def decide(house: House, who: Customer, asset: dict[str, Any], state: Any, reason: str = "") -> None:
    found = await stored(house, who, asset["id"])
    assert found.file is not None
    now = house.services.clock()
    outcome = await house.services.reviews.decide(found.file.id, state, by="operator", who="Li", reason=reason, now=now)
    assert outcome == "decided"
