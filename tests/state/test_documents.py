"""What documents still ask for: what is overdue, and what the family has to be told."""

from datetime import UTC, datetime

from after_story import MO, SAM, documented, over, shared
from story import Story
from visitsafe.record.bodies import Action
from visitsafe.record.terms import Document
from visitsafe.state.duties import CaseHistory, documents_due, not_told, owed

DAY = "2026-12-01"
LAST_MOMENT = datetime(2026, 12, 1, 23, 59, 59, tzinfo=UTC)
NEXT_DAY = datetime(2026, 12, 2, tzinfo=UTC)
ACTION = Action(what="Two of us go.", who="Sam", by=DAY)


def due(story: Story, now: datetime = NEXT_DAY) -> list[str]:
    return [one.what for one in documents_due([story.state], now)]


def case(story: Story) -> list[str]:
    return [sort for _, sort, _ in not_told(CaseHistory("CF-1", (story.state,)))]


def test_a_day_is_overdue_when_it_is_over_and_not_before() -> None:
    story = documented(over(), review=DAY, actions=(ACTION,))
    assert due(story, LAST_MOMENT) == []
    assert sorted(due(story)) == ["Two of us go.", "to be looked at again"]


def test_what_was_replaced_asks_for_nothing_any_more() -> None:
    story = documented(over(), actions=(ACTION,))
    old = story.state.after.documents[0].id
    assert due(documented(story, replaces=old)) == []


def test_what_names_no_day_is_never_overdue() -> None:
    assert due(documented(over(), actions=(Action(what="Ring first.", who="Sam"),))) == []


def test_the_first_day_of_a_document_is_what_a_plan_owes_to_begin_with() -> None:
    story = over()
    before = owed(story.state)
    with_review = documented(story, review="2026-11-20")
    assert owed(with_review.state) == "2026-11-20T23:59:59Z"
    assert owed(documented(with_review, replaces=with_review.state.after.documents[0].id).state) == before


def test_a_meeting_that_was_only_proposed_is_overdue_by_its_day() -> None:
    proposed = documented(over(), Document.MEETING, review=DAY, answers={"stage": "proposed"})
    assert due(proposed) == ["proposed for that day, and nothing says that it was held"]


def test_after_a_meeting_or_sharing_the_family_is_to_be_told_until_a_plan_for_it_is_signed() -> None:
    story = over()
    assert case(story) == []
    told_others = shared(story, by=SAM)
    assert case(told_others) == ["shared"]
    met = documented(told_others, Document.MEETING, MO, answers={"stage": "held"})
    assert case(met) == ["meeting", "shared"]
    planned = documented(met, Document.TELLING)
    assert case(planned) == []
    assert case(shared(planned, by=SAM)) == ["shared"]


def test_neither_a_proposed_meeting_nor_what_was_not_shared_asks_for_it() -> None:
    proposed = documented(over(), Document.MEETING, answers={"stage": "proposed"})
    declined = shared(proposed, decision="not-share", reason="Nobody else works with them.", recipients=())
    assert case(declined) == []
