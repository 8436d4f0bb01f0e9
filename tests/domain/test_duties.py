"""What is owed after a visit: telling others, and talking it over."""

from datetime import timedelta

import msgspec

from after_story import ALERT, debriefed, incident, over, shared
from story import NOW
from story_plan import hostile_visit
from visit_story import countersigned, departed, minutes_after, planned, raised, stood_down, watched_plan
from visitsafe.domain.duties import Met, duties_of, owed, talk_by
from visitsafe.domain.entries import to_text
from visitsafe.domain.plan import PlanBody

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
    assert owed(story.state) == min(ALERT.by, minutes_after(story.newest.content.at, 24 * 60))
    assert owed(debriefed(shared(story, "share-hostility")).state) == ""
    assert owed(over().state) == ""
    assert to_text(NOW) < owed(story.state)
