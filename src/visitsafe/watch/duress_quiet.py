"""Whose telephones stay silent because somebody is under duress, on whichever of their visits (D15). Pure.

Whoever holds a worker does not care which visit a message is about. So nothing goes to anybody who is under
duress, nor to a companion there, and messages about their other visits do not say to ring them. Why not is
told only on channels of those who may know of duress: managers and duty officers who are not in it.
"""

from collections.abc import Iterable, Mapping

from visitsafe.record.kinds import Role
from visitsafe.state.alarm import WORKER
from visitsafe.state.fold import PlanState
from visitsafe.state.rules import OPENERS
from visitsafe.team.people import Member, as_heard
from visitsafe.team.roster import is_companion, is_self, selves
from visitsafe.watch.contacts import LINE_MANAGER, Channel


def hushed_by(states: Iterable[PlanState], members: Mapping[str, Member]) -> frozenset[str]:
    """The keys of everybody who is under duress: the workers of these visits and whoever goes along.

    Args:
        states: The visits that are watched; those without duress add nobody.
        members: The team, by fingerprint.
    """
    found: set[str] = set()
    for state in states:
        if state.visit.duress is not None:
            found |= _keys(state, members)
    return frozenset(found)


def _keys(state: PlanState, members: Mapping[str, Member]) -> set[str]:
    """The keys of those who are on a visit."""
    team = list(members.values())
    beside = [one.fingerprint for one in team if is_companion(one, state.anybody_along, team)]
    return {state.author.fingerprint, *(one.fingerprint for one in selves(state.author, team)), *beside}


class Hush:
    """What the duress of people anywhere means for the messages about one visit.

    Attributes:
        here: Whether somebody on this visit is under duress on another one.
    """

    def __init__(self, state: PlanState, members: Mapping[str, Member], hushed: frozenset[str]) -> None:
        elsewhere = bool(hushed) and state.visit.duress is None
        self.here = elsewhere and not _keys(state, members).isdisjoint(hushed)
        people = [one for one in members.values() if one.fingerprint in hushed]
        self._silent = {as_heard(one.person.email) for one in people}
        knowing = (one for one in members.values() if not one.roles.isdisjoint(OPENERS))
        self._knowing = {as_heard(one.person.email) for one in knowing} - self._silent
        self._knowing |= {Role.MANAGER, Role.DUTY, LINE_MANAGER}
        self._state, self._team = state, list(members.values())
        self._careful = self.here or state.visit.duress is not None

    def is_of_the_visit(self, who: Member) -> bool:
        """Whether somebody makes this visit or goes along on it."""
        return is_self(who, self._state.author, self._team) or is_companion(
            who, self._state.anybody_along, self._team
        )

    def rings_on_the_visit(self, channel: Channel) -> bool:
        """Whether a channel reaches the worker of this visit or whoever goes along."""
        who = as_heard(channel.who)
        if who in {WORKER, as_heard(self._state.author.person.email)}:
            return True
        return any(
            as_heard(one.person.email) == who and is_companion(one, self._state.anybody_along, self._team)
            for one in self._team
        )

    def silences(self, channel: Channel) -> bool:
        """Whether a channel may ring where somebody is under duress, on this visit or on another."""
        if as_heard(channel.who) in self._silent:
            return True
        return self._careful and self.rings_on_the_visit(channel)

    def may_tell(self, channel: Channel) -> bool:
        """Whether those whom a channel reaches may know of duress."""
        return as_heard(channel.who) in self._knowing
