"""Whether a worker, or somebody who comes along, is planned to be on another visit at the same time. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo

from visitsafe.checklists.facts import BOTH, COMPANION, OVERLAP, WORKER
from visitsafe.record.bodies import Companion, KnownFact
from visitsafe.record.terms import Status
from visitsafe.state.fold import PlanState
from visitsafe.team.people import Member, words_in
from visitsafe.team.roster import is_companion, is_self
from visitsafe.text.clock import short_span

MOST_TOLD = 3


def overlap_fact(
    worker: Member,
    companions: Sequence[Companion],
    others: Iterable[PlanState],
    team: Iterable[Member],
    zone: tzinfo,
) -> KnownFact | None:
    """The fact that somebody would be in two places; None if nobody would.

    Args:
        worker: Whose visit it is.
        companions: Who comes along.
        others: The plans whose times overlap with it, without the plan itself.
        team: Every member who ever was, so that a second key is seen.
        zone: Whose clocks the times are told by.
    """
    team = tuple(team)
    ours, theirs, told, entries = False, False, [], []
    for state in others:
        if state.closed or state.status in {Status.REFUSED, Status.WITHDRAWN}:
            continue
        mine = _goes(worker, state, team)
        with_me = [one.name for one in companions if _comes(one, state, team)]
        if not mine and not with_me:
            continue
        ours, theirs = ours or mine, theirs or bool(with_me)
        who = " and ".join([*([worker.person.name] if mine else []), *with_me])
        when = short_span(state.body.visit.start, state.visit.due_back, zone)
        told.append(f"{who} in {state.ref}, {when}")
        entries.append(state.version.id)
    if not told:
        return None
    more = f"; and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else ""
    value = BOTH if ours and theirs else WORKER if ours else COMPANION
    text = f"Planned for another visit at the same time: {'; '.join(told[:MOST_TOLD])}{more}."
    return KnownFact(name=OVERLAP, value=value, text=text, entries=tuple(sorted(entries)))


def _goes(member: Member, state: PlanState, team: Sequence[Member]) -> bool:
    return is_self(member, state.author, team) or is_companion(member, state.body, team)


def _comes(companion: Companion, state: PlanState, team: Sequence[Member]) -> bool:
    """Whether somebody who comes along goes there too: by their key, else by the name as it was written."""
    members = [one for one in team if companion.key == one.fingerprint]
    if any(_goes(one, state, team) for one in members):
        return True
    name = words_in(companion.name)
    return bool(name) and name in _names(state)


def _names(state: PlanState) -> Iterator[list[str]]:
    yield words_in(state.author.person.name)
    yield from (words_in(one.name) for one in state.body.visit.companions)
