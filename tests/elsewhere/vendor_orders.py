"""What tests do in a vendor's or a worker's place."""

from tests.elsewhere.station import Station
from tests.simulator.simulating import Simulated

from filmgate.app import utc_now
from filmgate.attempt import Attempt
from filmgate.settings import UpstreamSettings
from filmgate.task import Task


async def begun(here: Station, task: Task, vendor: UpstreamSettings) -> Attempt:
    """An attempt whose order is on its way."""
    found = await here.services.attempts.begin_remote(
        task.id,
        upstream=vendor.name,
        vendor_model=vendor.models["*"],
        seed=None,
        reason="first choice",
        max_running=10,
        submits_per_minute=100,
        now=utc_now(),
    )
    assert isinstance(found, Attempt)
    return found


def ordered(vendor: Simulated, prompt: str, seed: int) -> str:
    """An order that an Ark vendor got from elsewhere; its id there."""
    content = [{"type": "text", "text": prompt}]
    body = {"model": "doubao-seedance-2-0-260128", "content": content, "duration": 4, "seed": seed}
    body |= {"resolution": "480p", "ratio": "16:9"}
    answer = vendor.http.post(
        f"{vendor.base_url}/contents/generations/tasks", json=body, headers={"Authorization": "Bearer k"}
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])
