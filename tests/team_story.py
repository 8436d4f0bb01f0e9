"""Steps of a `Story` that change the team, and the order in which entries reached a store."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from story import ADA, Actor, Story
from visitsafe.record.bodies import AgreedBody, KeyReplacedBody, RevokedBody, RoleChangedBody
from visitsafe.record.entry import Verified
from visitsafe.record.kinds import Kind
from visitsafe.state.fold import PlanState, fold
from visitsafe.team.roster import Roster


def said(story: Story, by: Actor, kind: str, body: msgspec.Struct, at: datetime | None = None) -> Story:
    """Any entry of the team, fitting or not; the clock goes on from `at`."""
    return (replace(story, at=at) if at else story)._team_entry(by, kind, body)


def revoked(
    story: Story, who: Actor, by: Actor = ADA, at: datetime | None = None, why: str = "Left."
) -> Story:
    """A key ends."""
    return said(story, by, Kind.REVOKED, RevokedBody(key=who.fingerprint, reason=why), at)


def changed(story: Story, who: Actor, *roles: str, by: Actor = ADA, at: datetime | None = None) -> Story:
    """A member has other roles."""
    return said(story, by, Kind.ROLE_CHANGED, RoleChangedBody(key=who.fingerprint, roles=roles), at)


def replaced(
    story: Story, old: Actor, new: Actor, by: Actor | None = None, at: datetime | None = None
) -> Story:
    """A new key for a member; the old key signs unless `by` says otherwise."""
    body = KeyReplacedBody(old=old.fingerprint, person=new.person)
    return said(story, by or old, Kind.KEY_REPLACED, body, at)


def agreed(story: Story, by: Actor = ADA, at: datetime | None = None, **fields: Any) -> Story:
    """The team agrees on something."""
    return said(story, by, Kind.AGREED, AgreedBody(**fields), at)


def arrivals(*copies: Story) -> dict[str, int]:
    """The order in which a store that takes in these copies, one after another, gets their entries."""
    found: dict[str, int] = {}
    for copy in copies:
        for entry in (*copy.team, *copy.entries):
            found.setdefault(entry.id, len(found) + 1)
    return found


def at_a_store(*copies: Story) -> Roster:
    """The team at a store that took in these copies, one after another."""
    return Roster(union(*copies).team, copies[0].team[0].id, arrivals(*copies))


def plan_at_a_store(*copies: Story) -> PlanState:
    """The plan at such a store."""
    joined = union(*copies)
    plan = next(copy.plan for copy in copies if copy.plan)
    return fold(plan, joined.entries, at_a_store(*copies), (), arrivals(*copies))


def union(*copies: Story) -> Story:
    """All copies together."""
    joined = copies[0]
    for copy in copies[1:]:
        joined = joined | copy
    return joined


def roles(roster: Roster, who: Actor) -> set[str] | None:
    """What somebody may do now; None for who is not in the team."""
    member = roster.members.get(who.fingerprint)
    return None if member is None else {str(role) for role in member.roles}


def shuffled(entries: Iterable[Verified], order: list[int]) -> list[Verified]:
    """The entries in another order."""
    return [entry for _, entry in sorted(zip(order, entries, strict=True), key=lambda pair: pair[0])]
