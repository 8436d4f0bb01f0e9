"""A source that is past its review date says so wherever it is cited."""

from dataclasses import dataclass
from datetime import date

import pytest

from story import hostile_visit
from visitsafe.checklists.library import MARK, marked, marked_body, past_review

TODAY = date(2026, 11, 23)
OLD = frozenset({"salford-2011"})


@dataclass(frozen=True)
class Document:
    id: str
    review_date: str | None


@pytest.mark.parametrize(
    ("review", "is_past"), [("2026-11-22", True), ("2026-11-23", False), ("2027-01-31", False), (None, False)]
)
def test_a_document_is_past_on_the_day_after_its_review_date(review: str | None, is_past: bool) -> None:
    assert past_review([Document("one", review)], TODAY) == ({"one"} if is_past else set())


def test_only_the_document_that_is_past_gets_the_mark() -> None:
    sources = 'salford-2011 7.2, 8.2; procedures-2023 "Prior to contact"; salford-2011-annex 1'
    assert marked(sources, OLD) == (
        f'salford-2011 7.2, 8.2{MARK}; procedures-2023 "Prior to contact"; salford-2011-annex 1'
    )
    assert marked("", OLD) == ""


def test_everything_that_a_plan_cites_gets_the_mark_and_nothing_else_changes() -> None:
    body = hostile_visit()
    shown = marked_body(body, OLD)
    for before, after in (
        (body.findings, shown.findings),
        (body.shown, shown.shown),
        (body.sharing, shown.sharing),
        (body.ladder.steps if body.ladder else (), shown.ladder.steps if shown.ladder else ()),
    ):
        assert [one.source for one in after] == [marked(one.source, OLD) for one in before]
    assert any(MARK in finding.source for finding in shown.findings)
    assert (shown.visit, shown.answers, shown.controls) == (body.visit, body.answers, body.controls)
