"""The calendar entry, read by a parser that shares no code with the one that wrote it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import vobject  # type: ignore[import-untyped]  # it has no types

from story import DUE_BACK, NOW, SAM, START, Story, visit
from visit_story import at, back, countersigned, departed, extended, planned, watched_plan
from visitsafe.adapters.calendar import calendar


def event(story: Story) -> Any:
    return vobject.readOne(calendar(story.state, NOW).decode("utf-8")).vevent


def test_it_lasts_from_the_start_to_the_time_due_back_in_utc() -> None:
    found = event(countersigned())
    assert (found.dtstart.value, found.dtend.value) == (START, DUE_BACK)
    assert b"DTEND:20261123T163000Z" in calendar(countersigned().state, NOW)
    assert found.dtstamp.value == NOW


def test_there_is_an_alarm_ten_minutes_before_the_time_due_back_and_one_at_it() -> None:
    alarms = event(countersigned()).valarm_list
    assert [alarm.trigger.value for alarm in alarms] == [timedelta(minutes=-10), timedelta()]
    assert {alarm.trigger.params["RELATED"][0] for alarm in alarms} == {"END"}
    assert {alarm.action.value for alarm in alarms} == {"DISPLAY"}


def test_nothing_personal_stands_in_it() -> None:
    body = watched_plan(visit=visit(area="Langworthy", companions=(SAM.companion,)))
    text = calendar(departed(planned(body).decided(), note="Ring Ada.").state, NOW).decode()
    for secret in ("Acacia", "C-1042", "Langworthy", "Sam", "Okafor", "example.org", "children", "Ring Ada"):
        assert secret not in text
    assert f"SUMMARY:Due back: {countersigned().state.ref}" in text


def test_a_calendar_updates_the_entry_when_the_time_due_back_moves() -> None:
    story = departed(at(countersigned(), START))
    later = extended(story, "2026-11-23T17:30:00Z")
    before, after = event(story), event(later)
    assert before.uid.value == after.uid.value
    assert int(after.sequence.value) > int(before.sequence.value)
    assert after.dtend.value == datetime(2026, 11, 23, 17, 30, tzinfo=UTC)


def test_a_new_version_has_a_higher_sequence_and_the_same_uid() -> None:
    revised = countersigned().revised(body=watched_plan(nonce=""))
    assert int(event(revised).sequence.value) > int(event(countersigned()).sequence.value)
    assert event(revised).uid.value == event(countersigned()).uid.value


def test_what_is_over_or_will_not_be_is_cancelled_and_rings_no_more() -> None:
    for story in (countersigned().withdrawn(), back(departed(countersigned())), planned().decided("refuse")):
        found = event(story)
        assert found.status.value == "CANCELLED"
        assert "valarm" not in found.contents


def test_a_plan_that_waits_is_tentative_and_one_that_is_out_is_not() -> None:
    assert event(planned()).status.value == "TENTATIVE"
    assert event(countersigned()).status.value == "CONFIRMED"
    assert event(departed(planned(), urgent="Now.")).status.value == "CONFIRMED"


def test_it_ends_after_it_begins_even_if_the_worker_is_due_back_before_the_planned_start() -> None:
    story = extended(departed(countersigned()), "2026-11-23T09:00:00Z")
    found = event(story)
    assert found.dtstart.value < found.dtend.value


def test_lines_end_as_the_standard_says_and_none_is_too_long() -> None:
    written = calendar(departed(countersigned()).state, NOW)
    assert written.endswith(b"\r\n")
    lines = written.split(b"\r\n")
    assert all(b"\n" not in line and len(line) <= 75 for line in lines)
