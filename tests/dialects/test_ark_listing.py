"""Reading the query of a list of tasks (spec ark 5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.ark_samples import ARK
from tests.dialects.dialect_samples import TASK_ID

from filmgate.dialects.ark.listing import ListQuery
from filmgate.errors import RulesBroken

SHOWN = ARK.show_id(TASK_ID)


def query(*fields: tuple[str, str]) -> ListQuery:
    return ARK.read_list_query(fields)


def test_a_list_without_a_query_is_the_first_page_at_the_default_tier() -> None:
    assert query() == ListQuery(page=1, page_size=20, service_tier="default")
    assert query(("page_num", ""), ("filter.status", ""), ("filter.task_ids", ""), ("limit", "5")) == query()


def test_a_list_with_everything() -> None:
    found = query(
        ("page_num", "3"),
        ("page_size", "500"),
        ("filter.status", "running"),
        ("filter.task_ids", SHOWN),
        ("filter.task_ids", "cgt-nonsense"),
        ("filter.task_ids", SHOWN),
        ("filter.model", "seedance-2-0-260128"),
        ("filter.service_tier", "flex"),
    )
    assert found == ListQuery(
        page=3,
        page_size=500,
        statuses=("running", "saving"),
        task_ids=(TASK_ID,),
        model="seedance-2-0-260128",
        service_tier="flex",
    )
    assert found.offset == 1000


def test_ids_that_are_none_match_nothing() -> None:
    assert query(("filter.task_ids", "cgt-nonsense")).task_ids == ()
    assert query().task_ids is None


@pytest.mark.parametrize("status", ["queued", "succeeded", "failed", "cancelled", "expired"])
def test_a_list_by_status(status: str) -> None:
    assert query(("filter.status", status)).statuses == (status,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page_num", "0"),
        ("page_num", "501"),
        ("page_num", "-1"),
        ("page_num", "one"),
        ("page_num", "1.0"),
        ("page_num", "9" * 5000),
        ("page_num", "１"),
        ("page_size", "0"),
        ("page_size", "501"),
        ("page_size", " 5"),
        ("filter.status", "done"),
        ("filter.status", "saving"),
        ("filter.status", "Queued"),
        ("filter.service_tier", "fast"),
    ],
)
def test_a_list_out_of_bounds_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(RulesBroken) as raised:
        query((name, value))
    (found,) = raised.value.violations
    assert found.field == name
    assert len(str(found.value)) <= 20


def test_all_that_is_wrong_in_a_query_is_told_together() -> None:
    with pytest.raises(RulesBroken) as raised:
        query(("page_num", "x"), ("page_size", "y"), ("filter.status", "z"), ("filter.service_tier", "w"))
    assert len(raised.value.violations) == 4


@given(st.lists(st.tuples(st.sampled_from(["page_num", "page_size", "filter.status", "filter.task_ids"]), st.text())))
def test_any_query_is_a_list_or_a_refusal(fields: list[tuple[str, str]]) -> None:
    try:
        found = ARK.read_list_query(fields)
    except RulesBroken as refusal:
        status = ARK.phrase_error(refusal).status
    else:
        status = 200 if 1 <= found.page <= 500 and 1 <= found.page_size <= 500 else 500
    assert status in (200, 400)
