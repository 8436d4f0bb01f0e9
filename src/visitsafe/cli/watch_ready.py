"""What a desk still lacks to be ready for an alarm, said when the watch begins and not at the first alarm."""

from collections.abc import Iterator

from visitsafe.desk import Desk
from visitsafe.record.agent import HARDWARE
from visitsafe.record.terms import Role
from visitsafe.settings import Settings
from visitsafe.state.ladder import WORKER
from visitsafe.state.phrases import whose
from visitsafe.team.people import as_heard
from visitsafe.watch.notify import Reach, check_channels
from visitsafe.watch.outbox import dead, living, unreached

NO_CHANNELS = (
    "there are no channels to send messages on: only this screen tells, and somebody has to look at it all "
    "the time"
)
ADD_CHANNEL = (
    'add lines to settings.toml, for each channel: [[notify]], label = "duty mailbox", who = "duty", '
    'url = "mailtos://..." (as Apprise writes it); then: visitsafe watch --drill'
)


_ROLES = {
    Role.DUTY: "their messages go to all other channels",
    Role.MANAGER: "their messages go to all other channels",
    Role.PRACTITIONER: "reminders to the lone worker go to the duty desk",
}


def lacking(desk: Desk, reach: Reach, settings: Settings) -> Iterator[str]:
    """What is missing, as sentences; what cannot be used comes first."""
    yield from (
        f"NOT USED: {fault}; mend {settings.file} and start the watch again" for fault in reach.faults
    )
    yield from reach.warnings
    members = desk.roster.members
    yield from dead(reach.contacts, members)
    yield from unreached(reach.contacts, members)
    if not living(reach.contacts, members).channels:
        yield f"{NO_CHANNELS}: {ADD_CHANNEL}"
    else:
        yield from check_channels(reach.urls)
        yield from _without_channel(desk, reach)
    agreed = desk.roster.settings
    if not agreed.desk_phone:
        yield "no desk telephone is agreed, so no message names one: visitsafe team set --desk-phone NUMBER"
    if agreed.duress is None:
        yield "no duress phrase is agreed: visitsafe team duress --set"
    for role in (Role.DUTY, Role.MANAGER):
        if not desk.roster.with_role(role):
            yield f"nobody in the team is a {whose((role,))}"
    if settings.via == HARDWARE:
        yield "your key wants a touch each time it signs, and the watch signs all the time: use another key"


def _without_channel(desk: Desk, reach: Reach) -> Iterator[str]:
    """The roles that no channel of their own reaches, and where their messages go instead."""
    channels = living(reach.contacts, desk.roster.members).channels
    called = {as_heard(channel.who) for channel in channels}
    for role, instead in _ROLES.items():
        emails = {as_heard(one.person.email) for one in desk.roster.with_role(Role(role))}
        own = {role, WORKER} if role == Role.PRACTITIONER else {role}
        if called.isdisjoint(own | emails):
            yield f"no channel reaches the {whose((role,))}: {instead}"
