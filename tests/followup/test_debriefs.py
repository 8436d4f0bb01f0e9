"""Talking a visit over: who may and when, what the form becomes, and what the next plan is told."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from after_story import FormRoom, answered, debriefed, incident
from story import Actor, Story
from story_plan import hostile_visit
from visit_story import (
    DEE,
    DUE_BACK,
    MO,
    NOW,
    OLA,
    SAM,
    START,
    at,
    back,
    countersigned,
    departed,
    duress,
    planned,
)
from visitsafe.checklists.form_flow import Answered
from visitsafe.errors import NotFoundError, NotPermittedError
from visitsafe.followup.debrief import NEW, NOT_NAMED, Debrief, find_debrief, never_set_out
from visitsafe.planning.last_time import known_about
from visitsafe.record.bodies import Companion, DebriefedBody, Shown
from visitsafe.state.duress_redaction import hides_duress

LONDON = ZoneInfo("Europe/London")
OUT = at(departed(at(countersigned(), START)), DUE_BACK)
HOME = back(OUT)
EVENING = datetime.fromisoformat("2026-11-23T23:30:00+00:00")
TOLD: dict[str, Any] = {"who": "Sam", "known_by": "I know the voice."}


class Room(FormRoom):
    """A store with a visit, at which several people talk it over."""

    def __init__(self, folder: Path, story: Story = HOME) -> None:
        super().__init__(folder, story)

    def check(self, by: Actor = SAM, now: datetime = EVENING, **how: Any) -> None:
        with self.desk(by, now) as desk:
            Debrief(**how).check(desk, desk.plan(self.plan))

    def says(self, given: Answered, by: Actor = SAM, **how: Any) -> DebriefedBody:
        return self.fills(Debrief(**how), given, by, EVENING)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


class TestWhoMay:
    def test_a_companion_does_too(self, tmp_path: Path) -> None:
        visit = hostile_visit().visit
        along = replace(visit, companions=(Companion(name=OLA.name, key=OLA.fingerprint),))
        body = replace(hostile_visit(), visit=along)
        room = Room(tmp_path, back(at(departed(at(countersigned(body), START)), DUE_BACK)))
        assert room.says(answered(), by=OLA).heard is None

    @pytest.mark.parametrize("by", [OLA, DEE, MO])
    def test_others_only_pass_on_the_word_of_somebody_who_went(self, room: Room, by: Actor) -> None:
        with pytest.raises(NotPermittedError, match="those who made it say how it was"):
            room.check(by)
        heard = room.says(answered(), by, **TOLD).heard
        assert heard is not None
        assert heard.person == SAM.fingerprint

    def test_nobody_passes_on_their_own_word_or_that_of_somebody_who_was_not_there(self, room: Room) -> None:
        with pytest.raises(NotPermittedError, match="your own word"):
            room.check(SAM, **TOLD)
        with pytest.raises(NotPermittedError, match="Ola Field is not on the visit"):
            room.check(DEE, who="Ola", known_by="voice")


class TestWhen:
    def test_not_while_the_worker_is_out(self, tmp_path: Path) -> None:
        with pytest.raises(NotPermittedError, match="not over yet") as refused:
            Room(tmp_path, OUT).check()
        assert "visitsafe back" in str(refused.value.hint)

    def test_not_before_it_has_begun_unless_something_happened(self, tmp_path: Path) -> None:
        with pytest.raises(NotPermittedError, match="has not begun"):
            Room(tmp_path, countersigned()).check(now=NOW)
        Room(tmp_path / "other", incident(countersigned())).check(now=NOW)

    def test_a_visit_on_which_nobody_set_out_is_talked_over_all_the_same_and_that_is_known(
        self, tmp_path: Path
    ) -> None:
        room = Room(tmp_path, countersigned())
        with pytest.raises(NotPermittedError, match="not over yet"):
            room.check(now=START)
        room.says(answered(went="as-planned"))
        with room.desk(SAM, EVENING) as desk:
            assert never_set_out(desk.plan(room.plan))
        assert not never_set_out(HOME.state)

    @pytest.mark.parametrize("story", [planned(), planned().withdrawn()])
    def test_whatever_was_decided_about_the_plan(self, tmp_path: Path, story: Story) -> None:
        Room(tmp_path, story).says(answered())

    def test_a_second_time_only_to_correct_it_or_because_something_is_new(self, room: Room) -> None:
        room.says(answered(went="shorter"))
        with pytest.raises(NotPermittedError, match="over already") as refused:
            room.check()
        assert "--correct" in str(refused.value.hint)
        room.check(DEE, **TOLD)

    def test_an_incident_after_the_debrief_opens_it_again(self, tmp_path: Path) -> None:
        Room(tmp_path, incident(debriefed(HOME))).says(answered())

    def test_duress_makes_no_difference_to_the_worker(self, tmp_path: Path) -> None:
        spoken = back(duress(OUT))
        assert not spoken.state.closed
        Room(tmp_path, spoken).check()


class TestAnIncidentThatIsHiddenFromThem:
    def test_the_worker_does_not_end_it_and_who_saw_it_does(self, tmp_path: Path) -> None:
        hidden = incident(duress(OUT), by=MO)
        room = Room(tmp_path, incident(back(hidden)))
        assert room.says(answered()).about is not None
        with room.desk(SAM, EVENING) as desk:
            state = desk.plan(room.plan)
            assert state.after.not_talked_over == (hidden.newest.id,)
            assert not hides_duress(state, desk.me, EVENING).after.not_talked_over
        room.says(answered(), MO, **TOLD)
        with room.desk(SAM, EVENING) as desk:
            assert not desk.plan(room.plan).after.not_talked_over


class TestCorrecting:
    def test_it_begins_with_what_was_said_and_takes_its_place(self, room: Room) -> None:
        first = room.says(answered(went="shorter", next_time="Go as two."))
        with room.desk(SAM, EVENING) as desk:
            state = desk.plan(room.plan)
            known = Debrief(correct=True).known(desk, state)
            name = state.after.debriefs[0].id
        assert known == {"went": "shorter", "next-time": "Go as two."}
        assert room.says(answered(went="as-planned"), correct=True).replaces == name
        assert first.replaces == ""

    def test_what_was_taken_down_for_somebody_is_still_their_word(self, room: Room) -> None:
        room.says(answered(), DEE, **TOLD)
        corrected = room.says(answered(went="shorter"), DEE, correct=True)
        assert corrected.heard is not None
        assert corrected.heard.person == SAM.fingerprint

    def test_there_must_be_something_of_ones_own(self, room: Room) -> None:
        with pytest.raises(NotFoundError, match=r"not talked .* over yet"):
            room.check(correct=True)


class TestWhatTheFormBecomes:
    def test_the_known_answers_come_into_the_body(self, room: Room) -> None:
        body = room.says(
            answered(next_time="Go as two.", any_not_seen="yes", not_seen="The baby", effects=("afraid",))
        )
        assert (body.next_time, body.not_seen, body.effects) == ("Go as two.", "The baby", ("afraid",))

    def test_somebody_who_was_not_seen_counts_unnamed(self, room: Room) -> None:
        assert room.says(answered(any_not_seen="yes")).not_seen == NOT_NAMED

    def test_a_form_of_an_agencys_own_may_ask_nothing_of_that_or_otherwise(self, room: Room) -> None:
        body = room.says(answered(not_seen=("The baby", "The father"), effects="afraid", next_time=()))
        assert (body.next_time, body.not_seen, body.effects) == ("", "The baby; The father", ())

    @pytest.mark.parametrize(("said", "duties"), [("yes", [NEW]), ("not-sure", [NEW]), ("no", []), ("", [])])
    def test_what_is_new_becomes_a_duty_to_tell_the_others(
        self, room: Room, said: str, duties: list[str]
    ) -> None:
        body = room.says(answered(new_for_others=said, others_who=("School nurse",)))
        assert [duty.trigger for duty in body.sharing] == duties
        assert all(duty.recipients == ("School nurse",) for duty in body.sharing)


class TestWithoutAReference:
    def test_somebody_elses_visit_that_waits_is_not_meant(self, tmp_path: Path) -> None:
        room = Room(tmp_path, incident(HOME))
        with room.desk(OLA, EVENING) as desk, pytest.raises(NotFoundError, match="no visit of yours waits"):
            find_debrief(desk, LONDON)


class TestTheNextPlan:
    def test_is_told_what_was_said_by_the_cases_reference_in_whatever_capitals(self, room: Room) -> None:
        room.says(answered(next_time="Go as two."))
        case = HOME.state.body.visit.case
        with room.desk(OLA, EVENING) as desk:
            for spelt in (case, f" {case.lower()} "):
                assert [one.rule for one in known_about(desk, spelt, LONDON).notes] == ["last-time-next-time"]
            assert known_about(desk, "CF-999", LONDON) == ((), ())
            assert known_about(desk, " ", LONDON) == ((), ())

    def test_is_told_the_same_by_whoever_may_know_of_duress_and_by_whoever_may_not(
        self, tmp_path: Path
    ) -> None:
        words = Shown(
            id="behaviours", section="s", label="l", ask="a", answer="Event in confidence", source="s"
        )
        spoken = incident(back(duress(OUT)), by=DEE, shown=(words,))
        room = Room(tmp_path, spoken)
        told = []
        for who in (SAM, OLA, MO, DEE):
            with room.desk(who, EVENING) as desk:
                told.append(known_about(desk, spoken.state.body.visit.case, LONDON))
        assert all(one == told[0] for one in told)
