"""Which entries of the team's stream count (docs/record-format.md section 4, docs/adr/0010-roster.md). Pure.

An entry needs an author who was an admin by what they had seen, and from whom nothing took that away
meanwhile. A time is only a claim: where something later took it away unseen, the entry needs a witness. Two
entries can each take away the other's author: then the one that reached this store last gives way or, where
nothing is known about that, the later one in order. Everything else is the same in every order of arrival.
Nothing may leave the team without an admin.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from visitsafe.record.entry import Verified
from visitsafe.record.kinds import Kind, Role
from visitsafe.team.members import Member
from visitsafe.team.resolve_ledger import Ledger
from visitsafe.team.resolve_statements import Statement

NOT_AN_ADMIN = "was not made by an admin of this team"
NOT_A_MANAGER = "was not made by a manager of this team"
TAKEN_AWAY = "does not count: its author was not an admin any more when it was made"
NO_WITNESS = (
    "does not count: its author's key or role was taken away, and nobody else's entry shows that it is older"
)
GIVES_WAY = "does not count: it and an entry that came before it take away each other's author"
NO_ADMIN_LEFT = "does not count: it would leave the team without an admin"
COMES_BACK = "does not count: the key has been revoked or replaced, and such a key never comes back"
NO_MEMBER = "does not count: it is about a key that is not in the team"
KNOWN_KEY = "does not count: the new key has been in the team before"
OTHER_PERSON = "does not count: the new key is of another person"
_NEVER = float("inf")
ADMINS, NOBODYS = frozenset({Role.ADMIN}), frozenset[Role]()
KEEPERS = frozenset({Role.ADMIN, Role.MANAGER})
"""Who may hold a case, so that nothing of it is removed, and release it."""
MANAGERS = frozenset({Role.MANAGER})
"""Who may look at what managers owe, and sign it."""


class Verdict(NamedTuple):
    """Why an entry does not count (empty if it does), and the entries that have to be decided first."""

    why_not: str = ""
    waits: int = 0


def count(ledger: Ledger, team_id: str, arrived: Mapping[str, int]) -> dict[str, str]:
    """Mark in the ledger which entries count.

    Args:
        ledger: What the entries say.
        team_id: The founding entry.
        arrived: Entry id to its position in order of arrival, where that is known.

    Returns:
        For each entry that does not count, why.
    """
    barred: dict[str, str] = {}
    while True:
        counting = _Counting(ledger, team_id, arrived, barred)
        if _has_admin(ledger, ledger.counted):
            return counting.refused
        barred[_emptied_by(ledger)] = NO_ADMIN_LEFT


def _has_admin(ledger: Ledger, mask: int) -> bool:
    members = (ledger.member(key, mask) for key in ledger.keys)
    return any(member is not None and Role.ADMIN in member.roles for member in members)


def _emptied_by(ledger: Ledger) -> str:
    """The first entry in order after which nobody was left who could repair the team."""
    mask = 0
    for entry in ledger.order.within(ledger.counted):
        mask |= ledger.bit(entry.id)
        if not _has_admin(ledger, mask):
            return entry.id
    raise AssertionError("the whole has an admin, and the founder was one")


class _Counting:
    """One pass of decisions: entries are decided as soon as nothing undecided bears on them."""

    def __init__(
        self, ledger: Ledger, team_id: str, arrived: Mapping[str, int], barred: Mapping[str, str]
    ) -> None:
        self.refused = dict(barred)
        self._ledger, self._arrived = ledger, arrived
        self._leans: dict[str, dict[str, int]] = {}
        self._dismissed: set[str] = set()
        ledger.begin(team_id)
        undecided = [one for one in ledger.readable if one.id != team_id and one.id not in barred]
        self._open = sum(ledger.bit(entry.id) for entry in undecided)
        while undecided:
            waiting = self._sweep(undecided)
            if len(waiting) == len(undecided):
                self._break_circle(waiting)
            undecided = [entry for entry in undecided if self._open & ledger.bit(entry.id)]

    def _sweep(self, undecided: list[Verified]) -> dict[str, int]:
        waiting: dict[str, int] = {}
        self._leans.clear()
        for entry in undecided:
            verdict = self._verdict(entry)
            if verdict.waits:
                waiting[entry.id] = verdict.waits
            else:
                self._close(entry.id, verdict.why_not)
        return waiting

    def _close(self, name: str, why_not: str) -> None:
        self._open &= ~self._ledger.bit(name)
        if why_not:
            self.refused[name] = why_not
        else:
            self._ledger.take(name)

    def _verdict(self, entry: Verified) -> Verdict:
        past, by = self._ledger.past(entry.id), entry.content.by
        if past & self._open:
            return Verdict(waits=past & self._open)
        need = _needed(entry)
        author = self._ledger.member(by, past)
        if not _may(author, need) or author is None:
            return Verdict(NOT_A_MANAGER if need is MANAGERS else NOT_AN_ADMIN)
        threat = self._threat(entry, author, need)
        if threat.why_not or threat.waits:
            return threat
        if not _may(self._ledger.author(entry), need):
            return Verdict(TAKEN_AWAY)
        return Verdict(next((why for one in self._ledger.of(entry.id) if (why := self._fault(one))), ""))

    def _threat(self, entry: Verified, author: Member, need: AbstractSet[Role]) -> Verdict:
        """What takes the author's right away beside this entry: counted and not outweighed, or undecided."""
        at, ledger = entry.content.at, self._ledger
        said = ledger.said(entry.content.by, ledger.counted | self._open)
        beside = [one for one in said if ledger.concurrent(entry.id, one.id)]
        waits = 0
        if any(one.takes(need) and one.at <= at for one in beside):
            waits = self._undecided(one for one in beside if one.at <= at)
        for one in beside:
            if one.takes(need) and one.at > at:
                proven, unsure = self._witnessed(entry, author, one)
                if not (proven or unsure or self._undecided([one])):
                    return Verdict(NO_WITNESS)
                waits |= 0 if proven else unsure | self._undecided([one])
        return Verdict(waits=waits)

    def _witnessed(self, entry: Verified, author: Member, taking: Statement) -> tuple[bool, int]:
        """Whether somebody else shows that an entry is older than what took its author's right away.

        A witness follows the entry, claims not to be later than the taking, is another person whom the one
        who took it away knew, and has a key that has not ended but by somebody who had seen the witness.

        Returns:
            Whether there is one, and the undecided entries on which that may depend.
        """
        ledger, known, unsure = self._ledger, self._ledger.past(taking.id), 0
        if known & self._open:
            return False, ledger.bit(taking.id)
        for later in ledger.order.entries:
            if later.content.at > taking.at or not ledger.order.seen(entry.id, later.id):
                continue
            if later.id in self._dismissed:
                continue
            witness = ledger.member(later.content.by, known)
            if witness is None or witness.same_person(author):
                continue
            ends = [
                one
                for one in ledger.said(later.content.by, ledger.counted | self._open)
                if one.ends and one.id != later.id and not ledger.order.seen(later.id, one.id)
            ]
            if not ends:
                return True, 0
            if all(self._undecided([one]) for one in ends):
                unsure |= self._undecided(ends)
                self._leans.setdefault(entry.id, {})[later.id] = self._undecided(ends)
        return False, unsure

    def _undecided(self, said: Iterable[Statement]) -> int:
        bits = 0
        for one in said:
            bits |= self._ledger.bit(one.id) & self._open
        return bits

    def _fault(self, one: Statement) -> str:
        """What is wrong with a statement by what its author had seen. A revocation needs nothing."""
        ledger, past = self._ledger, self._ledger.past(one.id)
        if one.heir_of:
            old = ledger.member(one.heir_of, past)
            if old is None or one.person is None:
                return NO_MEMBER
            if ledger.ever(one.key, past) or ledger.ended(one.key, past):
                return KNOWN_KEY
            new = Member(one.person, one.key, frozenset(), one.at)
            return "" if new.same_person(old) else OTHER_PERSON
        if one.person is not None:
            return COMES_BACK if ledger.ended(one.key, past) else ""
        return "" if one.ends or ledger.member(one.key, past) else NO_MEMBER

    def _break_circle(self, waiting: Mapping[str, int]) -> None:
        """Entries wait for each other: what came last of all that keeps them waiting gives way.

        That is an entry that takes a right away, or a witness whose own key they may end.
        """
        bit, past = self._ledger.bit, self._ledger.past
        reach = {name: self._reach(name, waiting) for name in waiting}
        circle = next(
            [other for other in waiting if reach[name] & bit(other)]
            for name in waiting
            if all(reach[other] & bit(name) for other in waiting if reach[name] & bit(other))
        )
        awaited = {name: sum(bit(other) for other in circle) & waiting[name] & ~past(name) for name in circle}
        taking = [name for name in circle if any(bits & bit(name) for bits in awaited.values())]
        leaning = [
            witness
            for name in circle
            for witness, ends in self._leans.get(name, {}).items()
            if ends & awaited[name] and witness not in self._dismissed
        ]
        last = max([*taking, *leaning], key=lambda name: (self._arrived.get(name, _NEVER), bit(name)))
        if last in leaning:
            self._dismissed.add(last)
        else:
            self._close(last, GIVES_WAY)

    def _reach(self, name: str, waiting: Mapping[str, int]) -> int:
        """Everything that an entry waits for, and what that waits for, and so on."""
        found, todo = 0, waiting[name]
        while todo:
            lowest = todo & -todo
            found |= lowest
            entry = self._ledger.order.entries[lowest.bit_length() - 1]
            todo = (todo | waiting[entry.id]) & ~found
        return found


def _needed(entry: Verified) -> frozenset[Role]:
    """The roles of which the author of an entry needs one; none if any member will do."""
    if entry.content.kind in {Kind.HELD, Kind.RELEASED}:
        return KEEPERS
    if entry.content.kind == Kind.AUDITED:
        return MANAGERS
    return NOBODYS if _replaces_own(entry) else ADMINS


def _replaces_own(entry: Verified) -> bool:
    content = entry.content
    return content.kind == Kind.KEY_REPLACED and content.body.get("old") == content.by


def _may(author: Member | None, need: AbstractSet[Role]) -> bool:
    return author is not None and (not need or not need.isdisjoint(author.roles))
