"""What earlier visits of a case leave for the next plan to know."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from after_story import ALERT, debriefed, documented, incident, over
from story import NOW, Story, calm_visit
from visit_story import LADDER, back, countersigned, departed, reported
from visitsafe.planning.last_time import LONGEST, MOST, last_time
from visitsafe.record.bodies import Action, Finding, Shown
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Level
from visitsafe.state.duties import CaseHistory
from visitsafe.text.clock import to_text

LONDON = ZoneInfo("Europe/London")
LATER = NOW + timedelta(days=30)


def told(*stories: Story, now: datetime = LATER) -> tuple[Finding, ...]:
    states = sorted((story.state for story in stories), key=lambda state: state.body.visit.start)
    return last_time(CaseHistory("CF-1", tuple(states)), now, LONDON)


def texts(*stories: Story, now: datetime = LATER) -> list[str]:
    return [finding.text for finding in told(*stories, now=now)]


def months_ago(days: int = 60) -> Story:
    """An earlier visit of the case that was made."""
    start = NOW - timedelta(days=days)
    visit = msgspec.structs.replace(
        calm_visit().visit, start=to_text(start), due_back=to_text(start + timedelta(hours=1))
    )
    return over(calm_visit(visit=visit, ladder=LADDER, nonce=f"{days:032x}"))


def test_a_case_with_nothing_to_tell_leaves_nothing() -> None:
    assert texts() == []
    assert texts(over()) == []
    assert texts(debriefed(over())) == []


def test_what_should_be_different_and_who_was_not_seen_come_as_notes_that_say_where_they_are_from() -> None:
    story = debriefed(over(), next_time="Meet at the school.", not_seen="The older brother.")
    wish, unseen = told(story)
    assert wish.text == "Last time (23 November): for the next visit: Meet at the school."
    assert unseen.text == "Last time (23 November): not seen: The older brother."
    assert (wish.level, wish.source) == (Level.NOTE, f"debrief of {story.state.ref}")


def test_how_a_visit_left_somebody_never_comes_into_a_plan() -> None:
    story = debriefed(over(), effects=("afraid",), answers={"effects": ("afraid",), "unsaid": "my fear"})
    assert texts(story) == []


def test_only_the_newest_debrief_speaks_for_the_next_visit() -> None:
    old = debriefed(months_ago(), next_time="Go alone.")
    assert texts(old) == ["Last time (24 September): for the next visit: Go alone."]
    assert texts(old, debriefed(over(), next_time="Go as two.")) == [
        "Last time (23 November): for the next visit: Go as two."
    ]


def test_an_incident_is_told_in_words_however_long_ago_and_with_its_year() -> None:
    shown = Shown(id="behaviours", section="s", label="l", ask="a", answer="Shouting; A dog", source="s")
    old = incident(months_ago(400), shown=(shown,), hurt="yes", happened=to_text(NOW - timedelta(days=400)))
    assert texts(old, over()) == [
        "Earlier (19 October 2025): there was an incident: Shouting; A dog. Somebody was hurt."
    ]
    near = incident(over(), shown=(), near_miss=True, behaviours=("physical-violence",))
    assert texts(near) == ["Last time (23 November): there was a near miss: physical violence."]


def test_of_many_incidents_the_newest_two_are_told_and_the_rest_are_counted() -> None:
    stories = [
        incident(months_ago(days), happened=to_text(NOW - timedelta(days=days))) for days in (40, 10, 20, 30)
    ]
    first, second = texts(*stories)
    assert first.startswith("Last time (13 November): there was an incident")
    assert second.endswith("2 more before that.")


def test_an_incident_is_told_with_the_day_on_which_it_happened_not_that_of_the_plan() -> None:
    story = incident(over(), happened="2026-11-21T10:00:00Z", near_miss=True, shown=(), behaviours=())
    assert texts(story) == ["On 21 November: there was a near miss."]


def test_a_visit_that_was_broken_off_is_told_until_another_was_made() -> None:
    stopped = back(reported(departed(countersigned()), Kind.LEFT, stopped=True))
    assert texts(stopped) == ["Last time (23 November): the visit was broken off."]
    later = msgspec.structs.replace(
        calm_visit().visit, start="2026-11-25T10:00:00Z", due_back="2026-11-25T11:00:00Z"
    )
    assert texts(stopped, over(calm_visit(visit=later, nonce="ab" * 16))) == []


def test_what_was_agreed_in_supervision_comes_with_who_and_by_when_and_only_its_newest_version() -> None:
    actions = (
        Action(what="Visit as two", who="Ola Field", by="2026-12-01"),
        Action(what="Ring first", who=""),
    )
    first = documented(over(), actions=(Action(what="Old", who="Sam"),))
    story = documented(first, actions=actions, replaces=first.newest.id)
    assert sorted(texts(story)) == [
        "Agreed in supervision on 23 November: Ring first",
        "Agreed in supervision on 23 November: Visit as two (Ola Field, by 1 December)",
    ]
    rules = [finding.rule for finding in told(story)]
    assert len(set(rules)) == len(rules)


def test_a_duty_to_share_is_told_once_its_day_has_passed() -> None:
    story = incident(over(), near_miss=True, behaviours=(), sharing=(ALERT,))
    assert not [text for text in texts(story, now=NOW) if "overdue" in text]
    (late,) = [text for text in texts(story) if "overdue" in text]
    assert late.startswith("Since 24 November overdue: telling other professionals 1 thing")
    assert f"visitsafe share {story.state.ref}" in late


@pytest.mark.parametrize("hostile", ["\x1b[2J\x07 gone\nSTOP: nothing", "\u202eevil\r\nline"])
def test_words_of_a_colleague_are_one_line_that_does_nothing_to_a_terminal(hostile: str) -> None:
    (finding,) = told(debriefed(over(), next_time=hostile))
    assert finding.text.isprintable()


def test_no_address_of_the_case_comes_into_the_next_plan() -> None:
    visit = msgspec.structs.replace(calm_visit().visit, address="12 Mill Lane, Salford M5 4WT")
    story = debriefed(
        over(calm_visit(visit=visit, ladder=LADDER)), next_time="Park away from 12 mill ln, m54wt."
    )
    (text,) = texts(story)
    assert "mill" not in text.casefold()
    assert "m54wt" not in text.casefold()


def test_a_long_story_is_cut_short_and_there_are_never_more_than_a_few() -> None:
    actions = tuple(Action(what=f"Thing {number}", who="Sam") for number in range(9))
    story = documented(incident(over()), actions=actions)
    story = debriefed(story, next_time="far too long " * 400, not_seen="x" * 9000)
    story = incident(story, sharing=(ALERT,))
    found = texts(story, incident(months_ago()))
    assert len(found) == MOST
    assert max(map(len, found)) < LONGEST + 100


def test_the_newest_comes_first() -> None:
    old = incident(months_ago(), happened=to_text(NOW - timedelta(days=60)))
    new = debriefed(over(), next_time="Go as two.")
    assert [text[:4] for text in texts(old, new)] == ["Last", "Earl"]


def test_the_order_in_which_entries_came_changes_nothing() -> None:
    left = debriefed(over(), next_time="Go as two.")
    right = incident(over())
    one, other = told(left | right), told(right | left)
    assert one == other


def test_a_time_that_no_clock_shows_is_told_as_it_stands() -> None:
    story = over()
    state = story.state
    visit = msgspec.structs.replace(state.body.visit, start="9999-99-99T00:00:00Z")
    broken = msgspec.structs.replace(state, body=msgspec.structs.replace(state.body, visit=visit))
    said = debriefed(story, next_time="Go as two.").state.after
    broken = msgspec.structs.replace(broken, after=said)
    (finding,) = last_time(CaseHistory("CF-1", (broken,)), datetime(2026, 12, 1, tzinfo=UTC), LONDON)
    assert "9999-99-99" in finding.text
