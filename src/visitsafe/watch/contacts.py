"""Whom the desk can reach, and in which order a step of the ladder tries them (D11). Pure.

Addresses and secrets stay in the desk's settings; here a channel is its label and whose it is.
"""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from visitsafe.record.kinds import Role
from visitsafe.state.alarm import WORKER
from visitsafe.state.rules import OPENERS
from visitsafe.team.people import Member, as_heard
from visitsafe.text.clean import quoted

LINE_MANAGER = "line-manager"
"""With `WORKER`, those in a ladder's `who` that are no role of the team."""


class Channel(msgspec.Struct, frozen=True):
    """A way to reach somebody, in the order of the desk's settings.

    Attributes:
        label: What the record calls it; unique. Its address and secrets stay in the settings.
        who: `duty`, `manager`, `line-manager`, `lone-worker`, or a member's e-mail.
        address: Whether the agency lets the address of a visit go out on it.
    """

    label: str
    who: str
    address: bool = False


class Contacts(msgspec.Struct, frozen=True):
    """Whom the desk can reach.

    Attributes:
        channels: In the order in which they are tried.
        line_managers: A worker's e-mail to their line manager's.
    """

    channels: tuple[Channel, ...] = ()
    line_managers: Mapping[str, str] = {}


def living(contacts: Contacts, members: Mapping[str, Member]) -> Contacts:
    """The contacts without people who are not in the team now, or have no role for it: they hear of nothing.

    Args:
        contacts: As the desk's settings have them.
        members: The team, by fingerprint.
    """
    roles = _roles_of(members)
    return Contacts(
        tuple(one for one in contacts.channels if "@" not in one.who or roles.get(as_heard(one.who))),
        {
            worker: manager
            for worker, manager in contacts.line_managers.items()
            if as_heard(worker) in roles and Role.MANAGER in roles.get(as_heard(manager), ())
        },
    )


def dead(contacts: Contacts, members: Mapping[str, Member]) -> list[str]:
    """What `living` leaves out, a sentence each.

    Args:
        contacts: As the desk's settings have them.
        members: The team, by fingerprint.
    """
    roles, used = _roles_of(members), living(contacts, members)
    said = [
        f"the channel {quoted(one.label)} is not used: {_why_not(one.who, roles)}"
        for one in contacts.channels
        if one not in used.channels
    ]
    for worker, manager in contacts.line_managers.items():
        if worker not in used.line_managers:
            who = manager if as_heard(worker) in roles else worker
            instead = "; the managers are told instead" if who == manager else ""
            said.append(f"[line-managers] {quoted(worker)} is not used: {_why_not(who, roles)}{instead}")
    return said


def _why_not(who: str, roles: Mapping[str, Collection[str]]) -> str:
    if as_heard(who) not in roles:
        return f"nobody in the team has the e-mail {quoted(who)} now"
    return f"{quoted(who)} {'is no manager' if roles[as_heard(who)] else 'has no role in the team'}"


def _roles_of(members: Mapping[str, Member]) -> dict[str, set[Role]]:
    """By e-mail; one person may have several keys."""
    found: dict[str, set[Role]] = {}
    for one in members.values():
        found.setdefault(as_heard(one.person.email), set()).update(one.roles)
    return found


def reached_by(
    who: Sequence[str], worker: Member, members: Mapping[str, Member], contacts: Contacts
) -> list[Channel]:
    """The channels for a step's `who`, in the order in which they are tried; never empty while there is one.

    Args:
        who: Roles, `line-manager`, `lone-worker` or names of people, as the ladder names them.
        worker: Whose visit it is.
        members: The team, by fingerprint.
        contacts: The desk's channels.
    """
    found: list[Channel] = []
    for name in who:
        found += (one for one in _channels_of(name, worker, members, contacts) if one not in found)
    if not found and set(who) == {
        WORKER
    }:  # not everybody's telephone for each reminder: the desk passes it on
        found = _channels_of(Role.DUTY, worker, members, contacts)
    return found or anybody(members, contacts)


def _channels_of(
    name: str, worker: Member, members: Mapping[str, Member], contacts: Contacts
) -> list[Channel]:
    """The channels of one that a ladder names, in the order of the settings."""
    if name == WORKER:
        called = {WORKER, as_heard(worker.person.email)}
    elif name == LINE_MANAGER:
        mine = as_heard(worker.person.email)
        of = [theirs for email, theirs in contacts.line_managers.items() if as_heard(email) == mine]
        theirs = [one for one in contacts.channels if as_heard(one.who) in {as_heard(email) for email in of}]
        return theirs or _channels_of(Role.MANAGER, worker, members, contacts)
    else:
        holders = [
            one
            for one in members.values()
            if (name in one.roles or one.answers_to(name)) and not one.same_person(worker)
        ]
        called = {name, *(as_heard(one.person.email) for one in holders)}
    return [one for one in contacts.channels if as_heard(one.who) in called]


def anybody(members: Mapping[str, Member], contacts: Contacts) -> list[Channel]:
    """Every channel that is not one of somebody who may be out alone themselves."""
    others = [one for one in members.values() if one.roles.isdisjoint(OPENERS)]
    called = {WORKER, *(as_heard(one.person.email) for one in others)}
    return [one for one in contacts.channels if as_heard(one.who) not in called]
