"""Copies of a record (the team's entries and a plan's) are joined by set union, in any order, repeatedly."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from story import ADA, EVE, MO, NIA, NOW, SAM, SAM_AT_HOME, Actor, Story, begun, calm_visit, decision_on
from team_story import changed, revoked
from visitsafe.errors import VerificationError
from visitsafe.record.bodies import WithdrawnBody
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Decision
from visitsafe.state.fold import PlanState

PEOPLE = (ADA, SAM, SAM_AT_HOME, MO, NIA, EVE)
BASE = begun().added(SAM_AT_HOME, "practitioner", "manager").planned(body=calm_visit())
ACTIONS = ("fetch", "fetch", "revised", "withdrawn", "strange", "revoked", "changed", "added", *Decision)
Step = tuple[int, str, int, int]
STEPS = st.lists(
    st.tuples(
        st.integers(0, len(PEOPLE) - 1),
        st.sampled_from(ACTIONS),
        st.integers(0, len(PEOPLE) - 1),
        st.integers(-90, 300),
    ),
    max_size=16,
)


def played(steps: Sequence[Step]) -> list[Story]:
    """Everybody works on a copy of their own, with a clock of their own; the copies that they end with."""
    copies = [BASE] * len(PEOPLE)
    for who, action, whom, minutes in steps:
        if action == "fetch":
            copies[who] = copies[who] | copies[whom]
        else:
            copies[who] = acted(
                copies[who], PEOPLE[who], action, PEOPLE[whom], NOW + timedelta(minutes=minutes)
            )
    return copies


def acted(copy: Story, by: Actor, action: str, whom: Actor, at: datetime) -> Story:
    copy = replace(copy, at=at)
    steps: dict[str, Callable[[], Story]] = {
        "revised": lambda: copy.revised(by=by, body=calm_visit(nonce="")),
        "withdrawn": lambda: copy.withdrawn(by=by),
        "strange": lambda: copy.entry(by, "strange", WithdrawnBody(reason="?")),
        "revoked": lambda: revoked(copy, whom, by=by),
        "changed": lambda: changed(copy, whom, "manager", "duty", by=by),
        "added": lambda: copy.added(whom, "manager", by=by),
    }
    decided = decision_on(copy.entries[-1].id, action) if action in set(Decision) else None
    return copy.entry(by, Kind.DECIDED, decided) if decided else steps[action]()


def read(copy: Story) -> tuple[PlanState | str, object]:
    """All that a reader of this copy is told, of the plan and of the team; a plan that does not hold, too."""
    roster = copy.roster
    try:
        state: PlanState | str = copy.state
    except VerificationError as error:
        state = error.message
    return state, (roster.members, roster.known, roster.settings, roster.problems, roster.notes)


@settings(max_examples=150)
@given(STEPS, st.permutations(range(len(PEOPLE))))
def test_union_of_whole_copies_is_commutative_associative_and_idempotent(
    steps: list[Step], turn: list[int]
) -> None:
    copies = played(steps)
    one, two, three, *_ = (copies[place] for place in turn)
    assert read(one | two) == read(two | one)
    assert read((one | two) | three) == read(one | (two | three))
    assert read(one | one) == read(one)
    assert read((one | two) | two) == read(one | two)
