"""Incidents in the fold, who is told of them and by which words, and what the law may want of them."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from after_story import ALERT, debriefed, incident, shared
from story import NIA, Actor, Story
from visit_story import (
    DEE,
    DUE_BACK,
    MO,
    OLA,
    START,
    at,
    back,
    countersigned,
    departed,
    duress,
    late,
    notified,
    raised,
    watched_plan,
)
from visitsafe.followup.incident import pointers
from visitsafe.record.bodies import Companion, PlanBody
from visitsafe.record.terms import Outcome
from visitsafe.state.after import told_apart
from visitsafe.state.duties import Met, duties_of, incidents_waiting
from visitsafe.watch.messages import Text, text_of
from visitsafe.watch.outbox import Channel, Contacts, Message, hushed_by, messages_due

BOSSES, MO_SMS, NIA_SMS = (
    Channel("bosses", "manager"),
    Channel("mo-sms", "mo@example.org"),
    Channel("nia-sms", "nia@example.org"),
)
SAM_SMS, DESK = Channel("sam-sms", "sam@example.org"), Channel("desk", "duty")
CONTACTS = Contacts((SAM_SMS, DESK, BOSSES, MO_SMS, NIA_SMS))
OUT = departed(at(countersigned(), START))
HOME = back(at(OUT, DUE_BACK))
MEMBERS = OUT.roster.members
LONDON = ZoneInfo("Europe/London")
SECRET = "He threw a cup at Jordan."


def due(story: Story, minutes: float = 1, contacts: Contacts = CONTACTS, **more: Any) -> list[Message]:
    """The messages to send so many minutes after the newest entry."""
    now = story.at + timedelta(minutes=minutes - 1)
    return messages_due(story.state, contacts, MEMBERS, now, **more)


def labels(story: Story, minutes: float = 1, contacts: Contacts = CONTACTS) -> list[str]:
    return [one.channel.label for one in due(story, minutes, contacts)]


def told_all(story: Story, about: str) -> Story:
    for label in ("bosses", "mo-sms", "nia-sms"):
        story = notified(story, about, label)
    return story


def completed(story: Story, **changes: Any) -> Story:
    """The newest incident is corrected."""
    return incident(story, replaces=story.state.after.incidents[-1].id, **changes)


def test_each_channel_of_the_managers_is_told_exactly_once() -> None:
    story = incident(HOME)
    about = story.newest.id
    assert labels(story) == ["bosses", "mo-sms", "nia-sms"]
    assert {(one.about, one.incident, one.round) for one in due(story)} == {(about, True, 0)}
    assert labels(notified(story, about, "bosses")) == ["mo-sms", "nia-sms"]
    assert labels(told_all(story, about), 300) == []


def test_an_incident_is_told_whatever_became_of_the_visit() -> None:
    refused = countersigned().decided("refuse", by=NIA)
    for story in (countersigned(), OUT, HOME, refused, countersigned().withdrawn(), debriefed(HOME)):
        assert labels(incident(story)) == ["bosses", "mo-sms", "nia-sms"]


def test_a_message_that_failed_is_tried_again() -> None:
    failed = notified(incident(HOME), incident(HOME).newest.id, "bosses", outcome=Outcome.FAILED)
    assert "bosses" not in labels(failed, 0.2)
    assert [one.attempt for one in due(failed, 5) if one.channel is BOSSES] == [2]


def test_an_old_incident_is_told_until_it_was_talked_over() -> None:
    assert labels(incident(HOME), 40 * 24 * 60) == ["bosses", "mo-sms", "nia-sms"]
    assert labels(debriefed(incident(HOME)), 40 * 24 * 60) == []
    slim = told_apart(incident(HOME).state.after)
    assert slim.not_talked_over == (incident(HOME).newest.id,)


def test_neither_the_worker_nor_the_manager_who_wrote_it_down_is_told() -> None:
    assert "mo-sms" not in labels(incident(HOME, by=MO))
    assert "sam-sms" not in labels(incident(HOME, by=OLA))


def test_without_a_managers_channel_the_desk_is_told() -> None:
    assert labels(incident(HOME), contacts=Contacts((SAM_SMS, DESK))) == ["desk"]


def test_what_only_completes_an_incident_is_told_and_talked_over_once_and_keeps_what_was_shared() -> None:
    story = incident(HOME, sharing=(ALERT,))
    first = story.newest.id
    story = debriefed(shared(told_all(story, first), ALERT.trigger, of=first))
    story = completed(completed(story, sharing=(ALERT,)), sharing=(ALERT,))
    after = story.state.after
    assert after.versions(after.incidents[0].id)[-1] == first
    assert len(after.incidents) == 1
    assert labels(story) == []
    assert after.not_talked_over == ()
    assert [one.met(story.at) for one in duties_of(story.state)] == [Met.SHARED]


@pytest.mark.parametrize(
    ("before", "then"),
    [
        ({"near_miss": True}, {"near_miss": False}),
        ({"hurt": "no"}, {"hurt": "not-sure"}),
        ({"hurt": "not-sure"}, {"hurt": "yes"}),
        ({"hurt": "yes"}, {"hurt": "no"}),
        ({}, {"behaviours": ("shouting", "physical-violence")}),
        ({"hurt": "yes"}, {"hurt": "yes", "answers": {"injury-serious": "yes"}}),
    ],
)
def test_what_tells_otherwise_how_bad_it_was_is_told_and_talked_over_again(before: Any, then: Any) -> None:
    story = incident(HOME, sharing=(ALERT,), **before)
    first = story.newest.id
    story = completed(
        debriefed(shared(told_all(story, first), ALERT.trigger, of=first)), sharing=(ALERT,), **then
    )
    assert labels(story) == ["bosses", "mo-sms", "nia-sms"]
    assert story.state.after.not_talked_over == (story.newest.id,)
    assert [one.met(story.at) for one in duties_of(story.state)] == [Met.DUE]


def test_two_who_complete_it_without_having_seen_each_other_are_told_of_once() -> None:
    story = incident(HOME)
    both = completed(story, hurt="no", answers={"a": "1"}) | completed(story, answers={"a": "2"})
    assert len(both.state.after.incidents) == 2
    assert labels(both) == ["bosses", "mo-sms", "nia-sms"]
    assert labels(told_all(both, story.newest.id)) == []


def test_of_corrections_that_had_not_seen_each_other_the_worst_comes_first_and_each_waits() -> None:
    story = debriefed(incident(HOME, hurt="not-sure"))
    mild, bad = completed(story, near_miss=True), completed(story, hurt="yes")
    for both in (mild | bad, bad | mild):
        assert [one.body.hurt for one in both.state.after.incidents] == ["yes", "no"]
        assert len(incidents_waiting([both.state])) == 2


def test_messages_about_an_incident_belong_to_no_alarm() -> None:
    alarm = raised(late(OUT, 15), "duty-rings")
    before = alarm.state.visit.alarms
    story = told_all(incident(alarm), incident(alarm).newest.id)
    assert story.state.visit.alarms == before
    assert [one.body.channel for one in story.state.after.told] == ["bosses", "mo-sms", "nia-sms"]
    assert "desk" in labels(story)


def test_a_watcher_keeps_in_memory_whom_to_tell_and_not_what_was_said() -> None:
    state = told_all(incident(HOME, answers={"a": SECRET}), incident(HOME).newest.id).state
    slim = told_apart(state.after)
    assert SECRET not in repr(slim)
    assert slim.told == state.after.told
    assert [one.id for one in slim.incidents] == [one.id for one in state.after.incidents]


def test_the_list_names_the_longest_waiting_first_and_leaves_out_what_was_talked_over() -> None:
    one, two = incident(HOME), incident(replace(HOME, at=HOME.at + timedelta(hours=1)), near_miss=True)
    waiting = incidents_waiting([two.state, one.state, debriefed(one).state])
    assert [said.id for _, said in waiting] == [one.newest.id, two.newest.id]


def words(story: Story, channel: Channel = BOSSES, now: datetime | None = None, **more: Any) -> Text:
    message = Message(about=story.newest.id, channel=channel, incident=True, **more)
    return text_of(message, story.state, now or story.at, LONDON, "0161 496 0000")


def test_the_message_says_whose_visit_who_wrote_it_down_and_what_to_do_and_nothing_of_what_happened() -> None:
    story = incident(HOME, by=OLA, answers={"seen": SECRET}, behaviours=("physical-violence",), hurt="yes")
    text = words(story, Channel("bosses", "manager", address=True))
    for fact in ("Sam Okafor", story.state.ref, "Ola Field", "speak to", f"visitsafe show {story.state.ref}"):
        assert fact in text.body
    whole = f"{text.title}\n{text.body}"
    visit = story.state.body.visit
    for secret in (SECRET, "violence", "hurt", visit.case, visit.address, visit.purpose, visit.area):
        assert secret not in whole
    assert "near miss" in words(incident(HOME, near_miss=True)).title


def test_while_the_visit_goes_on_nobody_is_told_to_ring_before_they_have_looked() -> None:
    assert "look at the board before you ring" in words(incident(OUT)).body
    assert "board" not in words(incident(HOME)).body
    assert "newest message" in words(incident(raised(late(OUT, 15), "duty-rings"))).body


def test_under_duress_the_message_says_not_to_ring_and_no_telephone_of_theirs_rings() -> None:
    plan = with_companion(watched_plan(), NIA)
    story = incident(duress(departed(at(countersigned(plan), START))), by=DEE)
    assert [one.channel.label for one in due(story) if one.incident] == ["bosses", "mo-sms"]
    text = words(story)
    assert "Do NOT ring" in text.body.splitlines()[0]
    assert "speak to Sam" not in text.body


def with_companion(plan: PlanBody, who: Actor) -> PlanBody:
    visit = msgspec.structs.replace(plan.visit, companions=(Companion(name=who.name, key=who.fingerprint),))
    return msgspec.structs.replace(plan, visit=visit)


def test_who_is_under_duress_on_another_visit_is_not_to_be_rung_about_this_one() -> None:
    elsewhere = hushed_by([duress(OUT).state], MEMBERS)
    story = incident(HOME)
    messages = due(story, hushed=elsewhere)
    assert messages
    assert all(one.hushed and one.incident for one in messages)
    for one in messages:
        text = text_of(one, story.state, story.at, LONDON, "")
        assert "do NOT ring" in text.title
        assert "speak to Sam" not in text.body


def texts(*args: Any) -> str:
    return "\n".join(f"{one.rule}: {one.text}" for one in pointers(*args))


def test_the_days_of_the_law_are_counted_from_the_day_after_it_happened() -> None:
    said = texts("yes", "yes", "over-seven", date(2026, 11, 23))
    assert "riddor-at-once: " in said
    assert "Thursday 3 December 2026" in said
    assert "Tuesday 1 December 2026" in said
    assert "Tuesday 8 December 2026" in said
    assert "riddor-over-three" not in said
    assert "Friday 27 November 2026" in texts("yes", "no", "up-to-three", date(2026, 11, 23))


def test_what_nobody_knows_yet_is_pointed_to_and_what_was_said_not_to_be_is_not() -> None:
    def rules(hurt: str, serious: str, off_work: str) -> list[str]:
        found = pointers(hurt, serious, off_work, date(2026, 11, 23))
        return [one.rule.removeprefix("riddor-") for one in found]

    assert rules("no", "yes", "over-seven") == []
    assert rules("not-sure", "", "") == ["at-once", "over-three-days", "over-seven-days"]
    assert rules("yes", "not-sure", "not-at-all") == ["at-once"]
    assert rules("yes", "no", "over-three") == ["over-three-days", "over-seven-days"]
    assert rules("yes", "no", "over-seven") == ["over-seven-days"]
    assert rules("yes", "no", "not-at-all") == []


def test_the_law_is_pointed_to_and_no_verdict_given() -> None:
    for finding in pointers("yes", "", "", date(2026, 11, 23)):
        assert finding.level == "note"
        assert finding.text.startswith("If ")
        assert "may want" in finding.text
        assert "Check with your health and safety lead" in finding.text
        assert "riddor-2013" in finding.source


def test_a_day_that_has_passed_is_said_to_have() -> None:
    found = pointers("yes", "", "", date(2026, 11, 23), date(2026, 12, 4))
    passed = {one.rule: "has passed" in one.text for one in found}
    assert passed == {
        "riddor-at-once": True,
        "riddor-over-three-days": True,
        "riddor-over-seven-days": True,
    }
    last = pointers("yes", "no", "over-seven", date(2026, 11, 23), date(2026, 12, 8))[0].text
    assert "8 December 2026. " in last
    assert "has passed" not in texts("yes", "", "", date(2026, 11, 23))


def test_a_day_at_the_end_of_time_is_still_told() -> None:
    assert "the last day that there is" in texts("yes", "", "", date.max)
