"""Which messages are to be sent about a visit now, derived from the record alone (D11). Pure.

A message that the record does not show as sent is to be sent; so a watcher that was killed loses none and
repeats at most the one that it was sending. Sent is not owned: until somebody takes a step on, it goes to the
next contact, and round again. The words are in `alarm_words`; how to reach a channel is the adapter's affair.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from visitsafe.record.bodies import EscalatedBody, NotifiedBody, ReportBody, Rung
from visitsafe.record.terms import ANSWERERS, Outcome, Role
from visitsafe.state.duties import to_tell
from visitsafe.state.fold import PlanState
from visitsafe.state.ladder import CLOCKS_APART, WORKER, is_overdue, owned_level, owner, schedule, unowned
from visitsafe.state.visit import Alarm, Event
from visitsafe.team.people import Member, as_heard, meant_by
from visitsafe.team.roster import is_companion, is_self, selves
from visitsafe.text.clean import quoted
from visitsafe.text.clock import from_text

LINE_MANAGER = "line-manager"
"""With `WORKER`, those in a ladder's `who` that are no role of the team."""
GROUPS = (Role.DUTY.value, Role.MANAGER.value, LINE_MANAGER, WORKER)
"""Whom a channel can reach, besides one person."""


class Channel(msgspec.Struct, frozen=True):
    """A way to reach somebody, in the order of the desk's settings.

    Attributes:
        label: What the record calls it; unique. Its address and secrets stay in the settings.
        who: One of `GROUPS`, or a person: as the desk spells them, and of those who are `living` by e-mail.
        address: Whether the agency lets the address of a visit go out on it.
    """

    label: str
    who: str
    address: bool = False


class Contacts(msgspec.Struct, frozen=True):
    """Whom the desk can reach.

    Attributes:
        channels: In the order in which they are tried.
        line_managers: A worker to their line manager; spelt as in `Channel`.
    """

    channels: tuple[Channel, ...] = ()
    line_managers: Mapping[str, str] = {}


def living(contacts: Contacts, members: Mapping[str, Member]) -> Contacts:
    """The contacts with people by e-mail, without those who are not in the team now, or have no role for it.

    Args:
        contacts: As the desk's settings have them.
        members: The team, by fingerprint.
    """
    return _sorted_out(contacts, members)[0]


def dead(contacts: Contacts, members: Mapping[str, Member]) -> list[str]:
    """What `living` leaves out, a sentence each.

    Args:
        contacts: As the desk's settings have them.
        members: The team, by fingerprint.
    """
    return _sorted_out(contacts, members)[1]


def unreached(contacts: Contacts, members: Mapping[str, Member]) -> list[str]:
    """A sentence for each line manager who has no channel; their step goes to the managers instead."""
    found = living(contacts, members)
    reached = {as_heard(channel.who) for channel in found.channels}
    return [
        f"the line manager {quoted(manager)} has no [[notify]] entry; the managers are told instead"
        for manager in dict.fromkeys(found.line_managers.values())
        if as_heard(manager) not in reached
    ]


def _sorted_out(contacts: Contacts, members: Mapping[str, Member]) -> tuple[Contacts, list[str]]:
    channels: list[Channel] = []
    managers: dict[str, str] = {}
    said: list[str] = []
    for one in contacts.channels:
        found = one.who if one.who in GROUPS else _person(one.who, members)
        if isinstance(found, Member) and found.roles:
            channels.append(msgspec.structs.replace(one, who=found.person.email))
        elif found in GROUPS:
            channels.append(one)
        else:
            why = f"{quoted(one.who)} has no role in the team" if isinstance(found, Member) else found
            said.append(f"the channel {quoted(one.label)} is not used: {why}")
    for name, theirs in contacts.line_managers.items():
        worker, manager = _person(name, members), _person(theirs, members)
        told = f"[line-managers] {quoted(name)} is not used"
        if not isinstance(worker, Member):
            said.append(f"{told}: {worker}")
        elif not isinstance(manager, Member) or Role.MANAGER not in manager.roles:
            why = manager if isinstance(manager, str) else f"{quoted(theirs)} is no manager"
            said.append(f"{told}: {why}; the managers are told instead")
        elif worker.same_person(manager):
            said.append(f"{told}: nobody is their own line manager; the managers are told instead")
        else:
            managers[worker.person.email] = manager.person.email
    return Contacts(tuple(channels), managers), said


def _person(who: str, members: Mapping[str, Member]) -> Member | str:
    """A member with the roles of all their keys, found as every command finds people; or why it is nobody."""
    found = meant_by(who, members.values())
    mails = {one.mail for one in found}
    if len(mails) == 1:
        own = [one.roles for one in members.values() if one.mail in mails]
        return msgspec.structs.replace(found[0], roles=frozenset().union(*own))
    if mails:
        return f"more than one person in the team is called {quoted(who)}: name them by e-mail"
    if "@" in who:
        return f"nobody in the team has the e-mail {quoted(who)} now"
    from difflib import get_close_matches

    near = get_close_matches(who.lower(), GROUPS, 1)
    return f"nobody in the team is called {quoted(who)} now{f'; is it {near[0]}?' if near else ''}"


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
    others = [one for one in members.values() if one.roles.isdisjoint(ANSWERERS)]
    called = {WORKER, *(as_heard(one.person.email) for one in others)}
    return [one for one in contacts.channels if as_heard(one.who) not in called]


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
        knowing = (one for one in members.values() if not one.roles.isdisjoint(ANSWERERS))
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


REPEAT, LONGEST_REPEAT, REMIND = timedelta(minutes=2), timedelta(minutes=15), timedelta(minutes=15)
BACK_OFF = tuple(timedelta(seconds=seconds) for seconds in (30, 60, 120, 240, 480))
STALE = timedelta(hours=24)
"""After this long nobody is told any more of an alarm's end, a drill, or an incident that was talked over."""


class Message(msgspec.Struct, frozen=True):
    """A message to be sent.

    Attributes:
        about: The entry that it is about: `escalated`, `acknowledged`, `stood-down`, `back`, `incident`, or
            a report of something that is not as it was agreed.
        channel: Where to.
        round: 0 for the first round of contacts about it, then 1, 2, 3.
        attempt: 1, 2, 3 where it failed before.
        all_clear: Whether it says that the alarm is over.
        drill: The drill's id, if it is only a drill.
        hushed: Whether somebody on this visit is under duress on another one: they must not be rung.
        may_know: Whether whoever is reached may know of that.
        incident: Whether it is about an incident, which belongs to no alarm.
        changed: Whether it is about something that is not as it was agreed, which belongs to none either.
    """

    about: str
    channel: Channel
    round: int = 0
    attempt: int = 1
    all_clear: bool = False
    drill: str = ""
    hushed: bool = False
    may_know: bool = False
    incident: bool = False
    changed: bool = False


def messages_due(
    state: PlanState,
    contacts: Contacts,
    members: Mapping[str, Member],
    now: datetime,
    hushed: frozenset[str] = frozenset(),
) -> list[Message]:
    """The messages to send now about one visit, the most pressing first.

    Args:
        state: The visit.
        contacts: Whom the desk can reach.
        members: The team, by fingerprint.
        now: The moment of sending.
        hushed: The keys of everybody who is under duress on any visit (`hushing.hushed_by`): nothing goes to
            a telephone of theirs, and a message about another visit of theirs does not say to ring them.
    """
    visit = state.visit
    of_alarms = visit.alarm.raised or visit.alarm.owned or len(visit.alarms) > 1 or visit.drills
    if not (of_alarms or state.after.incidents or visit.changes):
        return []  # as nearly always
    post = _Post(state, contacts, members, now, hushed)
    told = (
        post.unowned(),
        post.quiet(),
        post.reminders(),
        post.all_clears(),
        post.drills(),
        post.incidents(),
        post.changes(),
    )
    pressing = [one for messages in told for one in messages]
    if post.hush.here:
        pressing = [
            msgspec.structs.replace(one, hushed=True, may_know=post.hush.may_tell(one.channel))
            for one in pressing
        ]
    # What failed before must not hold up what has not been tried.
    return sorted(pressing, key=lambda message: message.attempt > 1)


class _Post:
    """One visit's messages at one moment."""

    def __init__(
        self,
        state: PlanState,
        contacts: Contacts,
        members: Mapping[str, Member],
        now: datetime,
        hushed: frozenset[str],
    ) -> None:
        self.state, self.members, self.now = state, members, now
        self.contacts = living(contacts, members)
        self.hush = Hush(state, members, hushed)
        self.spoken = any(isinstance(one.body, ReportBody) and one.body.duress for one in state.visit.reports)
        self.tried: dict[str, list[Event[NotifiedBody]]] = {}
        alarms = (*state.visit.alarms, *state.visit.drills.values())
        for one in (*(one for alarm in alarms for one in alarm.sent), *state.after.told, *state.visit.told):
            self.tried.setdefault(one.body.about, []).append(one)

    def unowned(self) -> Iterable[Message]:
        """About the steps that nobody has taken on: one contact after the other, the highest step first."""
        if self.state.closed:
            return
        level = self.state.visit.level
        for one in sorted(unowned(self.state), key=lambda one: -level(one.body.step)):
            channels = self._of_step(one)
            if channels:
                yield from self._rounds(one, channels)

    def quiet(self) -> Iterable[Message]:
        """About the steps that nobody need take on, while they still tell something true."""
        visit, taken = self.state.visit, owned_level(self.state)
        if self.state.closed or (visit.back is not None and visit.duress is None):
            return
        true = {(due.rung.id, due.at) for due in schedule(self.state) if due.level > taken}
        for same in _grouped(visit.alarm.raised):
            rung, said = visit.rung(same[0].body.step), same[0].body
            if not rung.acknowledge and (said.step, said.due) in true:
                yield from self._once(same[0].id, self._of_step(same[0]), [one.id for one in same])

    def reminders(self) -> Iterable[Message]:
        """To whoever took an alarm on, until it is stood down or the worker is not late any more."""
        taken, visit = owner(self.state, self.now), self.state.visit
        if taken is None or self.state.closed:
            return
        if not (visit.needs_standing_down or is_overdue(self.state, self.now)):
            return
        heard = taken.body.heard
        who = self.state.people.get(heard.person) if heard else taken.author
        mine = as_heard(who.person.email) if who else ""
        channels = self._allowed(one for one in self.contacts.channels if as_heard(one.who) == mine)
        channels = channels or self._reached(visit.rung(taken.body.step))
        # By counting those that were sent: who took it on may have a clock that is years behind.
        last = self._last_round(tried := self._tried([taken.id]))
        before = [one.at for one in tried if one.body.round == last] or [taken.at]
        number = last + 1 if all(self._since(one) >= REMIND for one in before) else last
        if number >= 0:
            yield from self._once(taken.id, channels, [taken.id], number=number)

    def all_clears(self) -> Iterable[Message]:
        """To everybody who had been alarmed, once nothing is open any more."""
        visit = self.state.visit
        if visit.needs_standing_down:
            return
        for alarm in visit.alarms:
            if alarm.over is not None:
                yield from self._clear(alarm, alarm.over.id, alarm.over.at)
        if visit.back is not None and visit.closed == visit.back.id:
            yield from self._clear(visit.alarm, visit.back.id, visit.back.at, is_back=True)

    def drills(self) -> Iterable[Message]:
        """One message to each contact of each step, and one when it is over."""
        for drill, alarm in self.state.visit.drills.items():
            if alarm.over is not None:
                yield from self._clear(alarm, alarm.over.id, alarm.over.at, drill=drill)
                continue
            for same in _grouped(alarm.raised):
                if not self._is_stale(same[0].at):
                    channels, ids = self._of_step(same[0]), [one.id for one in same]
                    yield from self._once(same[0].id, channels, ids, drill=drill)

    def incidents(self) -> Iterable[Message]:
        """One message about each incident to each channel of the managers, the visit over or not."""
        for said, ids in to_tell(self.state.after):
            mine = as_heard(said.author.person.email)
            others = [one for one in self._reached_by((Role.MANAGER,)) if as_heard(one.who) != mine]
            is_past = self._is_stale(said.at) and said.id not in self.state.after.not_talked_over
            for one in self._once(said.id, () if is_past else others, ids):
                yield msgspec.structs.replace(one, incident=True)

    def changes(self) -> Iterable[Message]:
        """One message about each thing that is not as it was agreed: to who agreed to it, or the managers."""
        for said in self.state.visit.changes:
            mine = as_heard(said.author.person.email)
            to = (
                []
                if self._is_stale(said.at)
                else [one for one in self._agreed() if as_heard(one.who) != mine]
            )
            for one in self._once(said.id, to, [said.id]):
                yield msgspec.structs.replace(one, changed=True)

    def _agreed(self) -> list[Channel]:
        author = self.state.decision.author if self.state.decision else None
        member = self.members.get(author.fingerprint) if author else None
        called = as_heard(member.person.email) if member and Role.MANAGER in member.roles else ""
        theirs = [one for one in self.contacts.channels if as_heard(one.who) == called]
        return self._allowed(theirs) or self._reached_by((Role.MANAGER,))

    def _rounds(self, raised: Event[EscalatedBody], channels: Sequence[Channel]) -> Iterable[Message]:
        """The next round of a step, if it is time for it, and what failed in this one."""
        same = [one for group in _grouped(self.state.visit.alarm.raised) if raised in group for one in group]
        tried = self._tried(one.id for one in same)
        last, count = self._last_round(tried), len(channels)
        at_once = self.state.visit.duress is not None and last + 1 < count
        of_last = [one for one in tried if one.body.round == last]
        if last < 0 or at_once or self._is_time_for_next(last, of_last, count):
            yield Message(about=raised.id, channel=channels[(last + 1) % count], round=last + 1)
        for number in range(max(0, last + 1 - count), last + 1):
            yield from self._again(raised.id, channels[number % count], tried, number)

    def _is_time_for_next(self, number: int, tried: Sequence[Event[NotifiedBody]], count: int) -> bool:
        first = min(tried, key=lambda one: (one.body.attempt, one.at))
        # The word of somebody on the visit that others were told must not keep them from being told.
        theirs = self.hush.is_of_the_visit(first.author)
        if (theirs or first.body.outcome is Outcome.FAILED) and (number + 1) % count:
            return True  # the next contact has not been tried in this cycle
        wait = min(REPEAT * (1 << min(number // count, 3)), LONGEST_REPEAT)
        return self._since(first.at) >= (REPEAT if theirs else wait)

    def _last_round(self, tried: Sequence[Event[NotifiedBody]]) -> int:
        """The last of the rounds from 0 on; a number far beyond was written by no watcher."""
        rounds = {one.body.round for one in tried}
        return next(number for number in range(len(rounds) + 1) if number not in rounds) - 1

    def _once(
        self, about: str, channels: Sequence[Channel], ids: Iterable[str], *, number: int = 0, drill: str = ""
    ) -> Iterable[Message]:
        """One message to each channel, and what failed again."""
        tried = self._tried(ids)
        for channel in channels:
            if not any(one.body.channel == channel.label and one.body.round == number for one in tried):
                yield Message(about=about, channel=channel, round=number, drill=drill)
            yield from self._again(about, channel, tried, number, drill)

    def _again(
        self,
        about: str,
        channel: Channel,
        tried: Sequence[Event[NotifiedBody]],
        number: int,
        drill: str = "",
        *,
        all_clear: bool = False,
    ) -> Iterable[Message]:
        """A message that failed and is to be tried again now."""
        mine = [one for one in tried if one.body.channel == channel.label and one.body.round == number]
        if not mine or any(one.body.outcome is Outcome.SENT for one in mine):
            return
        last = max(mine, key=lambda one: (one.body.attempt, one.at))
        attempt = min(last.body.attempt, len(mine))
        if attempt <= len(BACK_OFF) and self._since(last.at) >= BACK_OFF[max(attempt, 1) - 1]:
            yield Message(
                about=about,
                channel=channel,
                round=number,
                attempt=attempt + 1,
                drill=drill,
                all_clear=all_clear,
            )

    def _clear(
        self, alarm: Alarm, about: str, at: str, *, is_back: bool = False, drill: str = ""
    ) -> Iterable[Message]:
        """The all-clear to each channel on which a message about an alarm had gone out."""
        if self._is_stale(at):
            return
        ids = {one.id for one in (*alarm.raised, *alarm.owned)}
        told = {
            one.body.channel
            for one in alarm.sent
            if one.body.about in ids and one.body.outcome is Outcome.SENT
        }
        tried = self._tried([about])
        for channel in self.contacts.channels:
            mine = (is_back or self.spoken) and self.hush.rings_on_the_visit(channel)
            if channel.label not in told or mine or self.hush.silences(channel):
                continue
            if not any(one.body.channel == channel.label for one in tried):
                yield Message(about=about, channel=channel, all_clear=True, drill=drill)
            yield from self._again(about, channel, tried, 0, drill, all_clear=True)

    def _of_step(self, raised: Event[EscalatedBody]) -> list[Channel]:
        return self._reached(self.state.visit.rung(raised.body.step))

    def _reached(self, rung: Rung) -> list[Channel]:
        if self.hush.here and set(rung.who) == {WORKER}:
            return []  # what only asks the worker to report is asked of nobody else
        return self._reached_by(rung.who)

    def _reached_by(self, who: Sequence[str]) -> list[Channel]:
        found = self._allowed(reached_by(who, self.state.author, self.members, self.contacts))
        return found or self._allowed(anybody(self.members, self.contacts))

    def _allowed(self, channels: Iterable[Channel]) -> list[Channel]:
        """Under duress nothing goes to a telephone that may lie in that house."""
        return [one for one in channels if not self.hush.silences(one)]

    def _tried(self, ids: Iterable[str]) -> list[Event[NotifiedBody]]:
        return [one for name in dict.fromkeys(ids) for one in self.tried.get(name, ())]

    def _since(self, at: str) -> timedelta:
        """How long ago something was; one that lies ahead was told by a wrong clock, and is long past."""
        passed = self.now - from_text(at)
        return passed if passed >= -CLOCKS_APART else LONGEST_REPEAT

    def _is_stale(self, at: str) -> bool:
        return self.now - from_text(at) > STALE


def _grouped(raised: Iterable[Event[EscalatedBody]]) -> list[list[Event[EscalatedBody]]]:
    """The same step at the same time, raised by two watchers who had not seen each other, is one step."""
    groups: dict[tuple[str, str], list[Event[EscalatedBody]]] = {}
    for one in raised:
        groups.setdefault((one.body.step, one.body.due), []).append(one)
    return list(groups.values())
