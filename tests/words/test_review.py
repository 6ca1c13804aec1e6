"""The rules of the automatic review."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from filmgate.review import (
    Facts,
    Judgement,
    Rule,
    judge_file,
    judge_prompt,
    needs_faces,
    read_review_id,
    show_review_id,
)

PICTURE = Facts(kind="image", format="png", size_bytes=3 * 1024**2, seconds=None, width=640, height=480, faces=None)
CLIP = Facts(kind="video", format="mp4", size_bytes=9 * 1024**2, seconds=12.0, width=1920, height=1080, faces=2)
SOUND = Facts(kind="audio", format="wav", size_bytes=1024, seconds=30.0, width=None, height=None, faces=None)


def rule(**says: Any) -> Rule:
    return Rule(**{"verdict": "reject", "reason": "no", **says})


@pytest.mark.parametrize(("says", "fitting"), [
    ({}, [PICTURE, CLIP, SOUND]),
    ({"kinds": ("video", "audio")}, [CLIP, SOUND]),
    ({"formats": ("png",)}, [PICTURE]),
    ({"over_seconds": 12.0}, [SOUND]),
    ({"over_seconds": 11.9}, [CLIP, SOUND]),
    ({"over_megabytes": 3}, [CLIP]),
    ({"over_megabytes": 2.9}, [PICTURE, CLIP]),
    ({"over_side_pixels": 1919}, [CLIP]),
    ({"over_side_pixels": 1920}, []),
    ({"under_side_pixels": 481}, [PICTURE]),
    ({"under_side_pixels": 480}, []),
    ({"faces": True}, [CLIP]),
    ({"kinds": ("image",), "faces": True}, []),
    ({"prompt": "."}, []),
])  # fmt: skip
def test_a_rule_fits_where_all_that_it_says_is_so(says: dict[str, Any], fitting: list[Facts]) -> None:
    fits = [facts for facts in (PICTURE, CLIP, SOUND) if judge_file([rule(**says)], facts).state == "rejected"]
    assert fits == fitting


def test_the_first_rule_that_fits_decides_and_without_one_it_is_approved() -> None:
    rules = [rule(kinds=("image",), verdict="human", reason="look"), rule(verdict="approve", reason="fine"), rule()]
    assert judge_file(rules, PICTURE) == Judgement(state="pending", reason="look")
    assert judge_file(rules, SOUND) == Judgement(state="approved", reason="fine")
    assert judge_file([], CLIP) == Judgement()


def test_a_consent_lets_a_file_pass_as_a_persons() -> None:
    assert judge_file([rule(verdict="consent", reason="a face", faces=True)], CLIP) == Judgement(
        state="approved", person=True, reason="a face"
    )


def test_prompts_have_rules_of_their_own() -> None:
    rules = [rule(reason="a file"), rule(prompt="(战争|war)", verdict="human", reason="war")]
    assert judge_prompt(rules, "一场战争") == Judgement(state="pending", reason="war")
    assert judge_prompt(rules, "The WAR of the buttons").state == "pending"
    assert judge_prompt(rules, "a kite") == Judgement()
    assert judge_prompt([rule()], "a kite") == Judgement()


def test_faces_are_counted_only_where_a_rule_asks() -> None:
    assert not needs_faces([rule(), rule(kinds=("video",))])
    assert needs_faces([rule(), rule(faces=True)])
    assert judge_file([rule(faces=True)], msgspec.structs.replace(CLIP, faces=None)).state == "approved"


def test_an_id_of_a_review_is_read_back_and_nothing_else_is() -> None:
    identifier = UUID("01a21516-74bb-747d-b795-aba57fbc2cf8")
    assert read_review_id(show_review_id(identifier)) == identifier
    for text in ("", "rev_", "rev_x", str(identifier), "rev_" + "z" * 22, "task_" + "0" * 22):
        assert read_review_id(text) is None
