"""What holds of a plan, whoever said what in whatever order: the safety core."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    decision_on,
    hostile_visit,
    visit,
)
from visitsafe.domain.entries import Entry
from visitsafe.domain.fold import PlanState, fold
from visitsafe.domain.judging import own_plan_id
from visitsafe.domain.plan import Companion, DecidedBody, PlanBody, WithdrawnBody
from visitsafe.domain.terms import Decision, Kind, Status
from visitsafe.domain.verified import Verified
from visitsafe.errors import VerificationError

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
    assert story.state.heads == (story.newest.id,)


# People who had not seen each other's entries


@pytest.mark.parametrize(
    ("one", "other", "status"),
    [
        ("countersign", "return", Status.RETURNED),
        ("countersign", "refuse", Status.REFUSED),
        ("return", "refuse", Status.REFUSED),
    ],
)
def test_of_two_decisions_at_once_the_more_cautious_stands(one: str, other: str, status: Status) -> None:
    mo, nia = PLANNED.decided(one, by=MO), PLANNED.decided(other, by=NIA, at=NOW - timedelta(hours=1))
    assert (mo | nia).state.status is status
    assert (nia | mo).state.status is status


def test_who_has_seen_both_decides() -> None:
    both = PLANNED.decided("countersign", by=MO) | PLANNED.decided("refuse", by=NIA)
    assert both.decided("countersign", by=MO).state.status is Status.COUNTERSIGNED


def test_who_has_seen_only_one_does_not_settle_it() -> None:
    mo, nia = PLANNED.decided("return", by=MO), PLANNED.decided("refuse", by=NIA)
    assert (mo.decided("countersign", by=MO) | nia).state.status is Status.REFUSED


def test_a_withdrawal_stands_against_a_countersignature_at_the_same_time() -> None:
    assert (PLANNED.decided() | PLANNED.withdrawn()).state.status is Status.WITHDRAWN


def test_a_withdrawal_stands_against_a_revision_at_the_same_time() -> None:
    assert (PLANNED.revised() | PLANNED.withdrawn()).state.status is Status.WITHDRAWN


def test_of_two_withdrawals_both_must_be_followed_by_the_new_version() -> None:
    one, other = PLANNED.withdrawn(), PLANNED.withdrawn(reason="Ill.")
    assert (one.revised() | other).state.status is Status.WITHDRAWN
    assert (one | other).revised().state.status is Status.AWAITING


@pytest.mark.parametrize("decision", ["countersign", "refuse"])
def test_a_revision_at_the_same_time_as_a_decision_awaits_a_new_one(decision: str) -> None:
    assert (PLANNED.decided(decision) | PLANNED.revised()).state.status is Status.AWAITING


@pytest.mark.parametrize("decision", ["return", "refuse"])
def test_a_decision_that_the_countersigner_had_not_seen_stands_against_it(decision: str) -> None:
    """Mo decided on the first version, Nia on the second without knowing of it."""
    mo, nia = PLANNED.decided(decision, by=MO), PLANNED.revised().decided("countersign", by=NIA)
    both = mo | nia
    assert both.state.status is Status.after(Decision(decision))
    assert both.decided("countersign", by=NIA).state.status is Status.COUNTERSIGNED


def test_a_revision_answers_a_refusal_that_its_author_had_seen() -> None:
    assert PLANNED.decided("refuse").revised().decided(by=NIA).state.status is Status.COUNTERSIGNED


def test_two_revisions_at_once_await_a_decision_and_name_each_other() -> None:
    office, home = PLANNED.revised(), PLANNED.revised(body=calm_visit(nonce=""))
    both = office.decided() | home
    assert both.state.status is Status.AWAITING
    assert {both.state.version.id, *both.state.rivals} == {office.newest.id, home.newest.id}
    assert both.decided().state.status is Status.COUNTERSIGNED


# A damaged record


def test_bytes_that_were_signed_twice_are_one_entry_in_every_copy() -> None:
    once = PLANNED.newest
    again = msgspec.structs.replace(once, entry=Entry(once.entry.payload, once.entry.signature + "\n"))
    states = [fold(PLANNED.plan, entries, PLANNED.roster) for entries in ([once, again], [again, once])]
    assert states[0] == states[1]
    assert len(states[0].judged) == 1


def test_a_missing_entry_is_named() -> None:
    whole = PLANNED.decided("refuse").decided("countersign")
    gap = replace(whole, entries=(whole.entries[0], whole.entries[2]))
    assert gap.state.problems == (f"an entry that others follow is not here: {whole.entries[1].id[:12]}",)


@pytest.mark.parametrize(
    ("holding_back", "status"),
    [
        (lambda story: story.withdrawn(), Status.WITHDRAWN),
        (lambda story: story.revised(), Status.AWAITING),
        (lambda story: story.decided("refuse", by=NIA), Status.REFUSED),
        (lambda story: story.decided("return", by=NIA), Status.RETURNED),
    ],
    ids=["withdrawn", "revised", "refused", "returned"],
)
@pytest.mark.parametrize("minutes", [5, -5], ids=["right clock", "wrong clock"])
def test_what_holds_a_visit_back_is_not_lost_with_an_entry_between(
    holding_back: Callable[[Story], Story], status: Status, minutes: int
) -> None:
    """Whoever removes an entry that a withdrawal follows cannot bring the countersignature back to life."""
    story = PLANNED.decided()
    strange = story.entry(SAM, "strange", WithdrawnBody(reason="?"))
    whole = holding_back(replace(strange, at=NOW + timedelta(minutes=minutes)))
    gap = replace(whole, entries=(*story.entries, whole.newest))
    assert gap.state.status is status
    assert gap.state.problems


def test_a_countersignature_is_lost_with_an_entry_between() -> None:
    whole = PLANNED.entry(SAM, "strange", WithdrawnBody(reason="?")).decided()
    gap = replace(whole, entries=(whole.entries[0], whole.entries[2]))
    assert gap.state.status is Status.AWAITING


def test_damage_is_passed_on() -> None:
    assert fold(PLANNED.plan, PLANNED.entries, PLANNED.roster, ["entry 12 does not hold"]).problems == (
        "entry 12 does not hold",
    )


def test_a_plan_without_entries_does_not_hold() -> None:
    with pytest.raises(VerificationError, match="has no entries"):
        fold(PLANNED.plan, [], PLANNED.roster)


# Any history

PEOPLE = (SAM, SAM_AT_HOME, MO, NIA, EVE)
BEGUN = begun().added(SAM_AT_HOME, "practitioner", "manager").planned()
BODIES = (
    hostile_visit(nonce=""),
    calm_visit(),
    hostile_visit(urgent="Now."),
    hostile_visit(visit=visit(companions=(NIA.companion,))),
)

MANAGERS, AUTHORS = (2, 3), (0, 1)
USUAL = [
    *((who, action) for who in MANAGERS for action in ("fetch", "fetch", *Decision)),
    *((who, action) for who in AUTHORS for action in ("fetch", "revised", "revised", "withdrawn")),
]
UNUSUAL = [
    (who, action)
    for who in range(len(PEOPLE))
    for action in ("fetch", "revised", "planned", "withdrawn", "strange", *Decision)
]
Step = tuple[tuple[int, str], int, int]
STEPS = st.lists(
    st.tuples(
        st.one_of(st.sampled_from(USUAL), st.sampled_from(USUAL), st.sampled_from(UNUSUAL)),
        st.integers(0, len(PEOPLE) - 1),
        st.one_of(st.integers(-90, 300), st.integers(-90, 600)),
    ),
    max_size=14,
)


def played(steps: Sequence[Step]) -> Story:
    """Everybody works on a copy of their own, with a clock of their own; in the end all copies are joined."""
    copies = [BEGUN] * len(PEOPLE)
    for (who, action), other, minutes in steps:
        if action == "fetch":
            copies[who] = copies[who] | copies[other]
        else:
            copies[who] = _acted(copies[who], PEOPLE[who], action, other, NOW + timedelta(minutes=minutes))
    joined = BEGUN
    for copy in copies:
        joined = joined | copy
    return joined


def _acted(copy: Story, by: Actor, action: str, choice: int, at: datetime) -> Story:
    copy = replace(copy, at=at)
    if action in {"revised", "planned"}:
        return copy.entry(by, action, BODIES[choice % len(BODIES)])
    if action == "withdrawn":
        return copy.withdrawn(by=by)
    if action == "strange":
        return copy.entry(by, "strange", WithdrawnBody(reason="?"))
    of = copy.entries[-1].id if choice == 1 else copy.state.version.id
    return copy.entry(by, Kind.DECIDED, decision_on(of, action))


def ancestors(story: Story) -> dict[str, set[str]]:
    """For each entry the ids of all that its author had seen, the plain way."""
    parents = {entry.id: set(entry.content.after) & {e.id for e in story.entries} for entry in story.entries}
    seen: dict[str, set[str]] = {}

    def walk(name: str) -> set[str]:
        if name not in seen:
            seen[name] = parents[name].union(*(walk(parent) for parent in parents[name]))
        return seen[name]

    for name in parents:
        walk(name)
    return seen


def folded(story: Story, entries: Sequence[Verified]) -> PlanState | str:
    try:
        return fold(story.plan, entries, story.roster)
    except VerificationError as error:
        return error.message


@settings(deadline=None, max_examples=150)
@given(STEPS, st.data())
def test_any_order_of_arrival_gives_the_same_state(steps: list[Step], data: st.DataObject) -> None:
    story = played(steps)
    shuffled = data.draw(st.permutations(story.entries))
    doubled = [*shuffled, *data.draw(st.lists(st.sampled_from(story.entries), max_size=5))]
    team = data.draw(st.permutations(story.team))
    roster = replace(story, team=(story.team[0], *(entry for entry in team if entry != story.team[0]))).roster
    assert fold(story.plan, doubled, roster) == story.state


@settings(deadline=None, max_examples=100)
@given(STEPS, st.data())
def test_any_split_and_merge_gives_the_same_state(steps: list[Step], data: st.DataObject) -> None:
    story = played(steps)
    parts = data.draw(st.lists(st.integers(1, 3), min_size=len(story.entries), max_size=len(story.entries)))
    left = replace(story, entries=tuple(e for e, part in zip(story.entries, parts, strict=True) if part & 1))
    right = replace(story, entries=tuple(e for e, part in zip(story.entries, parts, strict=True) if part & 2))
    assert (right | left).state == story.state


@settings(deadline=None, max_examples=100)
@given(STEPS, st.data())
def test_a_part_of_a_record_folds_or_is_refused_in_words(steps: list[Step], data: st.DataObject) -> None:
    story = played(steps)
    part = data.draw(st.lists(st.sampled_from(story.entries), unique_by=lambda entry: entry.id))
    assert folded(story, part)


@settings(deadline=None, max_examples=400)
@given(STEPS)
def test_a_countersigned_plan_was_countersigned_by_somebody_who_had_seen_all_that_matters(
    steps: list[Step],
) -> None:
    """Nobody counts as protected by a countersignature that somebody else may have taken back."""
    story = played(steps)
    state = story.state
    if state.status is not Status.COUNTERSIGNED:
        return
    seen = ancestors(story)
    assert state.decision is not None
    assert state.decision.author is not None
    assert state.decision.author.person.email.casefold() != state.author.person.email.casefold()
    knew = seen[state.decision.entry.id]
    counted = [j for j in state.judged if not j.why_not]
    for other in counted:
        if isinstance(other.body, PlanBody):
            assert other.entry.id in knew
        if isinstance(other.body, WithdrawnBody):
            assert any(isinstance(j.body, PlanBody) and other.entry.id in seen[j.entry.id] for j in counted)
        if isinstance(other.body, DecidedBody):
            overruled = any(
                isinstance(j.body, DecidedBody) and other.entry.id in seen[j.entry.id] for j in counted
            )
            assert overruled or other.body.decision is Decision.COUNTERSIGN
