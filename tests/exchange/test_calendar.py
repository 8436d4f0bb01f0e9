"""The calendar entry, read by a parser that shares no code with the one that wrote it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import vobject  # type: ignore[import-untyped]  # it has no types

from story import DUE_BACK, NOW, SAM, START, Story, visit
from visit_story import at, back, countersigned, departed, extended, planned, watched_plan
from visitsafe.exchange.export import calendar
from visitsafe.text.clock import to_text


def events(story: Story) -> tuple[Any, Any]:
    """The time due back and the visit, as another program reads them."""
    due, visited = vobject.readOne(calendar(story.state, NOW).decode("utf-8")).vevent_list
    return due, visited


def test_the_visit_lasts_from_the_start_to_the_time_due_back_in_utc() -> None:
    due, visited = events(countersigned())
    assert (visited.dtstart.value, visited.dtend.value) == (START, DUE_BACK)
    assert (due.dtstart.value, due.dtend.value > DUE_BACK) == (DUE_BACK, True)
    assert b"DTSTART:20261123T163000Z" in calendar(countersigned().state, NOW)
    assert due.dtstamp.value == visited.dtstamp.value == NOW


def test_the_only_alarm_is_counted_before_the_start_of_an_event_as_every_calendar_can() -> None:
    """Outlook takes one alarm an event, counted before its start; Google drops others."""
    due, visited = events(countersigned())
    [alarm] = due.valarm_list
    assert alarm.trigger.value == timedelta(minutes=-10)
    assert alarm.action.value == "DISPLAY"
    assert "valarm" not in visited.contents
    written = calendar(countersigned().state, NOW)
    assert b"TRIGGER:-PT10M" in written
    assert b"RELATED" not in written


def test_the_time_due_back_comes_first_because_a_message_shows_only_the_first_event() -> None:
    due, visited = events(countersigned())
    ref = countersigned().state.ref
    assert (due.summary.value, visited.summary.value) == (f"Due back: {ref}", f"Visit: {ref}")


def test_nothing_personal_stands_in_it() -> None:
    body = watched_plan(visit=visit(area="Langworthy", companions=(SAM.companion,)))
    text = calendar(departed(planned(body).decided(), note="Ring Ada.").state, NOW).decode()
    for secret in ("Acacia", "C-1042", "Langworthy", "Sam", "Okafor", "example.org", "children", "Ring Ada"):
        assert secret not in text


def test_a_calendar_updates_both_events_when_the_time_due_back_moves() -> None:
    story = departed(at(countersigned(), START))
    for before, after in zip(events(story), events(extended(story, "2026-11-23T17:30:00Z")), strict=True):
        assert before.uid.value == after.uid.value
        assert int(after.sequence.value) > int(before.sequence.value)
    due, visited = events(extended(story, "2026-11-23T17:30:00Z"))
    assert due.dtstart.value == visited.dtend.value == datetime(2026, 11, 23, 17, 30, tzinfo=UTC)


def test_a_new_version_has_a_higher_sequence_and_the_same_uids() -> None:
    revised = countersigned().revised(body=watched_plan(nonce=""))
    for before, after in zip(events(countersigned()), events(revised), strict=True):
        assert int(after.sequence.value) > int(before.sequence.value)
        assert after.uid.value == before.uid.value
    due, visited = events(revised)
    assert due.uid.value != visited.uid.value


def test_what_will_not_be_is_cancelled_and_rings_no_more() -> None:
    for story in (countersigned().withdrawn(), planned().decided("refuse")):
        for one in events(story):
            assert one.status.value == "CANCELLED"
            assert one.summary.value.startswith("Cancelled: ")
            assert "valarm" not in one.contents


def test_who_is_back_is_not_due_any_more_and_the_visit_stays() -> None:
    out = departed(at(countersigned(), START))
    due, visited = events(back(out))
    assert (due.status.value, visited.status.value) == ("CANCELLED", "CONFIRMED")
    assert "valarm" not in due.contents
    assert int(due.sequence.value) > int(events(out)[0].sequence.value)


def test_a_plan_that_waits_is_tentative_and_one_that_is_out_is_not() -> None:
    for story, status in (
        (planned(), "TENTATIVE"),
        (planned().decided("return"), "TENTATIVE"),
        (countersigned(), "CONFIRMED"),
        (departed(planned(), urgent="Now."), "CONFIRMED"),
    ):
        assert {one.status.value for one in events(story)} == {status}


def test_while_a_newer_version_waits_the_one_that_is_watched_is_shown() -> None:
    later = watched_plan(nonce="", visit=visit(due_back=to_text(DUE_BACK + timedelta(hours=1))))
    due, visited = events(countersigned().revised(body=later))
    assert (due.dtstart.value, visited.dtend.value) == (DUE_BACK, DUE_BACK)
    assert (due.status.value, visited.status.value) == ("CONFIRMED", "CONFIRMED")


def test_the_visit_ends_after_it_begins_even_if_due_back_before_the_planned_start() -> None:
    _, visited = events(extended(departed(countersigned()), "2026-11-23T09:00:00Z"))
    assert visited.dtstart.value < visited.dtend.value


def test_lines_end_as_the_standard_says_and_none_is_too_long() -> None:
    written = calendar(departed(countersigned()).state, NOW)
    assert written.endswith(b"\r\n")
    lines = written.split(b"\r\n")
    assert all(b"\n" not in line and len(line) <= 75 for line in lines)
