"""Random histories by several people with clocks of their own: what must hold of every one of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from story import (
    EVE,
    MO,
    NIA,
    NOW,
    SAM,
    SAM_AT_HOME,
    Actor,
    Story,
    begun,
    calm_visit,
    decision_on,
    hostile_visit,
    visit,
)
from visitsafe.errors import VerificationError
from visitsafe.record.bodies import DecidedBody, PlanBody, WithdrawnBody
from visitsafe.record.entry import Verified
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Decision, Status
from visitsafe.state.fold import PlanState, fold

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


@settings(deadline=None, max_examples=200)
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
                isinstance(j.body, DecidedBody)
                and j.body.of == state.version.id
                and other.entry.id in seen[j.entry.id]
                for j in counted
            )
            assert overruled or other.body.decision is Decision.COUNTERSIGN
