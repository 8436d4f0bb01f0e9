"""What is recorded after a visit: who may say it, what counts, and what stands in whatever order it came."""

from datetime import timedelta
from itertools import permutations

import pytest
from msgspec.structs import replace

from after_story import ALERT, DEE, debriefed, documented, incident, marked, over, shared
from story import EVE, MO, NIA, SAM, Story
from story_plan import hostile_visit
from visit_story import OLA, countersigned, planned
from visitsafe.record.bodies import Action, Companion, Heard
from visitsafe.record.terms import Document
from visitsafe.state.fold import fold


def why_not(story: Story) -> str:
    return story.state.judged[-1].why_not


def test_a_visit_with_an_incident_is_not_settled_before_somebody_talked_it_over() -> None:
    story = incident(over())
    assert story.state.closed
    assert not story.state.settled
    assert debriefed(story).state.settled


def test_a_debrief_that_had_not_seen_the_incident_does_not_end_it() -> None:
    before = over()
    both = incident(before) | debriefed(before)
    assert not both.state.settled
    assert debriefed(both).state.settled


def test_an_incident_counts_on_a_plan_that_nobody_agreed_to_or_that_was_withdrawn() -> None:
    assert incident(planned()).state.after.incidents
    assert incident(planned().withdrawn()).state.after.incidents


@pytest.mark.parametrize("by", [SAM, DEE, OLA, NIA])
def test_anybody_in_the_team_may_record_an_incident(by: object) -> None:
    assert not why_not(incident(over(), by=by))  # type: ignore[arg-type]


def test_a_stranger_records_nothing() -> None:
    assert "not in the team" in why_not(incident(over(), by=EVE))


def test_how_it_was_is_said_by_those_who_went_and_nobody_signs_it_for_them_unsaid() -> None:
    assert "only somebody who made the visit" in why_not(debriefed(over(), by=NIA, heard=None))
    assert not why_not(debriefed(over(), by=NIA))
    unknown = Heard(person=SAM.fingerprint, known_by=" ")
    assert "only somebody who made the visit" in why_not(debriefed(over(), by=NIA, heard=unknown))


@pytest.mark.parametrize("person", [OLA.fingerprint, EVE.fingerprint, "SHA256:nobody", ""])
def test_a_word_that_is_passed_on_is_that_of_somebody_who_made_the_visit(person: str) -> None:
    heard = Heard(person=person, known_by="I know the voice.")
    story = debriefed(incident(over()), by=NIA, heard=heard)
    assert "only somebody who made the visit" in why_not(story)
    assert not story.state.settled


def test_the_word_of_a_companion_may_be_passed_on() -> None:
    along = Companion(name=OLA.name, key="")
    body = replace(hostile_visit(), visit=replace(hostile_visit().visit, companions=(along,)))
    heard = Heard(person=OLA.fingerprint, known_by="I know the voice.")
    assert not why_not(debriefed(over(body), by=NIA, heard=heard))


def test_a_debrief_ends_only_the_incidents_that_it_says_its_author_was_shown() -> None:
    first = incident(over())
    both = incident(first, by=MO)
    assert debriefed(both, about=(first.newest.id,)).state.after.not_talked_over == (both.newest.id,)
    assert debriefed(both, about=(first.newest.id, both.newest.id)).state.settled
    assert not (first | debriefed(over(), about=(first.newest.id,))).state.settled


def test_a_companion_may_say_how_it_was() -> None:
    visit = hostile_visit().visit
    along = Companion(name=OLA.name, key=OLA.fingerprint)
    body = replace(hostile_visit(), visit=replace(visit, companions=(along,)))
    assert not why_not(debriefed(over(body), by=OLA, heard=None))


def test_a_correction_takes_the_place_of_what_it_corrects_and_both_stay() -> None:
    first = incident(over())
    second = incident(first, replaces=first.newest.id, near_miss=True)
    assert [said.body.near_miss for said in second.state.after.incidents] == [True]
    assert len([one for one in second.state.judged if one.entry.content.kind == "incident"]) == 2


def test_a_colleague_does_not_correct_an_incident_away_and_a_manager_may() -> None:
    first = incident(over())
    assert "only its author, whoever it quotes, or a manager" in why_not(
        incident(first, by=OLA, replaces=first.newest.id)
    )
    assert not why_not(incident(first, by=MO, replaces=first.newest.id))


def test_a_correction_names_what_its_author_had_seen() -> None:
    assert "corrects nothing" in why_not(incident(over(), replaces="ab" * 32))
    talked = debriefed(over())
    assert "corrects nothing" in why_not(incident(talked, replaces=talked.newest.id))


def test_what_was_shared_names_a_duty_that_there_is() -> None:
    story = over(hostile_visit())
    trigger = story.state.body.sharing[0].trigger
    assert not why_not(shared(story, trigger))
    assert "no duty" in why_not(shared(story, "nothing-of-the-kind"))
    assert not why_not(shared(story))


def test_not_sharing_needs_a_reason_and_sharing_somebody_who_was_told() -> None:
    story = over(hostile_visit())
    trigger = story.state.body.sharing[0].trigger
    assert "no reason" in why_not(shared(story, trigger, decision="not-share", reason=" "))
    assert "with whom" in why_not(shared(story, trigger, recipients=(" ",)))


def test_what_is_shared_is_decided_by_practitioners_and_managers() -> None:
    assert "may not decide" in why_not(shared(over(hostile_visit()), by=DEE))


@pytest.mark.parametrize("review", ["2026-02-30", "soon", "2026-1-1"])
def test_a_document_names_days_that_there_are(review: str) -> None:
    assert "a day that there is not" in why_not(documented(over(), review=review))
    action = Action(what="Ring first", who="Sam", by=review)
    assert "a day that there is not" in why_not(documented(over(), actions=(action,)))


def test_a_document_of_an_unknown_kind_does_not_count() -> None:
    assert "no document" in why_not(documented(over(), document="horoscope"))  # type: ignore[arg-type]


def test_a_marker_says_where_it_is_and_when_somebody_looked() -> None:
    assert not why_not(marked(over(), found=False, system="", reference=""))
    assert "which system" in why_not(marked(over(), system=" "))
    assert "a day that there is not" in why_not(marked(over(), checked="yesterday"))


def test_a_marker_that_was_looked_at_after_it_was_signed_does_not_count() -> None:
    visit = over()
    tomorrow = (visit.at + timedelta(days=1)).date()
    assert not why_not(marked(visit, checked=tomorrow.isoformat()))
    after = (tomorrow + timedelta(days=1)).isoformat()
    assert "before the marker was looked at" in why_not(marked(visit, checked=after))


def test_a_document_takes_the_place_of_one_of_its_own_kind_only() -> None:
    first = documented(over(), Document.AGREEMENT)
    old = first.newest.id
    assert not why_not(documented(first, Document.AGREEMENT, replaces=old))
    assert "another kind" in why_not(documented(first, Document.SUPERVISION, replaces=old))


def test_the_state_is_the_same_in_whatever_order_the_entries_come() -> None:
    first = incident(over(), sharing=(ALERT,))
    story = documented(
        debriefed(first) | shared(first, ALERT.trigger, of=first.newest.id), Document.AGREEMENT
    )
    fixed, loose = story.entries[:-4], story.entries[-4:]
    states = {repr(fold(story.plan, (*order, *fixed), story.roster).after) for order in permutations(loose)}
    assert len(states) == 1


def test_a_countersigned_visit_under_way_has_nothing_afterwards() -> None:
    assert countersigned().state.after.not_talked_over == ()
