"""Who carries most of the cases in which somebody may be hostile, for the manager's eyes (D14; 8.2). Pure.

Counts of work, to share it out more fairly: they say nothing about how well anybody does it. That somebody
reports no incident may be luck or skill; after many hostile visits it is worth asking, kindly, whether
reporting is hard. What makes a visit hostile are answers with known ids; a checklist may do without them.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from visitsafe.record.kinds import Answer
from visitsafe.state.fold import PlanState
from visitsafe.supervision.figures_followup import incidents_of
from visitsafe.team.people import Member, people
from visitsafe.team.roster import case_key

MANY = 5
"""After how many visits to hostile cases without a report somebody is asked about it. Our default."""
_UNSAFE = frozenset({Answer.YES, Answer.NOT_SURE})
_HOSTILE: Mapping[str, frozenset[str]] = {
    "uncooperativeness": frozenset({"confrontation", "violence"}),
    "threat-expected": frozenset(_UNSAFE),
}
_BEHAVIOURS = "behaviours"
_NONE = frozenset({"none", ""})


class Carried(msgspec.Struct, frozen=True):
    """What one worker carried.

    Attributes:
        name: As the team knows them; with the e-mail where two have the same name.
        cases: Different cases in which somebody may be hostile.
        visits: Planned visits to these.
        reported: Incidents and near misses on their visits, or reported by them.
    """

    name: str
    cases: int
    visits: int
    reported: int

    @property
    def never_reported(self) -> bool:
        """Whether there were many such visits and not one report."""
        return self.visits >= MANY and not self.reported


def is_hostile(state: PlanState) -> bool:
    """Whether a visit was to somebody who may be hostile, by the plan's answers or by what happened."""
    answers = state.body.answers
    if any(_given(answers.get(name)) & values for name, values in _HOSTILE.items()):
        return True
    return bool(_given(answers.get(_BEHAVIOURS)) - _NONE) or bool(state.after.incidents)


def _given(answer: str | tuple[str, ...] | None) -> frozenset[str]:
    if answer is None:
        return frozenset()
    return frozenset({answer} if isinstance(answer, str) else answer)


def hostile_cases(states: Iterable[PlanState]) -> int:
    """How many different cases there are among hostile visits."""
    return len({case_key(state.body.visit.case) for state in states if is_hostile(state)})


def newest_plans(states: Sequence[PlanState], everyone: Iterable[Member]) -> list[PlanState]:
    """The plan with the latest start of each worker."""
    known = people(everyone)
    found: dict[str, PlanState] = {}
    for state in sorted(states, key=lambda state: (state.body.visit.start, state.plan)):
        found[_key(state.author, known)] = state
    return list(found.values())


def carried_by(states: Sequence[PlanState], everyone: Iterable[Member]) -> tuple[Carried, ...]:
    """What each worker with a hostile visit carried, most cases first.

    Args:
        states: The plans, withdrawn and refused ones too.
        everyone: Every key, name and e-mail that the team ever knew: for who is who.
    """
    known = people(everyone)
    hostile: dict[str, list[PlanState]] = {}
    for state in filter(is_hostile, states):
        hostile.setdefault(_key(state.author, known), []).append(state)
    reported: dict[str, set[str]] = {}
    for state in states:
        for said in incidents_of(state):
            for who in (state.author, said.author):
                reported.setdefault(_key(who, known), set()).add(said.id)
    names = _names({key: mine[-1].author for key, mine in hostile.items()})
    found = [
        Carried(names[key], hostile_cases(mine), len(mine), len(reported.get(key, ())))
        for key, mine in hostile.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.cases, -one.visits, one.name)))


def _key(member: Member, known: Sequence[Member]) -> str:
    """One key for all keys and e-mails of a person."""
    return min(one.fingerprint for one in people(known).selves(member))


def _names(members: Mapping[str, Member]) -> dict[str, str]:
    called = [member.person.name for member in members.values()]
    return {
        key: one.person.name
        if called.count(one.person.name) == 1
        else f"{one.person.name} ({one.person.email})"
        for key, one in members.items()
    }
