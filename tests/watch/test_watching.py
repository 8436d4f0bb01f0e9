"""One watcher, round by round: which steps it raises, whom it tells, and what it does about time's tricks."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from story import ADA, Story
from story_plan import visit
from visit_story import (
    DEE,
    DUE_BACK,
    LADDER,
    MO,
    acknowledged,
    at,
    back,
    countersigned,
    departed,
    duress,
    extended,
    minutes_after,
    planned,
    reported,
    stood_down,
    watched_plan,
)  # fmt: skip
from visitsafe.errors import StoreError
from visitsafe.record.bodies import Comes, Condition, Ladder, NotifiedBody, RevokedBody
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Because, Outcome
from visitsafe.state.visit import Alarm
from visitsafe.text.clock import to_text
from visitsafe.watch.heartbeat import read_beats
from visitsafe.watch.outbox import Channel, Contacts
from watchers import CHANNELS, Desk

STEPS = ["reminder", "overdue", "nudge", "duty-rings", "second-contact", "manager-acts", "decide"]


def out(story: Story | None = None) -> Story:
    """Sam has set out at the start of the visit."""
    story = story or countersigned()
    return departed(at(story, story.state.body.visit.start))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, out())


def sent(desk: Desk) -> list[NotifiedBody]:
    return [one.body for alarm in desk.state.visit.alarms for one in alarm.sent]


def test_nothing_is_raised_or_sent_while_nobody_is_late(desk: Desk) -> None:
    desk.at(-50)
    desk.watcher().watches(30)
    assert (desk.raised, desk.got) == ([], [])


def test_the_whole_ladder_is_raised_once_and_in_order_when_nobody_answers(desk: Desk) -> None:
    desk.at(-15)
    desk.watcher().watches(90)
    due_back = desk.state.visit.due_back
    assert desk.raised == STEPS
    assert [one.due for one in desk.escalated()] == [
        minutes_after(due_back, minutes) for minutes in (-10, 0, 5, 15, 20, 30, 45)
    ]


def test_nobody_answers_so_it_goes_to_the_next_contact_and_round_again(desk: Desk) -> None:
    desk.at(30)
    desk.watcher().watches(40)
    rounds = {}
    for one in desk.state.visit.alarm.raised:
        rounds[one.body.step] = [
            (said.body.round, said.body.channel)
            for said in desk.state.visit.alarm.sent
            if said.body.about == one.id
        ]
    assert rounds["manager-acts"][:4] == [
        (0, "boss-mail"), (1, "boss-sms"), (2, "boss-mail"), (3, "boss-sms")
    ]  # fmt: skip
    assert rounds["duty-rings"][:2] == [(0, "desk"), (1, "desk")]


def test_what_was_taken_on_is_not_told_again_but_higher_steps_still_come(desk: Desk) -> None:
    watcher = desk.at(15).watcher()
    watcher.round()
    desk.happens(acknowledged, "duty-rings")
    told = len(desk.got)
    desk.at(18)
    watcher.round()
    assert len(desk.got) == told
    desk.at(31)
    watcher.round()
    assert desk.raised[-1] == "manager-acts"


def test_the_owner_is_reminded_until_it_is_stood_down_and_then_all_hear_the_all_clear(desk: Desk) -> None:
    watcher = desk.at(50).watcher()
    watcher.round()
    desk.happens(acknowledged, "decide", MO)
    watcher.round()
    desk.got.clear()
    desk.at(66)
    watcher.round()
    assert set(desk.labels) == {"boss-mail", "boss-sms"}
    alarmed = {one.body.channel for one in desk.state.visit.alarm.sent}
    desk.got.clear()
    desk.happens(stood_down, Because.SAFE)
    found = watcher.round()
    assert set(desk.labels) == alarmed
    assert sorted(desk.labels) == sorted(alarmed)
    assert found.alarming == ()
    desk.at(200)
    watcher.watches(5)
    assert sorted(desk.labels) == sorted(alarmed)


def test_a_watcher_that_begins_after_the_stand_down_still_sends_the_all_clear(desk: Desk) -> None:
    desk.at(20).watcher().round()
    desk.happens(stood_down, Because.SAFE)
    desk.got.clear()
    desk.at(40)
    desk.watcher().round()
    assert {"desk", "sam-sms"} == set(desk.labels)


def test_a_closed_visit_leaves_the_view_once_its_all_clear_is_out(desk: Desk) -> None:
    watcher = desk.at(20).watcher()
    watcher.round()
    desk.happens(stood_down, Because.SAFE)
    desk.broken = {"desk"}
    watcher.round()
    assert desk.story.plan in watcher.watching.view.visits  # one of them has yet to be told
    desk.broken = set()
    desk.at(22)
    watcher.round()
    assert watcher.watching.view.visits == {}


def test_a_high_risk_visit_begins_at_the_managers(tmp_path: Path) -> None:
    ladder = Ladder(grace_minutes=0, steps=LADDER.steps, high_risk=True, start="manager-acts")
    desk = Desk(tmp_path, out(countersigned(watched_plan(ladder=ladder)))).at(0)
    desk.watcher().round()
    assert "manager-acts" in desk.raised
    assert {"boss-mail"} <= set(desk.labels)


def test_duress_opens_the_top_at_once_and_never_writes_to_the_worker(desk: Desk) -> None:
    desk.at(-40)
    desk.happens(duress)
    desk.watcher().watches(30)
    assert desk.raised == ["manager-acts", "decide"]
    assert set(desk.labels) == {"boss-mail", "boss-sms"}


def test_after_an_extension_the_steps_fall_due_anew(desk: Desk) -> None:
    watcher = desk.at(1).watcher()
    watcher.round()
    desk.happens(extended, minutes_after(desk.state.visit.due_back, 60))
    desk.at(50)
    watcher.watches(25)
    assert desk.raised == ["reminder", "overdue", "reminder", "overdue", "nudge"]


def test_back_stops_the_climbing_but_an_alarm_waits_for_somebody_else(desk: Desk) -> None:
    watcher = desk.at(16).watcher()
    watcher.round()
    desk.happens(back)
    desk.got.clear()
    desk.at(40)
    found = watcher.round()
    assert desk.raised[-1] == "duty-rings"
    assert "desk" in desk.labels
    assert [state.plan for state in found.alarming] == [desk.story.plan]


def test_back_in_time_ends_it_quietly(desk: Desk) -> None:
    desk.at(-5)
    desk.happens(back)
    watcher = desk.watcher()
    watcher.watches(120, seconds=600)
    assert (desk.raised, desk.got) == ([], [])


def test_a_visit_is_watched_although_nobody_reported_setting_out(tmp_path: Path) -> None:
    desk = Desk(tmp_path, countersigned()).at(16)
    desk.watcher().round()
    assert desk.raised == ["reminder", "overdue", "nudge", "duty-rings"]


def test_a_plan_that_nobody_countersigned_and_nobody_set_out_on_is_left_alone(tmp_path: Path) -> None:
    desk = Desk(tmp_path, planned()).at(16)
    desk.watcher().round()
    assert desk.raised == []


def test_slept_for_an_hour_late_steps_come_at_once_in_order_and_say_since_when(desk: Desk) -> None:
    watcher = desk.at(-12).watcher()
    watcher.round()
    last = to_text(desk.now)
    desk.at(48)
    watcher.round()
    assert desk.raised == STEPS
    assert {one.unwatched_from for one in desk.escalated()} == {last}
    assert [(gap.since, gap.until) for gap in watcher.gaps] == [(last, to_text(desk.now))]


def test_a_step_that_falls_due_while_somebody_watches_is_not_called_unwatched(desk: Desk) -> None:
    watcher = desk.at(-60).watcher()
    watcher.round()
    desk.at(-1)
    watcher.watches(3)
    late, on_time = desk.escalated()
    assert (bool(late.unwatched_from), on_time.unwatched_from) == (True, "")


def test_a_watcher_that_begins_where_another_goes_on_finds_no_gap(desk: Desk) -> None:
    desk.at(-60).watcher().round()
    desk.now += timedelta(minutes=2)
    second = desk.watcher()
    second.round()
    assert second.gaps == []


def test_a_clock_that_was_put_forward_is_no_gap(desk: Desk) -> None:
    watcher = desk.at(-60).watcher()
    watcher.round()
    jump = timedelta(minutes=62)
    desk.now += jump
    watcher.watching.clock_moved(jump)
    watcher.round()
    assert watcher.gaps == []
    assert desk.raised == ["reminder", "overdue"]


def test_a_clock_that_was_put_back_raises_nothing_twice(desk: Desk) -> None:
    watcher = desk.at(16).watcher()
    watcher.round()
    before = desk.raised
    desk.at(-30)
    watcher.watches(40)
    assert desk.raised == before


def test_in_the_night_when_the_hour_comes_twice_steps_are_raised_once(tmp_path: Path) -> None:
    due = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)  # 01:45 in London's summer, a quarter of an hour before
    facts = visit(start=to_text(due - timedelta(hours=1)), due_back=to_text(due))
    story = replace(planned(), at=due - timedelta(hours=3), entries=(), plan="")
    story = story.planned(body=watched_plan(visit=facts)).decided(by=MO)
    desk = Desk(tmp_path, out(story)).at(-15)
    desk.watcher().watches(75)
    assert desk.raised == STEPS


def test_a_channel_that_fails_does_not_hold_up_the_next_contact(desk: Desk) -> None:
    desk.broken = {"boss-mail"}
    desk.at(31).watcher().round()
    failed = [one.channel for one in sent(desk) if one.outcome is Outcome.FAILED]
    assert set(failed) == {"boss-mail"}
    assert {"boss-sms", "desk"} <= set(desk.labels)


def test_a_round_in_which_nobody_could_be_reached_is_not_healthy(desk: Desk) -> None:
    desk.broken = {"desk", "boss-mail", "boss-sms", "sam-sms"}
    watcher = desk.at(31).watcher()
    found = watcher.round()
    assert not found.healthy
    assert any("no message gets out" in trouble for trouble in found.troubles)
    desk.broken = {"boss-mail"}
    desk.at(40)
    assert watcher.round().healthy


def test_messages_to_dead_channels_do_not_fill_the_record(desk: Desk) -> None:
    desk.broken = {"desk", "boss-mail", "boss-sms", "sam-sms"}
    desk.at(50)
    desk.watcher().watches(60, seconds=30)
    assert len(sent(desk)) < 5 * 60


def test_the_store_is_away_for_minutes_and_the_gap_is_recorded_when_it_is_back(desk: Desk) -> None:
    watcher = desk.at(-5).watcher()
    watcher.round()
    last = to_text(desk.now)
    path, away = desk.folder / "store.sqlite3", desk.folder / "away.sqlite3"
    shutil.move(path, away)
    desk.at(10)
    with pytest.raises(StoreError):
        watcher.round()
    assert [state.plan for state in watcher.watching.found().alarming] == [desk.story.plan]
    shutil.move(away, path)
    desk.at(16)
    watcher.round()
    assert desk.raised == STEPS[:4]
    assert [one.unwatched_from for one in desk.escalated()][1:] == [last] * 3


def test_an_older_copy_put_in_the_stores_place_is_read_anew(desk: Desk) -> None:
    watcher = desk.at(1).watcher()
    copy = desk.folder / "copy.sqlite3"
    with desk.store() as store:
        store.head()
    shutil.copy(desk.folder / "store.sqlite3", copy)
    watcher.round()
    assert desk.raised == ["reminder", "overdue"]
    for rest in ("-wal", "-shm"):
        (desk.folder / f"store.sqlite3{rest}").unlink(missing_ok=True)
    shutil.copy(copy, desk.folder / "store.sqlite3")
    desk.now += timedelta(seconds=15)
    watcher.round()
    assert desk.raised == ["reminder", "overdue"]


def test_a_plan_that_nobody_can_read_is_said_and_the_others_are_watched(desk: Desk) -> None:
    other = replace(desk.read(), plan="7" * 16, entries=())
    desk.take_in(other.entry(MO, Kind.BACK, NotifiedBody(about="", channel="", outcome=Outcome.SENT)))
    found = desk.at(1).watcher().round()
    assert desk.raised == ["reminder", "overdue"]
    assert any("7777" in trouble for trouble in found.troubles)


def test_a_watcher_whose_role_was_taken_away_tells_nobody_and_says_so(desk: Desk) -> None:
    watcher = desk.at(-20).watcher()
    watcher.round()
    story = desk.read()
    desk.take_in(story._team_entry(ADA, Kind.REVOKED, RevokedBody(key=DEE.fingerprint, reason="has left")))
    desk.at(20)
    found = watcher.round()
    assert desk.raised == []
    assert not found.healthy
    assert "key of this desk" in found.troubles[0]


def test_the_heartbeat_tells_how_many_are_watched_and_what_is_wrong(desk: Desk) -> None:
    desk.at(31)
    desk.broken = {"boss-mail"}
    watcher = desk.watcher()
    watcher.round()
    with desk.store() as store:
        (beat,) = read_beats(store, desk.read().roster)
    assert (beat.body.visits, beat.body.pid, beat.at) == (1, watcher.pid, to_text(desk.now))
    assert "boss-mail" in beat.body.trouble


def test_everything_that_comes_in_is_told_once_whoever_made_it(desk: Desk) -> None:
    watcher = desk.at(-20).watcher()
    watcher.round()
    desk.happens(acknowledged, "duty-rings")
    desk.at(16)
    watcher.round()
    watcher.round()
    told = [judged.entry.id for _, judged in watcher.told]
    assert len(told) == len(set(told))
    assert set(told) == {one.id for one in desk.read().entries[3:]}


def test_without_any_channel_the_steps_are_raised_all_the_same(desk: Desk) -> None:
    desk.contacts = Contacts()
    found = desk.at(31).watcher().round()
    assert desk.raised == STEPS[:6]
    assert found.healthy


def test_what_is_not_as_agreed_is_told_once_to_who_agreed_to_it(tmp_path: Path) -> None:
    own = Channel("mo-mail", MO.email)
    desk = Desk(tmp_path, at(countersigned(), DUE_BACK, -70), contacts=Contacts((*CHANNELS.channels, own)))
    unmet = (Condition(text="Only with Priya.", met="no"), Condition(text="Ring in.", met="yes"))
    gone = (Comes(name="Priya Nair", comes=False),)
    desk.happens(reported, Kind.DEPARTED, conditions=unmet, company=gone, note="She is ill.")
    desk.watcher().watches(3)
    assert desk.labels == ["mo-mail"]
    title, body = desk.got[0].text.title, desk.got[0].text.body
    assert "not as agreed" in title
    for words in (
        "Not met: Only with Priya.",
        "Priya Nair does not come after all",
        "She is ill.",
        "ring Sam",
    ):
        assert words in body
    assert "Ring in." not in body
    assert desk.state.visit.alarms == (Alarm(),)


def test_without_a_channel_of_theirs_it_is_told_to_the_managers_and_to_nobody_under_duress(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path, at(countersigned(), DUE_BACK, -70))
    unmet = (Condition(text="Only with Priya.", met="no"),)
    desk.happens(reported, Kind.DEPARTED, conditions=unmet)
    desk.watcher().round()
    assert desk.labels == ["boss-mail", "boss-sms"]
    desk.happens(reported, Kind.OK, DEE, duress=True, conditions=unmet)
    desk.watcher().round()
    assert "sam-sms" not in desk.labels
    assert "do NOT ring them" in desk.got[-1].text.title
