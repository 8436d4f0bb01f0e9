"""What is owed after a visit: telling others, and talking it over."""

from datetime import UTC, timedelta
from typing import Any

import msgspec

from after_story import ALERT, MO, debriefed, incident, over, shared
from story import NOW, Story
from story_plan import hostile_visit
from visit_story import countersigned, departed, minutes_after, planned, raised, stood_down, watched_plan
from visitsafe.followup.sharing import Letter, letter, letter_title
from visitsafe.record.bodies import PlanBody
from visitsafe.state.duties import Met, duties_of, owed, talk_by
from visitsafe.state.sharing_words import duty_shape, state_words
from visitsafe.text.clock import to_text

LATER = NOW + timedelta(days=30)


def with_duty(**changes: object) -> PlanBody:
    duty = msgspec.structs.replace(ALERT, **{"trigger": "share-hostility", **changes})
    return msgspec.structs.replace(watched_plan(), sharing=(duty,))


def test_a_duty_is_due_then_overdue_then_met() -> None:
    story = over(with_duty())
    (one,) = duties_of(story.state)
    assert (one.met(NOW), one.met(LATER), one.open) == (Met.DUE, Met.OVERDUE, True)
    (told,) = duties_of(shared(story, "share-hostility").state)
    assert (told.met(LATER), told.open) == (Met.SHARED, False)


def test_what_the_plan_itself_decided_not_to_share_is_not_owed() -> None:
    (one,) = duties_of(over(with_duty(decision="not-share", reason="They know.")).state)
    assert (one.met(LATER), one.open) == (Met.NOT_SHARED, False)


def test_deciding_not_to_share_later_ends_a_duty() -> None:
    story = shared(over(with_duty()), "share-hostility", decision="not-share", reason="Nobody else visits.")
    assert [one.met(LATER) for one in duties_of(story.state)] == [Met.NOT_SHARED]


def test_what_was_shared_holds_for_the_next_version_of_the_plan() -> None:
    story = shared(planned(with_duty()), "share-hostility")
    again = story.revised(body=msgspec.structs.replace(with_duty(), nonce=""))
    assert not duties_of(again.state)[0].open


def test_the_duty_of_an_incident_is_its_own_and_is_not_met_by_what_was_shared_before_it() -> None:
    first = shared(over(with_duty(trigger="incident-alert")), "incident-alert")
    story = incident(first, sharing=(ALERT,))
    assert [one.open for one in duties_of(story.state)] == [False, True]
    told = shared(story, ALERT.trigger, of=story.newest.id)
    assert [one.open for one in duties_of(told.state)] == [False, False]


def test_an_incident_is_to_be_talked_over_sooner_than_a_visit() -> None:
    visit = over(msgspec.structs.replace(hostile_visit(), sharing=()))
    after = incident(visit)
    assert talk_by(visit.state) > talk_by(after.state) > after.newest.content.at
    assert talk_by(debriefed(after).state) == ""


def test_a_quiet_visit_asks_for_no_debrief_and_one_that_was_overdue_does() -> None:
    assert talk_by(over().state) == ""
    late = stood_down(raised(departed(countersigned()), "duty-rings"))
    assert talk_by(late.state)


def test_a_visit_that_is_not_over_is_not_talked_over_yet() -> None:
    assert talk_by(departed(countersigned(hostile_visit())).state) == ""


def test_what_is_owed_is_the_first_thing_that_falls_due() -> None:
    story = incident(over(with_duty()))
    assert owed(story.state) == min(
        minutes_after(ALERT.by, 1), minutes_after(story.newest.content.at, 24 * 60)
    )
    assert owed(debriefed(shared(story, "share-hostility")).state) == ""
    assert owed(over().state) == ""
    assert to_text(NOW) < owed(story.state)


def test_what_two_decided_otherwise_unseen_stays_open_with_both_words_until_somebody_decides() -> None:
    before = over(with_duty())
    told = shared(before, "share-hostility", by=MO)
    kept = shared(before, "share-hostility", decision="not-share", reason="They know.")
    for story in (told | kept, kept | told):
        (one,) = duties_of(story.state)
        assert (one.open, one.said, one.met(LATER)) == (True, None, Met.OVERDUE)
        assert {said.body.decision for said in one.apart} == {"share", "not-share"}
        words = state_words(one, NOW, UTC)
        assert "They know." in words
        assert "shared by Mo" in words
        assert len(duty_shape(one, NOW)["said_apart"]) == len(one.apart)
    (decided,) = duties_of(shared(told | kept, "share-hostility").state)
    assert (decided.open, decided.apart, decided.met(LATER)) == (False, (), Met.SHARED)


def test_two_who_both_shared_unseen_leave_nothing_open() -> None:
    before = over(with_duty())
    story = shared(before, "share-hostility", by=MO) | shared(before, "share-hostility")
    assert [one.met(LATER) for one in duties_of(story.state)] == [Met.SHARED]


def test_the_duty_of_a_later_incident_takes_no_number_from_that_of_an_earlier_debrief() -> None:
    told = msgspec.structs.replace(ALERT, trigger="debrief-alert")
    first = debriefed(over(with_duty()), sharing=(told,))
    story = incident(first, sharing=(ALERT,))
    numbered = [(one.number, one.duty.trigger) for one in duties_of(story.state)]
    assert numbered == [(1, "share-hostility"), (2, "debrief-alert"), (3, ALERT.trigger)]


def test_an_incident_that_is_corrected_keeps_the_number_of_its_duty() -> None:
    first = incident(over(), sharing=(ALERT,))
    told = msgspec.structs.replace(ALERT, trigger="debrief-alert")
    story = incident(debriefed(first, sharing=(told,)), sharing=(ALERT,), replaces=first.newest.id)
    assert [one.duty.trigger for one in duties_of(story.state)] == [ALERT.trigger, "debrief-alert"]


def letter_about(story: Story, **words: Any) -> str:
    handed_in = Letter(**{"team": "Salford East", "writer": "Sam", "reach": "sam@example.org", **words})
    return letter(story.state, duties_of(story.state), handed_in, LATER, UTC)


def test_what_it_was_decided_later_not_to_share_is_not_in_a_letter() -> None:
    before = over(with_duty(ground="An adult was hostile."))
    story = incident(before, sharing=(msgspec.structs.replace(ALERT, recipients=("Head teacher",)),))
    page = letter_about(story)
    assert all(words in page for words in (ALERT.ground, "Head teacher", "an incident"))
    of = story.newest.id
    kept = letter_about(shared(story, ALERT.trigger, of=of, decision="not-share", reason="They know."))
    assert not any(words in kept for words in ("and others who visit may", "Head teacher", "an incident"))
    assert "Health visitor, NHS" in kept


def test_no_letter_says_an_address_in_whom_it_is_for_or_in_the_case() -> None:
    body = with_duty(recipients=("School next to 14 Acacia Road",), ground="An adult was hostile.")
    visit = msgspec.structs.replace(
        body.visit, address="14 Acacia Road, Salford M5 3EQ", case="Acacia-M5 3EQ"
    )
    story = over(msgspec.structs.replace(body, visit=visit))
    named = letter_about(story) + letter_about(story, to=("Nurse at M5 3EQ",)) + letter_title(story.state)
    assert "Nurse at" in named
    assert not any(words in named for words in ("14 Acacia", "Acacia Road", "M5 3EQ"))


def test_a_correction_does_not_end_a_duty_without_a_word() -> None:
    first = incident(over(), sharing=(ALERT,))
    old = first.newest.id
    fixed = incident(first, replaces=old, near_miss=True)
    again = incident(fixed, replaces=fixed.newest.id, near_miss=True)
    for story in (fixed, again):
        assert [(one.of, one.open) for one in duties_of(story.state)] == [(old, True)]
    decided = shared(again, ALERT.trigger, of=old, decision="not-share", reason="It was somebody else.")
    assert [one.met(LATER) for one in duties_of(decided.state)] == [Met.NOT_SHARED]


def test_a_duty_that_the_correction_raises_too_is_one_duty() -> None:
    first = debriefed(over(), sharing=(ALERT,))
    second = debriefed(first, replaces=first.newest.id, sharing=(ALERT,))
    assert [one.of for one in duties_of(second.state)] == [second.newest.id]
