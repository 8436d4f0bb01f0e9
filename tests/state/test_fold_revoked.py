"""A plan whose author or manager has left: what they signed before counts, and a stolen key gains nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from story import (
    ADA,
    EVE,
    MO,
    NIA,
    NOW,
    SAM,
    Actor,
    Story,
    begun,
    calm_visit,
    decision_on,
    hostile_visit,
    visit,
)
from team_story import at_a_store, changed, plan_at_a_store, replaced, revoked
from visitsafe.record.bodies import WithdrawnBody
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Decision, Status
from visitsafe.state.fold import PlanState, fold
from visitsafe.state.rules import Judged, own_plan_id

PLANNED = begun().planned()
SOON, NOON = NOW + timedelta(minutes=30), NOW + timedelta(hours=1)
GONE = revoked(PLANNED, MO, at=NOON)
"""Mo's key is revoked an hour after Sam planned; the store has the plan."""
SAM_GONE = revoked(PLANNED, SAM, at=NOON)
TOO_LATE = "it reached this store after its author's key ended, and nothing shows that it is older"
HIS_WORD = "only its author's word says that it was made before its author's key ended"


def last(state: PlanState, story: Story) -> Judged:
    return next(judged for judged in state.judged if judged.entry.id == story.newest.id)


def test_a_countersignature_stands_when_its_manager_leaves() -> None:
    decided = PLANNED.decided(at=SOON)
    state = plan_at_a_store(PLANNED, decided, revoked(decided, MO, at=NOON))
    assert state.status is Status.COUNTERSIGNED
    assert last(state, decided).doubt == ""


def test_a_plan_stands_when_its_author_leaves() -> None:
    state = plan_at_a_store(PLANNED, SAM_GONE)
    assert (state.status, state.author.person, state.judged[0].doubt) == (Status.AWAITING, SAM.person, "")


def test_a_decision_that_follows_the_revocation_does_not_count() -> None:
    after = GONE.decided(at=SOON)
    assert "no longer, when it was made" in last(after.state, after).why_not
    assert after.state.status is Status.AWAITING


def test_a_decision_that_claims_a_later_time_does_not_count_though_its_author_knew_nothing() -> None:
    unaware = PLANNED.decided(at=NOON + timedelta(minutes=1))
    state = plan_at_a_store(unaware, GONE)
    assert "their key had ended, when it was made" in last(state, unaware).why_not
    assert state.status is Status.AWAITING


def test_a_countersignature_that_arrives_after_the_revocation_does_not_count() -> None:
    backdated = PLANNED.decided(at=SOON)
    state = plan_at_a_store(GONE, backdated)
    judged = last(state, backdated)
    assert (state.status, judged.why_not, judged.doubt) == (Status.AWAITING, TOO_LATE, TOO_LATE)


@pytest.mark.parametrize("decision", ["return", "refuse"])
def test_a_return_or_refusal_that_arrives_after_the_revocation_counts_and_is_in_doubt(decision: str) -> None:
    late = PLANNED.decided(decision, at=SOON)
    state = plan_at_a_store(GONE, late)
    assert state.status is Status.after(Decision(decision))
    assert (last(state, late).why_not, last(state, late).doubt) == ("", TOO_LATE)


@pytest.mark.parametrize("kind", ["revised", "withdrawn"])
def test_a_new_version_or_withdrawal_that_arrives_after_the_revocation_counts_and_is_in_doubt(
    kind: str,
) -> None:
    decided = PLANNED.decided(at=NOW + timedelta(minutes=10))
    body = hostile_visit(nonce="") if kind == "revised" else WithdrawnBody(reason="?")
    late = decided.entry(SAM, kind, body, at=SOON)
    state = plan_at_a_store(revoked(decided, SAM, at=NOON), late)
    assert state.status is (Status.AWAITING if kind == "revised" else Status.WITHDRAWN)
    assert (last(state, late).why_not, last(state, late).doubt) == ("", TOO_LATE)


def test_a_plan_that_arrives_after_its_authors_revocation_counts_and_is_in_doubt() -> None:
    early = revoked(begun(), SAM, at=NOON)
    state = plan_at_a_store(early, PLANNED)
    assert (state.status, state.judged[0].doubt) == (Status.AWAITING, TOO_LATE)


def test_somebody_who_had_built_on_it_before_the_revocation_proves_it() -> None:
    """Nia's own decision, from before Mo left, names Mo's countersignature."""
    decided = PLANNED.decided(at=SOON)
    answered = decided.decided(by=NIA, at=SOON + timedelta(minutes=1))
    state = plan_at_a_store(GONE, answered)
    assert [judged.doubt for judged in state.judged] == ["", "", ""]


def test_a_countersignature_that_followed_a_late_plan_proves_it() -> None:
    story = PLANNED.decided(at=SOON)
    state = plan_at_a_store(revoked(begun(), SAM, at=NOON), story)
    assert (state.status, state.judged[0].doubt) == (Status.COUNTERSIGNED, "")


def test_whoever_builds_on_it_after_the_revocation_proves_nothing() -> None:
    late = PLANNED.decided(at=SOON)
    state = plan_at_a_store(GONE, late.decided(by=NIA, at=SOON))
    assert last(state, late).doubt == ""  # Nia wrote a time before Mo left
    late_answer = late.decided(by=NIA, at=NOON + timedelta(minutes=1))
    assert last(plan_at_a_store(GONE, late_answer), late).doubt == TOO_LATE


def test_the_plans_author_cannot_vouch_for_a_countersignature_of_it() -> None:
    """Sam, with Mo's old key, could otherwise let the visit go ahead: both times are only their word."""
    late = PLANNED.decided(at=SOON)
    for kind, body in (
        (Kind.WITHDRAWN, WithdrawnBody(reason="?")),
        ("zzz-unknown", WithdrawnBody(reason="?")),
    ):
        state = plan_at_a_store(GONE, late.entry(SAM, kind, body, at=SOON))
        assert (last(state, late).doubt, state.status is Status.COUNTERSIGNED) == (TOO_LATE, False)


def test_whoever_goes_along_and_whoever_is_no_manager_cannot_vouch_either() -> None:
    along = begun().planned(body=hostile_visit(visit=visit(companions=(NIA.companion,))))
    late = along.decided(at=SOON)
    by_nia = late.entry(NIA, Kind.DECIDED, decision_on(along.newest.id, "return"), at=SOON)
    assert last(plan_at_a_store(revoked(along, MO, at=NOON), by_nia), late).doubt == TOO_LATE


def test_an_unknown_kind_of_entry_proves_nothing() -> None:
    late = PLANNED.decided(at=SOON)
    by_nia = late.entry(NIA, "zzz-unknown", WithdrawnBody(reason="?"), at=SOON)
    assert last(plan_at_a_store(GONE, by_nia), late).doubt == TOO_LATE


def test_an_unknown_kind_of_entry_by_whoever_left_stops_nobody() -> None:
    """A newer visitsafe wrote it, a colleague built on it, and its author left: it is read all the same."""
    late = PLANNED.entry(MO, "zzz-unknown", WithdrawnBody(reason="?"), at=SOON)
    by_nia = late.entry(NIA, Kind.DECIDED, decision_on(PLANNED.newest.id, "return"), at=SOON)
    state = plan_at_a_store(GONE, by_nia)
    assert "does not know the kind" in last(state, late).why_not


def test_a_second_entry_by_the_same_person_proves_nothing() -> None:
    late = PLANNED.decided(at=SOON)
    assert last(plan_at_a_store(GONE, late.decided(at=SOON)), late).doubt == TOO_LATE


def test_a_stranger_or_somebody_in_doubt_proves_nothing() -> None:
    late = PLANNED.decided(at=SOON)
    by_eve = late.entry(EVE, Kind.WITHDRAWN, WithdrawnBody(reason="?"), at=SOON)
    assert last(plan_at_a_store(GONE, by_eve), late).doubt == TOO_LATE
    both_gone = revoked(GONE, SAM)
    by_sam = late.entry(SAM, Kind.WITHDRAWN, WithdrawnBody(reason="?"), at=SOON)
    assert last(plan_at_a_store(both_gone, by_sam), late).doubt == TOO_LATE


def test_what_proves_it_still_does_when_the_witness_has_left_too() -> None:
    answered = PLANNED.decided(at=SOON).decided(by=NIA, at=SOON)
    state = plan_at_a_store(GONE, answered, revoked(GONE | answered, NIA, at=NOON + timedelta(hours=1)))
    assert [judged.doubt for judged in state.judged] == ["", "", ""]


def test_without_an_order_of_arrival_it_counts_and_only_its_authors_word_is_named() -> None:
    story = GONE | PLANNED.decided(at=SOON)
    judged = story.state.judged[-1]
    assert (story.state.status, judged.why_not, judged.doubt) == (Status.COUNTERSIGNED, "", HIS_WORD)


def test_a_replaced_key_is_as_ended_as_a_revoked_one() -> None:
    new = Actor("Mo Khan", "mo@example.org", key="new")
    backdated = PLANNED.decided(at=SOON)
    state = plan_at_a_store(replaced(PLANNED, MO, new, at=NOON), backdated)
    assert (state.status, last(state, backdated).doubt) == (Status.AWAITING, TOO_LATE)
    assert replaced(PLANNED, MO, new, at=NOON).decided(by=new).state.status is Status.COUNTERSIGNED


def test_a_manager_no_more_cannot_countersign_in_yesterdays_name() -> None:
    backdated = PLANNED.decided(at=SOON)
    state = plan_at_a_store(changed(PLANNED, MO, "duty", at=NOON), backdated)
    assert state.status is Status.AWAITING
    assert "lost the role" in last(state, backdated).why_not


def test_the_author_goes_on_with_a_new_key() -> None:
    new = Actor("Sam Okafor", "sam@example.org", key="new")
    story = replaced(PLANNED, SAM, new, at=SOON).revised(by=new)
    assert (story.state.status, story.state.version.content.by) == (Status.AWAITING, new.fingerprint)


def test_nobody_decides_on_their_own_plan_with_a_new_key() -> None:
    story = begun().added(EVE, "manager", "practitioner")
    story = replace(story, plan=own_plan_id(EVE.fingerprint, hostile_visit().nonce)).planned(by=EVE)
    new = Actor(EVE.name, EVE.email, key="new")
    decided = replaced(story, EVE, new).decided(by=new)
    assert "own plan" in last(decided.state, decided).why_not


def test_nobody_decides_with_a_new_key_and_name_on_a_plan_that_they_go_along_on() -> None:
    with_nia = hostile_visit(visit=visit(companions=(NIA.companion,)))
    story = begun().planned(body=with_nia)
    married = Actor("Nia Baker", "nia@example.org", key="new")
    decided = replaced(story, NIA, married, by=ADA).decided(by=married)
    assert "companion" in last(decided.state, decided).why_not


Attempt = tuple[str, int, int]
ATTEMPTS = st.lists(
    st.tuples(
        st.sampled_from(["planned", "revised", "withdrawn", *Decision]),
        st.integers(0, 6),
        st.integers(-90, 300),
    ),
    min_size=1,
    max_size=6,
)
HISTORIES = (
    PLANNED,
    PLANNED.decided("refuse", by=NIA),
    PLANNED.decided("return", by=MO),
    PLANNED.decided(by=NIA).revised(body=calm_visit(nonce="")),
    PLANNED.decided(by=MO).withdrawn(),
    PLANNED.revised() | PLANNED.decided(by=NIA),
    PLANNED.decided(by=NIA) | PLANNED.decided("refuse", by=MO),
)


def forged(history: Story, by: Actor, attempts: Sequence[Attempt]) -> Story:
    """What a thief with a key makes of a copy, naming what they like and writing any time."""
    copy = history
    for kind, choice, minutes in attempts:
        part = replace(copy, entries=copy.entries[: choice + 1])
        at, of = NOW + timedelta(minutes=minutes), copy.entries[choice % len(copy.entries)].id
        if kind in set(Decision):
            made = part.entry(by, Kind.DECIDED, decision_on(of, kind), at)
        elif kind == "withdrawn":
            made = part.entry(by, kind, WithdrawnBody(reason="?"), at)
        else:
            made = part.entry(by, kind, hostile_visit(nonce=""), at)
        copy = copy | made
    return copy


@given(st.sampled_from(HISTORIES), st.sampled_from([MO, NIA, SAM]), ATTEMPTS)
def test_a_revoked_key_never_turns_a_plan_countersigned(
    history: Story, thief: Actor, attempts: list[Attempt]
) -> None:
    ended = revoked(history, thief, at=NOON + timedelta(hours=2))
    before = plan_at_a_store(history, ended)
    after = plan_at_a_store(history, ended, forged(history, thief, attempts))
    if after.status is Status.COUNTERSIGNED:
        assert (before.status, before.decision) == (after.status, after.decision)


@given(st.sampled_from(HISTORIES), st.data())
def test_with_nothing_ended_the_order_of_arrival_plays_no_part(history: Story, data: st.DataObject) -> None:
    entries = data.draw(st.permutations((*history.team, *history.entries)))
    arrived = {entry.id: place for place, entry in enumerate(entries)}
    assert fold(history.plan, history.entries, history.roster, (), arrived) == history.state
    assert at_a_store(history).members == history.roster.members


def test_only_a_manager_who_knows_that_its_author_has_left_withdraws_a_plan() -> None:
    """Not one whose copy of the record does not say so yet, nor anybody else."""
    after = SAM_GONE.entry(MO, Kind.WITHDRAWN, WithdrawnBody(reason="Sam has left."))
    assert after.state.status is Status.WITHDRAWN
    assert after.state.judged[-1].why_not == ""
    unaware = PLANNED.entry(MO, Kind.WITHDRAWN, WithdrawnBody(reason="x"), at=NOON + timedelta(hours=1))
    assert "only its author" in last((unaware | SAM_GONE).state, unaware).why_not
    ada = SAM_GONE.entry(ADA, Kind.WITHDRAWN, WithdrawnBody(reason="x"))
    assert "only its author" in last(ada.state, ada).why_not
    replaced_key = replaced(PLANNED, SAM, Actor("Sam Okafor", "sam@example.org", key="new"))
    still_here = replaced_key.entry(MO, Kind.WITHDRAWN, WithdrawnBody(reason="x"))
    assert "only its author" in last(still_here.state, still_here).why_not
