"""Which messages go out now, by the record alone, until somebody has taken the alarm on and ended it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from story import NIA, Actor, Story, visit
from team_story import replaced
from visit_story import (
    DEE,
    DUE_BACK,
    LADDER,
    MO,
    OLA,
    SAM,
    START,
    acknowledged,
    at,
    back,
    countersigned,
    departed,
    drilled,
    duress,
    extended,
    late,
    minutes_after,
    notified,
    raised,
    stood_down,
    watched_plan,
)
from visitsafe.record.bodies import Heard, ReportBody
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Because, Outcome
from visitsafe.text.clock import to_text
from visitsafe.watch.outbox import Channel, Contacts, Message, hushed_by, messages_due, reached_by

DESK = Channel("desk", "duty")
DEE_SMS = Channel("dee-sms", "dee@example.org")
TEAM = Channel("managers", "manager")
MO_SMS = Channel("mo-sms", "Mo@Example.org")
SAM_SMS = Channel("sam-sms", "sam@example.org")
OLA_SMS = Channel("ola-sms", "ola@example.org")
NIA_SMS = Channel("nia-sms", "nia@example.org")
CONTACTS = Contacts((SAM_SMS, DESK, DEE_SMS, TEAM, MO_SMS, OLA_SMS))
OUT = departed(at(countersigned(), START))
ALARM = raised(late(OUT, 15), "duty-rings")
STEP = ALARM.newest.id
FAILED = {"outcome": Outcome.FAILED}
Due = tuple[str, int, int]


def after(minutes: float) -> datetime:
    return DUE_BACK + timedelta(minutes=minutes)


def owed(story: Story, minutes: float, contacts: Contacts = CONTACTS) -> list[Message]:
    return messages_due(story.state, contacts, story.roster.members, after(minutes))


def due(story: Story, minutes: float, contacts: Contacts = CONTACTS) -> list[Due]:
    return [(one.channel.label, one.round, one.attempt) for one in owed(story, minutes, contacts)]


def sent(story: Story, channel: str, minutes: float, about: str = STEP, **changes: Any) -> Story:
    return notified(at(story, after(minutes)), about, channel, **changes)


def labels(who: tuple[str, ...], contacts: Contacts = CONTACTS, worker: Actor = SAM) -> list[str]:
    members = OUT.roster.members
    return [one.label for one in reached_by(who, members[worker.fingerprint], members, contacts)]


def test_a_role_reaches_its_channel_and_those_of_its_holders_in_the_order_of_the_settings() -> None:
    assert labels(("duty",)) == ["desk", "dee-sms"]
    assert labels(("manager", "duty")) == ["managers", "mo-sms", "desk", "dee-sms"]


def test_a_worker_who_is_a_manager_is_not_rung_about_their_own_visit() -> None:
    assert labels(("manager",), worker=MO) == ["managers"]


def test_the_line_manager_is_the_one_in_the_settings_else_the_managers() -> None:
    mine = Contacts(CONTACTS.channels, {"SAM@example.org": "ola@example.org"})
    assert labels(("line-manager",), mine) == ["ola-sms"]
    assert labels(("line-manager",)) == ["managers", "mo-sms"]


def test_somebody_whom_a_step_names_is_reached_before_its_roles_and_the_worker_is_nobody_s_buddy() -> None:
    assert labels(("Ola Field", "duty"))[0] == "ola-sms"
    assert labels(("ola@example.org", "duty")) == ["ola-sms", "desk", "dee-sms"]
    assert labels(("Ann, my sister", "Sam Okafor", "duty")) == ["desk", "dee-sms"]


def test_the_worker_is_reached_by_their_own_channel_or_one_for_all_workers() -> None:
    everybody = Channel("app", "lone-worker")
    assert labels(("lone-worker",), Contacts((*CONTACTS.channels, everybody))) == ["sam-sms", "app"]
    assert labels(("lone-worker",), Contacts((DESK, TEAM))) == ["desk"]


def test_a_step_that_reaches_nobody_goes_to_everybody_who_is_not_out_alone() -> None:
    assert labels(("manager",), Contacts((SAM_SMS, OLA_SMS, DESK))) == ["desk"]
    assert labels(("manager",), Contacts((SAM_SMS,))) == []


def test_a_step_that_nobody_need_take_on_goes_to_all_its_contacts_once() -> None:
    story = raised(late(OUT, 0), "overdue")
    about = story.newest.id
    assert due(story, 0) == [("desk", 0, 1), ("dee-sms", 0, 1)]
    assert due(sent(story, "desk", 0, about), 9) == [("dee-sms", 0, 1)]
    assert due(sent(sent(story, "desk", 0, about), "dee-sms", 0, about), 99) == []


def test_what_is_not_true_any_more_is_not_sent() -> None:
    story = raised(late(OUT, 0), "overdue")
    gone = [extended(story, minutes_after(to_text(DUE_BACK), 60)), back(story), acknowledged(story, "decide")]
    assert [due(one, 1) for one in gone] == [[], [], []]


def test_sent_is_not_owned_so_it_goes_to_the_next_contact_and_round_again_ever_more_slowly() -> None:
    story, minute, times = ALARM, 15.0, []
    while minute < 90:
        for channel, number, _ in due(story, minute):
            times.append((channel, minute))
            story = sent(story, channel, minute, round=number)
        minute += 0.5
    assert times == [
        ("desk", 15), ("dee-sms", 17), ("desk", 19), ("dee-sms", 23), ("desk", 27), ("dee-sms", 35),
        ("desk", 43), ("dee-sms", 58), ("desk", 73), ("dee-sms", 88),
    ]  # fmt: skip


def test_there_is_no_silent_end() -> None:
    story = ALARM
    for number in range(60):
        story = sent(story, "desk", 15, round=number)
    assert due(story, 31) == [("desk", 60, 1)]


@pytest.mark.parametrize("by", [DEE, MO])
def test_a_round_that_no_watcher_can_have_reached_stops_nothing(by: Actor) -> None:
    story = sent(ALARM, "desk", 15, by=by, round=1_000_000)
    assert due(story, 15) == [("desk", 0, 1)]
    assert due(sent(story, "desk", 15), 17) == [("dee-sms", 1, 1)]
    assert due(sent(ALARM, "desk", 15, attempt=1_000_000, **FAILED), 15.5)[-1] == ("desk", 0, 2)


def test_a_contact_who_cannot_be_reached_does_not_hold_up_the_next() -> None:
    story = sent(ALARM, "desk", 15, **FAILED)
    assert due(story, 15.1) == [("dee-sms", 1, 1)]
    assert due(story, 15.5) == [("dee-sms", 1, 1), ("desk", 0, 2)]


def test_where_nobody_can_be_reached_it_is_tried_for_ever_but_not_without_a_pause() -> None:
    alone = Contacts((DESK,))
    story, minute, tries = ALARM, 15.0, 0
    while minute < 75:
        for channel, number, attempt in due(story, minute, alone):
            story = sent(story, channel, minute, round=number, attempt=attempt, **FAILED)
            tries += 1
        minute += 0.25
    assert 8 <= tries <= 40
    assert due(story, 200, alone)


def test_a_message_that_failed_is_tried_again_ever_more_slowly_and_six_times_at_most() -> None:
    story = raised(late(OUT, 0), "overdue")
    about, minute, times = story.newest.id, 0.0, []
    while minute < 60:
        for channel, _, attempt in due(story, minute, Contacts((DESK,))):
            story = sent(story, channel, minute, about, attempt=attempt, **FAILED)
            times.append(minute)
        minute += 0.5
    assert times == [0, 0.5, 1.5, 3.5, 7.5, 15.5]


def test_it_stops_once_somebody_takes_on_this_step_or_a_higher_one() -> None:
    story = sent(ALARM, "desk", 15)
    assert due(acknowledged(at(story, after(16)), "duty-rings"), 20) == []
    assert due(acknowledged(at(story, after(16)), "decide", OLA), 20) == []
    assert due(acknowledged(at(story, after(16)), "nudge"), 20) == [("dee-sms", 1, 1)]


def test_it_goes_on_after_back_because_nobody_has_said_that_the_worker_is_safe() -> None:
    assert due(back(ALARM), 16) == [("desk", 0, 1)]


def test_the_highest_step_comes_first() -> None:
    story = raised(raised(ALARM, "manager-acts"), "overdue", by=MO)
    assert due(story, 31)[:2] == [("managers", 0, 1), ("desk", 0, 1)]


def test_who_took_it_on_is_reminded_each_quarter_of_an_hour_until_it_is_stood_down() -> None:
    story = acknowledged(at(sent(ALARM, "desk", 15), after(20)), "duty-rings")
    about = story.newest.id
    assert [due(story, minutes) for minutes in (34, 35)] == [[], [("dee-sms", 0, 1)]]
    once = sent(story, "dee-sms", 35, about)
    assert [due(once, minutes) for minutes in (49, 50)] == [[], [("dee-sms", 1, 1)]]
    assert due(stood_down(at(story, after(36))), 60) == [("desk", 0, 1)]


def test_who_took_on_what_nobody_must_is_reminded_while_the_worker_is_late() -> None:
    story = acknowledged(raised(late(OUT, 0), "overdue"), "overdue")
    assert [label for label, _, _ in due(story, 17)] == ["dee-sms"]
    assert due(extended(story, minutes_after(to_text(DUE_BACK), 60)), 17) == []
    assert due(back(story), 17) == []


@pytest.mark.parametrize("year", ["0001", "1970", "9999"])
def test_who_took_it_on_by_a_clock_that_was_wrong_is_reminded_like_anybody(year: str) -> None:
    story = acknowledged(at(ALARM, f"{year}-06-01T00:05:00Z"), "duty-rings")
    about = story.newest.id
    assert due(story, 20) == [("dee-sms", 0, 1)]
    once = sent(story, "dee-sms", 20, about)
    assert [due(once, minutes) for minutes in (34, 35)] == [[], [("dee-sms", 1, 1)]]


def test_by_telephone_the_one_who_took_it_on_is_reminded_not_the_one_who_wrote_it_down() -> None:
    heard = Heard(person=MO.fingerprint, known_by="Her number and voice.")
    story = acknowledged(at(ALARM, after(20)), "duty-rings", heard=heard)
    assert due(story, 35) == [("mo-sms", 0, 1)]
    assert due(acknowledged(at(ALARM, after(20)), "duty-rings", NIA), 35) == [
        ("desk", 0, 1),
        ("dee-sms", 0, 1),
    ]


def test_who_took_it_on_by_telephone_and_has_another_key_now_is_reminded_all_the_same() -> None:
    heard = Heard(person=MO.fingerprint, known_by="Her number and voice.")
    story = acknowledged(at(ALARM, after(20)), "duty-rings", heard=heard)
    story = replaced(story, MO, Actor(MO.name, MO.email, key="new"))
    assert ("mo-sms", 0, 1) in due(story, 35)
    assert "desk" not in [label for label, *_ in due(story, 35)]


def test_the_all_clear_goes_to_everybody_who_had_been_told_and_to_nobody_else() -> None:
    told = sent(sent(ALARM, "desk", 15, **FAILED), "dee-sms", 15, round=1)
    reminder = raised(late(told, -10), "reminder")
    told = sent(reminder, "sam-sms", -10, reminder.newest.id)
    over = stood_down(at(told, after(30)))
    clear = owed(over, 31)
    assert [one.channel for one in clear] == [SAM_SMS, DEE_SMS]
    assert all(one.all_clear and one.about == over.newest.id for one in clear)
    again = sent(sent(over, "sam-sms", 31, over.newest.id), "dee-sms", 31, over.newest.id, **FAILED)
    assert [(one.channel, one.attempt, one.all_clear) for one in owed(again, 32)] == [(DEE_SMS, 2, True)]
    assert owed(over, 31 + 24 * 60) == []


def test_there_is_no_all_clear_while_another_step_is_open() -> None:
    told = sent(ALARM, "desk", 15)
    both = stood_down(at(told, after(30))) | raised(told, "second-contact")
    assert not any(one.all_clear for one in owed(both, 31))


def test_back_tells_everybody_but_the_worker_that_a_quiet_alarm_is_over() -> None:
    story = raised(late(OUT, 0), "overdue")
    story = sent(sent(story, "desk", 0, story.newest.id), "sam-sms", 0, story.newest.id)
    home = back(at(story, after(3)))
    assert [(one.channel, one.about, one.all_clear) for one in owed(home, 3)] == [
        (DESK, home.newest.id, True)
    ]
    assert owed(back(OUT), 3) == []


def test_under_duress_nothing_goes_to_a_telephone_that_may_lie_in_that_house() -> None:
    body = watched_plan(visit=visit(companions=(NIA.companion,)))
    contacts = Contacts((*CONTACTS.channels, NIA_SMS, Channel("app", "lone-worker")))
    story = raised(late(departed(at(countersigned(body), START)), -10), "reminder")
    assert due(story, -10, contacts) == [("sam-sms", 0, 1), ("app", 0, 1)]
    spoken = duress(story)
    told = raised(raised(spoken, "manager-acts", spoken.newest.content.at), "nudge", spoken.newest.content.at)
    reached = {channel for minutes in range(-9, 60) for channel, _, _ in due(told, minutes, contacts)}
    assert reached == {"managers"}
    everything = contacts.channels[:1] + contacts.channels[-2:]
    assert due(told, 0, Contacts(everything)) == []


def test_duress_is_told_to_those_who_may_know_of_it_and_never_cleared_to_the_worker() -> None:
    story = sent(raised(late(OUT, -10), "reminder"), "sam-sms", -10)
    story = sent(story, "sam-sms", -10, story.entries[-2].id)
    spoken = duress(story)
    told = raised(spoken, "decide", spoken.newest.content.at)
    told = sent(told, "managers", -5, told.newest.id)
    assert [one.channel for one in owed(stood_down(told), 0)] == [TEAM]
    assert OLA_SMS not in [one.channel for one in owed(told, 60)]


def test_who_took_it_on_before_the_duress_was_known_does_not_stop_the_messages() -> None:
    story = duress(acknowledged(ALARM, "decide"))
    told = raised(story, "decide", story.newest.content.at)
    assert due(told, 20)[0] == ("managers", 0, 1)


def test_the_same_step_raised_by_two_watchers_is_told_once() -> None:
    one, other = raised(late(OUT, 15), "duty-rings"), raised(late(OUT, 15), "duty-rings", by=MO)
    both = sent(one, "desk", 15, one.newest.id) | sent(other, "dee-sms", 15, other.newest.id, round=1)
    assert due(both, 16) == []
    assert due(both, 17) == [("desk", 2, 1)]


def test_a_message_that_the_record_dates_ahead_of_now_does_not_silence_the_next() -> None:
    story = sent(ALARM, "desk", 300)
    assert due(story, 16) == [("dee-sms", 1, 1)]
    assert due(sent(ALARM, "desk", 17), 16) == []


@pytest.mark.parametrize("step", ["overdue", "duty-rings"])
def test_a_drill_tells_each_contact_once_and_when_it_is_over(step: str) -> None:
    story = drilled(late(OUT, -30), step)
    drill = owed(story, -29)
    assert [(one.channel, one.drill) for one in drill] == [(DESK, "d1"), (DEE_SMS, "d1")]
    told = sent(story, "desk", -29, story.newest.id, drill="d1")
    assert due(told, 0) == [("dee-sms", 0, 1)]
    over = owed(stood_down(told, Because.TEST, drill="d1"), -20)
    assert [(one.channel, one.drill, one.all_clear) for one in over] == [(DESK, "d1", True)]


def test_nothing_new_is_tried_after_what_failed_before() -> None:
    story = raised(late(OUT, 0), "overdue")
    story = sent(story, "desk", 0, story.newest.id, **FAILED)
    assert [attempt for _, _, attempt in due(raised(story, "duty-rings"), 16)] == [1, 1, 2]


def test_nothing_goes_to_whoever_is_under_duress_elsewhere_and_nobody_is_told_to_ring_them() -> None:
    other = duress(OUT)
    hushed = hushed_by([other.state], other.roster.members)
    assert hushed == {SAM.fingerprint}
    assert hushed_by([OUT.state, stood_down(other).state], OUT.roster.members) == frozenset()
    told: list[Message] = []
    for story, minutes in (
        (raised(OUT, "reminder"), -10),
        (ALARM, 15),
        (stood_down(sent(ALARM, "desk", 15)), 17),
    ):
        now = after(minutes)
        told += messages_due(story.state, CONTACTS, story.roster.members, now, hushed)
    assert [(one.channel.label, one.all_clear) for one in told] == [("desk", False), ("desk", True)]
    assert all(one.hushed and one.may_know for one in told)


def test_who_may_not_know_of_duress_is_only_kept_from_ringing() -> None:
    mine = Contacts((OLA_SMS, SAM_SMS))
    steps = [msgspec.structs.replace(rung, who=("Ola Field",)) for rung in LADDER.steps]
    named = watched_plan(ladder=msgspec.structs.replace(LADDER, steps=tuple(steps)))
    story = raised(late(departed(at(countersigned(named), START)), 20), "second-contact")
    [message] = messages_due(story.state, mine, story.roster.members, after(20), frozenset({SAM.fingerprint}))
    assert (message.channel, message.hushed, message.may_know) == (OLA_SMS, True, False)


def test_a_manager_under_duress_gets_nothing_about_anybody() -> None:
    contacts, hushed = Contacts((MO_SMS, TEAM)), frozenset({MO.fingerprint})
    story = raised(late(OUT, 30), "manager-acts")
    told = messages_due(story.state, contacts, story.roster.members, after(30), hushed)
    assert [(one.channel, one.hushed) for one in told] == [(TEAM, False)]


def test_under_duress_here_the_desk_is_told_as_ever_though_the_worker_is_hushed() -> None:
    story = raised(duress(OUT), "manager-acts", to_text(OUT.at))
    plain = messages_due(story.state, CONTACTS, story.roster.members, after(0))
    hushed = hushed_by([story.state], story.roster.members)
    assert messages_due(story.state, CONTACTS, story.roster.members, after(0), hushed) == plain
    assert [one.channel for one in plain] == [TEAM]


def test_the_word_of_the_worker_that_others_were_told_keeps_nobody_from_being_told() -> None:
    body = watched_plan(nonce="cc" * 16)
    story = replace(countersigned(), entries=(), plan="").planned(by=NIA, body=body).decided()
    story = story.entry(NIA, Kind.DEPARTED, ReportBody(of=story.newest.id))
    story = raised(late(story, 15), "duty-rings", by=DEE)
    theirs = sent(story, "desk", 15, story.newest.id, by=NIA)
    assert due(theirs, 15.1) == [("dee-sms", 1, 1)]
    both = sent(theirs, "dee-sms", 15, story.newest.id, by=NIA, round=1)
    assert due(both, 17) == [("desk", 2, 1)]
