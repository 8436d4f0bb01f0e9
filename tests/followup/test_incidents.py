"""Recording an incident: who may, what the form becomes, and that a watcher tells the managers once."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from after_story import FORM, debriefed, incident
from story import SAM_AT_HOME, Actor, Story
from visit_story import DEE, DUE_BACK, MO, OLA, SAM, START, at, back, countersigned, departed
from visitsafe.checklists.form_flow import Answered
from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, NotPermittedError
from visitsafe.followup.incident import (
    Recording,
    check_may_record,
    known_answers,
    record_incident,
)
from visitsafe.record.bodies import IncidentBody
from visitsafe.state.duties import ALERT
from watchers import Desk as DutyDesk
from watchers import Fate, KilledError

LONDON = ZoneInfo("Europe/London")
HOME = back(at(departed(at(countersigned(), START)), DUE_BACK))
EVENING = datetime.fromisoformat("2026-11-23T23:30:00+00:00")


def answered(**answers: Any) -> Answered:
    given = {name.replace("_", "-"): value for name, value in answers.items()}
    return Answered(form=FORM, answers=given, shown=(), findings=())


class Room:
    """A store with a visit, at which several people record what happened."""

    def __init__(self, folder: Path, story: Story = HOME) -> None:
        self.office = DutyDesk(folder, story)
        self.plan = story.plan

    def records(self, given: Answered, by: Actor = SAM, now: datetime = EVENING, **how: Any) -> IncidentBody:
        with self.office.store() as store:
            roster = self.office.read().roster
            desk = Desk(store, roster, now, roster.members.get(by.fingerprint), lambda: by.signer)
            recording = Recording(**how)
            check_may_record(desk, desk.plan(self.plan), recording)
            body, state = record_incident(desk, desk.plan(self.plan), given, recording, LONDON)
        assert body in [said.body for said in state.after.incidents]
        return body


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


@pytest.mark.parametrize("who", [SAM, MO, DEE, OLA])
def test_anybody_in_the_team_may_record_one(room: Room, who: Actor) -> None:
    assert room.records(answered(), who).heard is None


def test_an_incident_may_be_recorded_whatever_became_of_the_plan(tmp_path: Path) -> None:
    begun = countersigned()
    for number, story in enumerate((begun, begun.withdrawn(), begun.decided("refuse"), departed(begun))):
        folder = tmp_path / str(number)
        folder.mkdir()
        Room(folder, story).records(answered())


def test_a_stranger_may_not(room: Room) -> None:
    with pytest.raises(NotPermittedError, match="not in this team"):
        room.records(answered(), Actor("Eve", "eve@example.com"))


def test_somebody_elses_word_is_signed_as_theirs_and_ones_own_is_not_passed_on(room: Room) -> None:
    heard = room.records(answered(), DEE, who="Sam Okafor", known_by="I know the voice.").heard
    assert heard is not None
    assert (heard.person, heard.known_by) == (SAM.fingerprint, "I know the voice.")
    with pytest.raises(NotPermittedError, match="your own word"):
        room.records(answered(), SAM, who="Sam", known_by="It is me.")


def test_what_the_form_says_becomes_what_the_record_counts(room: Room) -> None:
    body = room.records(
        answered(near_miss="no", behaviours=("shouting", "throwing"), hurt="no", others_at_risk="no")
    )
    assert (body.near_miss, body.behaviours, body.hurt) == (False, ("shouting", "throwing"), "no")
    assert (body.sharing, body.findings, body.happened) == ((), (), "")


def test_a_form_of_the_agencys_own_may_lack_every_question(room: Room) -> None:
    body = room.records(answered())
    assert (body.near_miss, body.behaviours, body.hurt) == (False, (), "not-asked")
    odd = answered(near_miss=("a",), behaviours="shouting", hurt="badly", when_it_happened="last week")
    body = room.records(odd, near_miss=True)
    assert (body.near_miss, body.behaviours, body.hurt, body.happened) == (True, (), "no", "")


def test_a_near_miss_is_one_unless_the_form_says_otherwise(room: Room) -> None:
    assert room.records(answered(), near_miss=True).near_miss
    assert not room.records(answered(near_miss="not-sure"), near_miss=True).near_miss


@pytest.mark.parametrize("said", ["yes", "not-sure"])
def test_if_others_may_meet_the_same_they_are_to_be_alerted_within_a_day(room: Room, said: str) -> None:
    (duty,) = room.records(answered(others_at_risk=said, others_who=("health visitor, NHS",))).sharing
    assert (duty.trigger, duty.by, duty.recipients) == (
        ALERT,
        "2026-11-24T23:30:00Z",
        ("health visitor, NHS",),
    )


def test_the_days_of_the_law_are_counted_from_the_local_day_on_which_it_happened(room: Room) -> None:
    summer = "2026-07-01T23:30:00Z"
    late = room.records(answered(hurt="yes"), now=EVENING, happened=summer)
    assert "Sunday 12 July 2026" in late.findings[0].text  # ten days after 2 July by the clocks there
    now = room.records(answered(hurt="yes"))
    assert "Thursday 3 December 2026" in now.findings[0].text
    asked = room.records(answered(hurt="yes", when_it_happened="2026-11-20T10:00:00Z"), happened=summer)
    assert (asked.happened, "Monday 30 November 2026" in asked.findings[0].text) == (
        "2026-11-20T10:00:00Z",
        True,
    )


def test_a_correction_takes_the_place_of_the_signers_own_newest_one_and_keeps_when_it_was(
    room: Room,
) -> None:
    room.records(answered(hurt="no"), SAM, EVENING)
    room.records(answered(hurt="no"), MO, EVENING + timedelta(minutes=1))
    body = room.records(answered(hurt="yes"), SAM, EVENING + timedelta(hours=2), correct=True)
    state = room.office.state
    assert body.happened == "2026-11-23T23:30:00Z"
    assert [said.author.person.name for said in state.after.incidents] == ["Mo Khan", "Sam Okafor"]
    assert len([one for one in state.judged if isinstance(one.body, IncidentBody)]) == 3


def test_nobody_corrects_what_another_wrote(room: Room) -> None:
    room.records(answered(), MO)
    with pytest.raises(NotFoundError, match="you have recorded no incident"):
        room.records(answered(), SAM, correct=True)


def test_a_correction_begins_with_what_was_said_and_asks_for_what_was_left_out(room: Room) -> None:
    room.records(answered(hurt="no", go_on="later", where="inside"), SAM)
    with room.office.store() as store:
        roster = room.office.read().roster
        desk = Desk(store, roster, EVENING, roster.members[SAM.fingerprint], lambda: SAM.signer)
        known = known_answers(desk, desk.plan(room.plan), Recording(correct=True, near_miss=True))
    assert known == {"hurt": "no", "where": "inside", "near-miss": "yes"}


def test_a_second_key_of_the_same_person_corrects_their_own(tmp_path: Path) -> None:
    with_second = replace(HOME.added(SAM_AT_HOME, "practitioner"), at=HOME.at)
    room = Room(tmp_path, incident(with_second))
    assert room.records(answered(), SAM_AT_HOME, correct=True).replaces


def told(office: DutyDesk) -> Counter[str]:
    return Counter(one.label for one in office.got if "incident recorded" in one.text.title)


def test_the_watch_tells_each_channel_of_the_managers_once_through_restarts(tmp_path: Path) -> None:
    office = DutyDesk(tmp_path, HOME)
    watcher = office.watcher()
    watcher.round()
    office.now += timedelta(minutes=5)
    office.happens(incident)
    watcher.watches(5)
    office.watcher().watches(5)
    assert told(office) == {"boss-mail": 1, "boss-sms": 1}
    assert office.raised == []


def test_a_visit_that_was_talked_over_before_the_watch_looked_is_told_too(tmp_path: Path) -> None:
    office = DutyDesk(tmp_path, debriefed(incident(HOME)))
    office.now += timedelta(minutes=5)
    office.watcher().watches(2)
    assert told(office) == {"boss-mail": 1, "boss-sms": 1}


def test_a_channel_that_is_broken_is_tried_again(tmp_path: Path) -> None:
    office = DutyDesk(tmp_path, incident(HOME))
    office.broken = {"boss-sms"}
    watcher = office.watcher()
    watcher.watches(1)
    office.broken = set()
    watcher.watches(5)
    assert told(office) == {"boss-mail": 1, "boss-sms": 1}


def test_a_watcher_killed_anywhere_loses_no_message_and_repeats_at_most_one(tmp_path: Path) -> None:
    for dies_at in range(0, 60, 7):
        folder = tmp_path / str(dies_at)
        folder.mkdir()
        office = DutyDesk(folder, incident(HOME))
        doomed = office.watcher(fate=Fate(dies_at=dies_at))
        try:
            doomed.watches(2)
        except KilledError:
            doomed.die()
        office.watcher().watches(30)
        found = told(office)
        assert set(found) == {"boss-mail", "boss-sms"}
        assert found.total() <= 3


def test_the_store_shows_the_plan_as_open_until_it_was_talked_over(room: Room) -> None:
    room.records(answered())
    with room.office.store() as store:
        assert [row.plan for row in store.plans(open_only=True)] == [room.plan]
