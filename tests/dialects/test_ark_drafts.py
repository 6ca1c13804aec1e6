"""From a draft to the order of its full film (spec ark 2.2)."""

from typing import Any

import pytest
from tests.dialects.ark_samples import ARK, OTHER, TEXT, V15, V20, V25, broken, image, read
from tests.dialects.dialect_samples import finished, make_task, moment

from filmgate.errors import RulesBroken
from filmgate.video import VideoRequest

NOW = moment(1783000184 + 3600)
DRAFT_ITEM = {"type": "draft_task", "draft_task": {"id": "cgt-20260901120000-k3m9q"}}


def a_draft(model: str = V25, **members: Any) -> Any:
    return finished(read(model, [TEXT, image("first_frame")], draft=True, **members))


def test_the_full_film_of_a_draft_takes_from_it_what_it_shows() -> None:
    order = read(V25, [DRAFT_ITEM], watermark=True, safety_identifier="5f2c")
    assert ARK.draft_id_of(order) == "cgt-20260901120000-k3m9q"
    draft = a_draft(duration=7, seed=5, generate_audio=False, omni_reference_task_type="auto", watermark=False)
    whole = ARK.final_order(order, draft, NOW)
    assert ARK.draft_id_of(whole) is None
    assert whole == VideoRequest(
        model=V25,
        prompt="A boat",
        media=draft.request.media,
        duration_seconds=7,
        resolution="1080p",
        seed=5,
        audio=False,
        watermark=True,
        extras={
            "safety_identifier": "5f2c",
            "omni_reference_task_type": "auto",
            "draft_task": "cgt-20260901120000-k3m9q",
        },
    )


def test_the_full_film_of_an_older_draft_has_the_resolution_that_is_ordered() -> None:
    order = read("seedance-1-5-pro-251215", [DRAFT_ITEM], resolution="720p")
    assert ARK.final_order(order, a_draft(V15), NOW).resolution == "720p"


@pytest.mark.parametrize(
    "members",
    [
        {"duration": 5},
        {"ratio": "16:9"},
        {"seed": 5},
        {"generate_audio": True},
        {"omni_reference_task_type": "auto"},
        {"draft": True},
    ],
)
def test_what_is_taken_from_a_draft_is_not_said_again(members: dict[str, Any]) -> None:
    assert [rule for _, rule in broken(V25, [DRAFT_ITEM], **members)] == ["exclusive"]


def test_a_draft_stands_alone() -> None:
    assert ("content", "exclusive") in broken(V25, [DRAFT_ITEM, TEXT])
    assert ("content", "exclusive") in broken(V25, [DRAFT_ITEM, DRAFT_ITEM])
    assert broken(V20, [DRAFT_ITEM]) == [("content", "unsupported")]


@pytest.mark.parametrize("draft", [None, "cgt-1", {}, {"id": None}, {"id": ""}, {"id": 5}, {"id": "x" * 101}])
def test_a_draft_is_named_by_its_id(draft: Any) -> None:
    ((field, _),) = broken(V25, [{"type": "draft_task", "draft_task": draft}])
    assert field.startswith("content[0].draft_task")


def test_only_a_finished_draft_of_the_same_model_is_turned_into_a_film() -> None:
    def why_not(order: VideoRequest, draft: Any, now: Any = NOW) -> str:
        with pytest.raises(RulesBroken) as raised:
            ARK.final_order(order, draft, now)
        return str(raised.value)

    order = read(V25, [DRAFT_ITEM])
    assert "no draft of yours" in why_not(order, None)
    assert "no draft" in why_not(order, finished(read(V25)))
    assert "not succeeded" in why_not(order, make_task(read(V25, draft=True), status="running"))
    assert "7 days" in why_not(order, a_draft(), moment(1783000184 + 8 * 86400))
    assert "the draft's own" in why_not(read(V15, [DRAFT_ITEM]), a_draft())
    assert "the draft's own" in why_not(read(OTHER, [DRAFT_ITEM]), a_draft("another"))
    assert "1080p" in why_not(read(V25, [DRAFT_ITEM], resolution="720p"), a_draft())


def test_an_order_for_a_full_film_can_be_written_until_it_is_whole() -> None:
    order = read(V25, [DRAFT_ITEM])
    assert ARK.write_create(order)["content"] == [DRAFT_ITEM]
    with pytest.raises(ValueError, match="extras"):
        ARK.write_create(ARK.final_order(order, a_draft(), NOW))
