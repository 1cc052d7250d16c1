"""Lists are read to their end, or the result says that it is not complete."""

from dataclasses import replace
from typing import Any

import pytest
from backup_auditor.model import GapReason
from backup_auditor.sources.ucloud.client.paging import LIMIT, Query, list_all
from backup_auditor.sources.ucloud.client.rows import Row
from hypothesis import given, settings
from hypothesis import strategies as st


class Pages:
    """A server of one list: caps, lies, and shifts as told. Stands in for the client."""

    def __init__(self, rows: int, *, cap: int = 1000, total: str = "true", shift: int = 0) -> None:
        """``shift`` rows appear at the top before each later page."""
        self.rows = [f"r{n}" for n in range(rows)]
        self.cap, self.total, self.shift = cap, total, shift
        self.largest_page: dict[str, int] = {}
        self.calls = 0

    def call(self, action: str, params: dict[str, Any]) -> Row:
        """Answer one page."""
        if self.calls and self.shift:
            self.rows = [f"new{self.calls}-{n}" for n in range(self.shift)] + self.rows
        self.calls += 1
        offset = params["Offset"]
        page = self.rows[offset : offset + min(params["Limit"], self.cap)]
        totals = {
            "true": len(self.rows),
            "account": len(self.rows) * 7,
            "none": None,
            "zero": 0,
        }
        return Row({"DataSet": [{"Id": r} for r in page], "TotalCount": totals[self.total]})


def query(*, trusted: bool) -> Query[str]:
    """Return a query over rows with an id."""
    return Query("List", {}, lambda r: r.text("Id"), lambda r: r.text("Id"), trusted)


@given(
    rows=st.integers(0, 450),
    cap=st.sampled_from([1, 7, 30, 99, 100, 1000]),
    total=st.sampled_from(["true", "account", "none", "zero"]),
    at_once=st.booleans(),
)
@settings(deadline=None)
def test_every_row_arrives_whatever_the_server_says(
    rows: int, cap: int, total: str, at_once: bool
) -> None:
    pages = Pages(min(rows, cap * 40), cap=cap, total=total)
    run = (lambda f, xs: [f(x) for x in xs]) if at_once else map
    found = list_all(pages, query(trusted=total == "true"), run=run)  # type: ignore[arg-type]
    assert set(found.items) == set(pages.rows)
    assert found.error is None


@given(rows=st.integers(0, 350), trusted=st.booleans())
@settings(deadline=None)
def test_rows_that_were_there_at_the_start_are_never_lost_by_shifting(
    rows: int, trusted: bool
) -> None:
    pages = Pages(rows, shift=1)
    start = set(pages.rows)
    found = list_all(pages, query(trusted=trusted))  # type: ignore[arg-type]
    assert start <= set(found.items)


def test_a_full_count_needs_no_probe() -> None:
    pages = Pages(200)
    list_all(pages, query(trusted=True))  # type: ignore[arg-type]
    assert pages.calls == 2


def test_a_short_page_needs_no_probe_once_the_cap_is_known() -> None:
    pages = Pages(30, total="account")
    pages.largest_page["List"] = 100
    list_all(pages, query(trusted=False))  # type: ignore[arg-type]
    assert pages.calls == 1


def test_fewer_rows_than_counted_are_incomplete() -> None:
    pages = Pages(20, total="account")
    found = list_all(pages, query(trusted=True))  # type: ignore[arg-type]
    assert found.error is not None
    assert found.error.reason is GapReason.INCOMPLETE
    assert found.error.detail == "List: 20 of 140 rows arrived"
    assert len(found.items) == 20


@pytest.mark.parametrize(("total", "is_gap"), [("account", True), ("zero", False), ("none", False)])
def test_a_count_may_prove_a_gap_without_ending_a_list(total: str, *, is_gap: bool) -> None:
    pages = Pages(20, cap=7, total=total)
    found = list_all(pages, replace(query(trusted=False), is_total_least=True))  # type: ignore[arg-type]
    assert len(found.items) == 20
    assert (found.error is not None) is is_gap


def test_a_list_that_ignores_the_offset_does_not_end() -> None:
    class Stuck(Pages):
        def call(self, action: str, params: dict[str, Any]) -> Row:
            return super().call(action, params | {"Offset": 0})

    found = list_all(Stuck(LIMIT), query(trusted=False))  # type: ignore[arg-type]
    assert found.error is not None
    assert "does not end" in found.error.detail


@pytest.mark.parametrize("answer", [{"Data": [{"Id": "a"}]}, {"dataset": {"Id": "a"}}])
def test_rows_are_found_under_other_names(answer: dict[str, Any]) -> None:
    class Odd(Pages):
        def call(self, action: str, params: dict[str, Any]) -> Row:
            return Row(answer if params["Offset"] == 0 else {})

    assert set(list_all(Odd(0), query(trusted=False)).items) == {"a"}  # type: ignore[arg-type]


def at_once() -> Query[str]:
    """Return a query of an action without pages."""
    return replace(query(trusted=False), is_paged=False)


class Document:
    """A server that answers with one document."""

    def __init__(self, document: dict[str, Any]) -> None:
        """Answer with ``document``."""
        self.document = document
        self.largest_page: dict[str, int] = {}

    def call(self, action: str, params: dict[str, Any]) -> Row:
        """Answer."""
        return Row(self.document)


@pytest.mark.parametrize(
    ("document", "ids"),
    [
        ({"DataSet": [{"Id": "a"}]}, {"a"}),
        ({"Data": [{"Id": "a"}]}, {"a"}),
        ({"DataSet": {"Id": "a"}}, {"a"}),
        ({"DataSet": None, "Data": [{"Id": "a"}]}, {"a"}),
        ({"DataSet": [], "Data": [{"Id": "a"}]}, {"a"}),
        ({"DataSet": None}, set()),
        ({}, set()),
    ],
)
def test_rows_stand_under_the_first_name_that_holds_some(
    document: dict[str, Any], ids: set[str]
) -> None:
    found = list_all(Document(document), at_once())  # type: ignore[arg-type]
    assert (set(found.items), found.error) == (ids, None)


@pytest.mark.parametrize("value", ["a", 7, True, False, 0, ""])
def test_what_is_no_list_is_not_an_empty_one(value: object) -> None:
    found = list_all(Document({"DataSet": value}), at_once())  # type: ignore[arg-type]
    assert found.error is not None
    assert found.error.reason is GapReason.MALFORMED
