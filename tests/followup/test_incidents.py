"""Recording an incident: who may, what the form becomes, and that a watcher tells the managers once."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from after_story import FormRoom, answered, debriefed, incident
from story import SAM_AT_HOME, Actor
from visit_story import DEE, DUE_BACK, MO, OLA, SAM, START, at, back, countersigned, departed
from visitsafe.checklists.form_flow import Answered
from visitsafe.errors import NotFoundError, NotPermittedError
from visitsafe.followup.incident import Incident
from visitsafe.record.bodies import IncidentBody
from visitsafe.state.duties import ALERT
from watchers import Desk as DutyDesk
from watchers import Fate, KilledError

HOME = back(at(departed(at(countersigned(), START)), DUE_BACK))
EVENING = datetime.fromisoformat("2026-11-23T23:30:00+00:00")


def records(
    room: FormRoom, given: Answered, by: Actor = SAM, now: datetime = EVENING, **how: Any
) -> IncidentBody:
    return room.fills(Incident(**how), given, by, now)


@pytest.fixture
def room(tmp_path: Path) -> FormRoom:
    return FormRoom(tmp_path, HOME)


@pytest.mark.parametrize("who", [SAM, MO, DEE, OLA])
def test_anybody_in_the_team_may_record_one(room: FormRoom, who: Actor) -> None:
    assert records(room, answered(), who).heard is None


def test_a_stranger_may_not(room: FormRoom) -> None:
    with pytest.raises(NotPermittedError, match="not in this team"):
        records(room, answered(), Actor("Eve", "eve@example.com"))


def test_somebody_elses_word_is_signed_as_theirs_and_ones_own_is_not_passed_on(room: FormRoom) -> None:
    heard = records(room, answered(), DEE, who="Sam Okafor", known_by="I know the voice.").heard
    assert heard is not None
    assert (heard.person, heard.known_by) == (SAM.fingerprint, "I know the voice.")
    with pytest.raises(NotPermittedError, match="your own word"):
        records(room, answered(), SAM, who="Sam", known_by="It is me.")


def test_a_form_of_the_agencys_own_may_lack_every_question(room: FormRoom) -> None:
    body = records(room, answered())
    assert (body.near_miss, body.behaviours, body.hurt) == (False, (), "not-asked")
    odd = answered(near_miss=("a",), behaviours="shouting", hurt="badly", when_it_happened="last week")
    body = records(room, odd, near_miss=True)
    assert (body.near_miss, body.behaviours, body.hurt, body.happened) == (True, (), "no", "")


def test_a_near_miss_is_one_unless_the_form_says_otherwise(room: FormRoom) -> None:
    assert records(room, answered(), near_miss=True).near_miss
    assert not records(room, answered(near_miss="not-sure"), near_miss=True).near_miss


@pytest.mark.parametrize("said", ["yes", "not-sure"])
def test_if_others_may_meet_the_same_they_are_to_be_alerted_within_a_day(room: FormRoom, said: str) -> None:
    (duty,) = records(room, answered(others_at_risk=said, others_who=("health visitor, NHS",))).sharing
    assert (duty.trigger, duty.by, duty.recipients) == (
        ALERT,
        "2026-11-24T23:30:00Z",
        ("health visitor, NHS",),
    )


def test_the_days_of_the_law_are_counted_from_the_local_day_on_which_it_happened(room: FormRoom) -> None:
    summer = "2026-07-01T23:30:00Z"
    late = records(room, answered(hurt="yes"), now=EVENING, happened=summer)
    assert "Sunday 12 July 2026" in late.findings[0].text  # ten days after 2 July by the clocks there
    now = records(room, answered(hurt="yes"))
    assert "Thursday 3 December 2026" in now.findings[0].text
    asked = records(room, answered(hurt="yes", when_it_happened="2026-11-20T10:00:00Z"), happened=summer)
    assert (asked.happened, "Monday 30 November 2026" in asked.findings[0].text) == (
        "2026-11-20T10:00:00Z",
        True,
    )


def test_a_correction_takes_the_place_of_the_signers_own_newest_one_and_keeps_when_it_was(
    room: FormRoom,
) -> None:
    records(room, answered(hurt="no"), SAM, EVENING)
    records(room, answered(hurt="no"), MO, EVENING + timedelta(minutes=1))
    body = records(room, answered(hurt="yes"), SAM, EVENING + timedelta(hours=2), correct=True)
    state = room.office.state
    assert body.happened == "2026-11-23T23:30:00Z"
    assert [said.author.person.name for said in state.after.incidents] == ["Mo Khan", "Sam Okafor"]
    assert len([one for one in state.judged if isinstance(one.body, IncidentBody)]) == 3


def test_nobody_corrects_what_another_wrote(room: FormRoom) -> None:
    records(room, answered(), MO)
    with pytest.raises(NotFoundError, match="you have recorded no incident"):
        records(room, answered(), SAM, correct=True)


def test_a_correction_begins_with_what_was_said_and_asks_for_what_was_left_out(room: FormRoom) -> None:
    records(room, answered(hurt="no", go_on="later", where="inside"), SAM)
    with room.desk(SAM, EVENING) as desk:
        known = Incident(correct=True, near_miss=True).known(desk, desk.plan(room.plan))
    assert known == {"hurt": "no", "where": "inside", "near-miss": "yes"}


def test_a_second_key_of_the_same_person_corrects_their_own(tmp_path: Path) -> None:
    with_second = replace(HOME.added(SAM_AT_HOME, "practitioner"), at=HOME.at)
    room = FormRoom(tmp_path, incident(with_second))
    assert records(room, answered(), SAM_AT_HOME, correct=True).replaces


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
