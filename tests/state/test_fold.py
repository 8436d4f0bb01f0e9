"""What holds of a plan, whoever said what in whatever order: the safety core."""

from dataclasses import replace
from datetime import timedelta

import pytest

from story import (
    ADA,
    EVE,
    MO,
    NIA,
    NOW,
    SAM,
    SAM_AT_HOME,
    START,
    Actor,
    Story,
    begun,
    calm_visit,
    hostile_visit,
    visit,
)
from visitsafe.errors import VerificationError
from visitsafe.record.bodies import Companion, WithdrawnBody
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Decision, Status
from visitsafe.state.fold import fold
from visitsafe.state.rules import own_plan_id

PLANNED = begun().planned()


def why_not(story: Story) -> str:
    """Why the entry made last does not count; empty if it does."""
    return next(j.why_not for j in story.state.judged if j.entry.id == story.newest.id)


def test_a_plan_awaits_a_decision() -> None:
    state = PLANNED.state
    assert (state.status, state.author.person, state.decided) == (Status.AWAITING, SAM.person, None)
    assert state.heads == (PLANNED.newest.id,)


@pytest.mark.parametrize(
    ("decision", "status"),
    [
        ("countersign", Status.COUNTERSIGNED),
        ("return", Status.RETURNED),
        ("refuse", Status.REFUSED),
    ],
)
def test_a_managers_decision_gives_the_status(decision: str, status: Status) -> None:
    state = PLANNED.decided(decision).state
    assert state.status is status
    assert state.decided is not None
    assert state.decided.rationale.startswith("The plan answers")


def test_a_withdrawn_plan_says_why() -> None:
    state = PLANNED.decided().withdrawn(reason="The family has moved.").state
    assert (state.status, state.withdrawn) == (Status.WITHDRAWN, "The family has moved.")


def test_a_withdrawal_without_a_reason_still_withdraws() -> None:
    assert PLANNED.decided().withdrawn(reason=" ").state.status is Status.WITHDRAWN


def test_a_withdrawn_plan_can_be_taken_up_again_by_a_new_version() -> None:
    assert PLANNED.withdrawn().revised().state.status is Status.AWAITING


def test_a_decision_after_a_withdrawal_does_not_undo_it() -> None:
    assert PLANNED.withdrawn().decided().state.status is Status.WITHDRAWN


def test_a_revision_needs_a_new_decision() -> None:
    story = PLANNED.decided().revised(body=calm_visit(nonce=""))
    assert (story.state.status, story.state.body.findings) == (Status.AWAITING, ())
    assert story.decided("return").state.status is Status.RETURNED


def test_a_manager_may_decide_again() -> None:
    assert PLANNED.decided("refuse").decided("countersign").state.status is Status.COUNTERSIGNED


# Who may say what


def test_nobody_decides_on_their_own_plan() -> None:
    story = begun().planned(by=MO).decided(by=MO)
    assert (story.state.status, why_not(story)) == (Status.AWAITING, "nobody decides on their own plan")


def test_a_second_key_does_not_make_somebody_another_person() -> None:
    story = begun().added(SAM_AT_HOME, "manager").planned(by=SAM).decided(by=SAM_AT_HOME)
    assert (story.state.status, why_not(story)) == (Status.AWAITING, "nobody decides on their own plan")


@pytest.mark.parametrize(
    "companion",
    [
        MO.companion,
        Companion(name="mo khan"),
        Companion(name=" Mo  Khan "),
        Companion(name="MO@example.org"),
        Companion(name="Mo Khan <mo@example.org>"),
        Companion(name=MO.fingerprint),
    ],
    ids=["key", "name", "name in other spaces", "e-mail", "name and e-mail", "fingerprint"],
)
def test_nobody_decides_on_a_plan_that_they_are_the_companion_on(companion: Companion) -> None:
    story = begun().planned(body=hostile_visit(visit=visit(companions=(companion,)))).decided(by=MO)
    assert story.state.status is Status.AWAITING
    assert why_not(story) == "nobody decides on a plan that they are the companion on"
    assert story.decided(by=NIA).state.status is Status.COUNTERSIGNED


def test_a_companion_with_two_keys_is_one_person() -> None:
    other_key = Actor("M. Khan", "MO@example.org", key="second")
    story = begun().added(other_key, "manager")
    story = story.planned(body=hostile_visit(visit=visit(companions=(MO.companion,)))).decided(by=other_key)
    assert story.state.status is Status.AWAITING


@pytest.mark.parametrize("who", [SAM, ADA], ids=["practitioner", "admin"])
def test_only_a_manager_decides(who: Actor) -> None:
    story = begun().added(EVE, "practitioner").planned(by=EVE).decided(by=who)
    assert why_not(story) == "its author was not a manager when it was made"


def test_a_manager_who_joined_after_the_decision_does_not_count() -> None:
    early = PLANNED.decided(by=EVE)
    later = begun().added(EVE, "manager")
    assert (early | later).state.status is Status.AWAITING
    assert why_not(early) == "its author was not in the team when it was made"


def test_somebody_unknown_can_plan_nothing() -> None:
    with pytest.raises(VerificationError, match="its author was not in the team when it was made"):
        _ = begun().planned(by=EVE).state


def test_an_admin_alone_plans_no_visits() -> None:
    with pytest.raises(VerificationError, match="may not plan visits"):
        _ = begun().planned(by=ADA).state


def test_nobody_begins_a_plan_under_somebody_elses_id() -> None:
    mine = own_plan_id(SAM.fingerprint, hostile_visit().nonce)
    story = PLANNED | replace(begun(), plan=mine).planned(by=MO, at=NOW + timedelta(hours=1))
    assert story.state.author.person == SAM.person
    assert why_not(story) == "its author did not begin this plan"


@pytest.mark.parametrize("who", [MO, NIA])
def test_only_its_author_changes_or_withdraws_a_plan(who: Actor) -> None:
    for story in (PLANNED.revised(by=who), PLANNED.withdrawn(by=who)):
        assert (story.state.status, why_not(story)) == (Status.AWAITING, "only its author may change a plan")


def test_an_author_may_use_a_second_key() -> None:
    story = begun().added(SAM_AT_HOME, "practitioner").planned().withdrawn(by=SAM_AT_HOME)
    assert story.state.status is Status.WITHDRAWN


def test_an_entry_of_another_plan_does_not_count() -> None:
    other = begun().planned(body=hostile_visit(nonce="77"))
    state = fold(PLANNED.plan, (*PLANNED.entries, *other.entries), PLANNED.roster)
    assert [j.why_not for j in state.judged if j.entry == other.newest] == ["it belongs to another plan"]


# What an entry must say


def test_a_countersignature_without_reasons_does_not_count() -> None:
    story = PLANNED.decided(rationale=" \n")
    assert (story.state.status, why_not(story)) == (Status.AWAITING, "it gives no reasons")


def test_a_refusal_counts_however_it_is_worded() -> None:
    assert PLANNED.decided("refuse", rationale="", purpose_met="").state.status is Status.REFUSED


def test_a_decision_on_a_version_not_yet_seen_does_not_count() -> None:
    revised = PLANNED.revised()
    hasty = PLANNED.decided(of=revised.newest.id)
    assert why_not(hasty) == "it decides on a version that its author had not seen"
    assert (revised | hasty).state.status is Status.AWAITING


def test_a_body_of_the_wrong_form_does_not_count() -> None:
    story = PLANNED.entry(MO, Kind.DECIDED, WithdrawnBody(reason="no"))
    assert story.state.status is Status.AWAITING
    assert "does not have the form of its kind" in why_not(story)


@pytest.mark.parametrize(
    "times",
    [
        {"start": "tomorrow"},
        {"due_back": "9999"},
        {"start": "2026-11-23T17:00:00Z", "due_back": "2026-11-23T16:00:00Z"},
        {"due_back": "9999-12-31T23:59:59Z"},
    ],
)
def test_a_visit_without_sensible_times_is_no_plan(times: dict[str, str]) -> None:
    with pytest.raises(VerificationError, match="not those of a visit"):
        _ = begun().planned(body=hostile_visit(visit=visit(**times))).state


def test_countersigning_after_the_start_does_not_count() -> None:
    story = PLANNED.decided(at=START + timedelta(seconds=1))
    assert (story.state.status, why_not(story)) == (
        Status.AWAITING,
        "it was countersigned after the visit was to start",
    )


def test_countersigning_at_the_last_moment_counts() -> None:
    assert PLANNED.decided(at=START).state.status is Status.COUNTERSIGNED


def test_an_urgent_visit_can_be_countersigned_later() -> None:
    story = begun().planned(body=hostile_visit(urgent="A neighbour hears screams."))
    assert story.decided(at=START + timedelta(hours=2)).state.status is Status.COUNTERSIGNED


@pytest.mark.parametrize("decision", ["return", "refuse"])
def test_a_plan_can_be_returned_or_refused_after_its_start(decision: str) -> None:
    story = PLANNED.decided(decision, at=START + timedelta(hours=1))
    assert story.state.status is Status.after(Decision(decision))


def test_an_unknown_kind_is_kept_and_shown() -> None:
    story = PLANNED.entry(SAM, "teleported", WithdrawnBody(reason="x"))
    assert "does not know the kind 'teleported'" in why_not(story)
    assert story.decided().state.status is Status.COUNTERSIGNED
    assert story.newest.id in story.state.heads
