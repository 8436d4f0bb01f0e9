"""Which entries of the team's stream count (docs/record-format.md section 4, docs/adr/0010-roster.md). Pure.

An entry needs an author who was an admin by what they had seen, and from whom nothing took that away
meanwhile. A time is only a claim: where something later took it away unseen, the entry needs a witness. Two
entries can each take away the other's author: then the one that reached this store last gives way or, where
nothing is known about that, the later one in order. Everything else is the same in every order of arrival.
Nothing may leave the team without an admin.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import msgspec

from visitsafe.errors import VerificationError
from visitsafe.record.bodies import (
    AddedBody,
    AgreedBody,
    AuditedBody,
    FoundedBody,
    HeldBody,
    KeyReplacedBody,
    Person,
    Place,
    ReleasedBody,
    RevokedBody,
    RoleChangedBody,
)
from visitsafe.record.entry import Verified, body_of
from visitsafe.record.kinds import Kind
from visitsafe.record.order import Order
from visitsafe.record.terms import Role
from visitsafe.team.people import Member, fingerprint_in, known_roles

MOST_NORTH, MOST_EAST = 90, 180


class Statement(msgspec.Struct, frozen=True):
    """What one entry says about one key.

    Attributes:
        entry: The entry.
        key: The fingerprint of the key that it speaks about.
        roles: The roles that the key has from now on.
        person: Whose key it is, if the entry brings it into the team.
        heir_of: For a new key that replaces another: the other; its roles are taken over.
        ends: The key counts no more.
        why: For one that ends: why, in words.
    """

    entry: Verified
    key: str
    roles: frozenset[Role] = frozenset()
    person: Person | None = None
    heir_of: str = ""
    ends: bool = False
    why: str = ""

    @property
    def id(self) -> str:
        """The entry's id."""
        return self.entry.id

    @property
    def at(self) -> str:
        """When, by the author's clock."""
        return self.entry.content.at

    def takes(self, need: AbstractSet[Role]) -> bool:
        """Whether the key has none of these roles after it; no roles asks only whether the key has ended."""
        return self.ends or (bool(need) and not self.heir_of and need.isdisjoint(self.roles))


def statements(entry: Verified) -> tuple[Statement, ...] | None:
    """What an entry says about keys; None if its kind is not known.

    Raises:
        VerificationError: The body does not have the form of its kind.
    """
    read = _READERS.get(entry.content.kind)
    return None if read is None else read(entry)


def _founded(entry: Verified) -> tuple[Statement, ...]:
    body = body_of(entry.content, FoundedBody)
    if entry.content.after or body.person.key != entry.key:
        raise VerificationError(f"the entry {entry.id[:12]} does not found a team")
    roles = known_roles(body.roles) | {Role.ADMIN}
    return (Statement(entry, entry.content.by, roles=roles, person=body.person),)


def _added(entry: Verified) -> tuple[Statement, ...]:
    body = body_of(entry.content, AddedBody)
    key = fingerprint_in(body.person)
    return (Statement(entry, key, roles=known_roles(body.roles), person=body.person),)


def _role_changed(entry: Verified) -> tuple[Statement, ...]:
    body = body_of(entry.content, RoleChangedBody)
    return (Statement(entry, body.key, roles=known_roles(body.roles)),)


def _revoked(entry: Verified) -> tuple[Statement, ...]:
    body = body_of(entry.content, RevokedBody)
    reason = body.reason.strip()
    return (Statement(entry, body.key, ends=True, why=f"revoked: {reason}" if reason else "revoked"),)


def _key_replaced(entry: Verified) -> tuple[Statement, ...]:
    body = body_of(entry.content, KeyReplacedBody)
    new = fingerprint_in(body.person)
    return (
        Statement(entry, body.old, ends=True, why=f"replaced by {new}"),
        Statement(entry, new, person=body.person, heir_of=body.old),
    )


def _agreed(entry: Verified) -> tuple[Statement, ...]:
    body = body_of(entry.content, AgreedBody)
    if body.keep_days is not None and body.keep_days < 1:
        raise VerificationError("records are kept for a day at least")
    if body.place is not None and not is_on_earth(body.place):
        raise VerificationError("its place is nowhere on Earth")
    return ()


def _held(entry: Verified) -> tuple[Statement, ...]:
    body_of(entry.content, HeldBody)
    return ()


def _released(entry: Verified) -> tuple[Statement, ...]:
    body_of(entry.content, ReleasedBody)
    return ()


def _audited(entry: Verified) -> tuple[Statement, ...]:
    body_of(entry.content, AuditedBody)
    return ()


def is_on_earth(place: Place) -> bool:
    """Whether a place's degrees north and east can be."""
    return abs(place.latitude) <= MOST_NORTH and abs(place.longitude) <= MOST_EAST


_READERS: Mapping[str, Callable[[Verified], tuple[Statement, ...]]] = {
    Kind.FOUNDED: _founded,
    Kind.ADDED: _added,
    Kind.ROLE_CHANGED: _role_changed,
    Kind.REVOKED: _revoked,
    Kind.KEY_REPLACED: _key_replaced,
    Kind.AGREED: _agreed,
    Kind.HELD: _held,
    Kind.RELEASED: _released,
    Kind.AUDITED: _audited,
}


class Ledger:
    """The statements of a team's entries.

    Attributes:
        order: The entries.
        readable: Those that are well formed and of a known kind, in order.
        unknown: Those of a kind that is not known.
        malformed: Entry id to what is wrong with its form.
        counted: The entries that count, as bits.
    """

    def __init__(self, order: Order, team_id: str) -> None:
        """Read all statements; none counts yet.

        Raises:
            VerificationError: The founding entry is not well formed.
        """
        self.order = order
        self.readable: list[Verified] = []
        self.unknown: list[Verified] = []
        self.malformed: dict[str, str] = {}
        self.counted = 0
        self._bit = {entry.id: 1 << place for place, entry in enumerate(order.entries)}
        self._past = {entry.id: order.mask(entry.content.after) for entry in order.entries}
        self._said: dict[str, Sequence[Statement]] = {}
        self._about: dict[str, list[Statement]] = {}
        self._inherited: dict[str, frozenset[Role]] = {}
        for entry in order.entries:
            self._read(entry, team_id)

    def _read(self, entry: Verified, team_id: str) -> None:
        """What an entry says; one that is not well formed must not lock everybody out."""
        another = entry.content.kind == Kind.FOUNDED and entry.id != team_id
        try:
            said = statements(entry)
        except VerificationError as error:
            if entry.id == team_id:
                raise
            self.malformed[entry.id] = (
                f"it founds another team, and {error.message}" if another else error.message
            )
            return
        if another:
            self.malformed[entry.id] = "it founds another team in this store"
            return
        if said is None:
            self.unknown.append(entry)
            return
        self.readable.append(entry)
        self._said[entry.id] = said
        for one in said:
            self._about.setdefault(one.key, []).append(one)

    @property
    def keys(self) -> Sequence[str]:
        """Every key that an entry speaks about, in order."""
        return tuple(self._about)

    @property
    def people(self) -> tuple[Member, ...]:
        """Every key with every name and e-mail that a counted entry brought in, in order, without roles."""
        said = (one for entry in self.order.within(self.counted) for one in self._said.get(entry.id, ()))
        return tuple(_member([one], frozenset()) for one in said if one.person is not None)

    def bit(self, name: str) -> int:
        """An entry as a bit."""
        return self._bit[name]

    def past(self, name: str) -> int:
        """What an entry's author had seen, as bits."""
        return self._past[name]

    def of(self, name: str) -> Sequence[Statement]:
        """What an entry says."""
        return self._said[name]

    def concurrent(self, one: str, other: str) -> bool:
        """Whether the authors of two different entries had not seen each other's."""
        return one != other and not (self.order.seen(one, other) or self.order.seen(other, one))

    def begin(self, team_id: str) -> None:
        """Nothing counts but the founding."""
        self.counted = self._bit[team_id]
        self._inherited.clear()

    def take(self, name: str) -> None:
        """Count an entry; everything that its author had seen is decided."""
        for one in self._said[name]:
            old = self.member(one.heir_of, self._past[name]) if one.heir_of else None
            if old is not None:
                self._inherited[name] = old.roles
        self.counted |= self._bit[name]

    def said(self, key: str, mask: int) -> list[Statement]:
        """The statements within a mask about a key, counted or not.

        Those about a key that it replaced belong to it too, if the author of the replacement and theirs had
        not seen each other: whoever takes a key's rights away means its heir as well.
        """
        found = [one for one in self._about.get(key, ()) if self._bit[one.id] & mask]
        walked = {key}
        todo: list[tuple[Statement, ...]] = [(one,) for one in found if one.heir_of]
        while todo:
            heirs = todo.pop()
            if heirs[0].heir_of in walked:
                continue
            walked.add(heirs[0].heir_of)
            for other in self._about.get(heirs[0].heir_of, ()):
                if not self._bit[other.id] & mask:
                    continue
                if all(self.concurrent(heir.id, other.id) for heir in heirs):
                    found.append(other)
                if other.heir_of:
                    todo.append((other, *heirs))
        return found

    def member(self, key: str, mask: int) -> Member | None:
        """The member with a key by the counted entries of a mask; None if there is none, or none any more."""
        said = self.said(key, mask & self.counted)
        grants = _grants(key, said)
        if not grants or any(one.ends for one in said):
            return None
        newest = self.order.newest([one.id for one in said])
        roles = frozenset.intersection(*(self._roles(one) for one in said if one.id in newest))
        return _member(grants, roles)

    def ever(self, key: str, mask: int) -> Member | None:
        """The same, but a key that has ended is named too: when, why, and without roles."""
        said = self.said(key, mask & self.counted)
        grants = _grants(key, said)
        end = min((one for one in said if one.ends), key=lambda one: (one.at, one.id), default=None)
        if not grants or end is None:
            return self.member(key, mask)
        return _member(grants, frozenset(), end)

    def ended(self, key: str, mask: int) -> bool:
        """Whether the counted entries of a mask end a key."""
        return any(one.ends for one in self.said(key, mask & self.counted))

    def as_seen(self, key: str, past: int, then: int) -> Member | None:
        """The member with a key by what an author had seen, less what had been taken away by then.

        Args:
            key: Whose.
            past: What the author had seen.
            then: That, and what the author had not seen but that binds all the same: see `then`.
        """
        seen = self.member(key, past)
        if seen is None or past == then:
            return seen
        meanwhile = self.member(key, then)
        if meanwhile is None:
            return None
        return Member(seen.person, seen.fingerprint, seen.roles & meanwhile.roles, seen.since)

    def then(self, past: int, at: str, beside: str = "") -> int:
        """What was seen, and the counted entries that were not but claim to be earlier than `at`.

        What claims the same second does not bind a plan's author who had not seen it, whose old key still
        signs while a new one takes its place; but it binds an entry of the team.

        Args:
            past: What was seen.
            at: UTC text.
            beside: For an entry of the team: its id. What follows it was not there yet.
        """
        unseen = self.counted & ~past
        for entry in self.order.within(unseen) if unseen else ():
            if beside and entry.content.at <= at:
                binds = self.concurrent(beside, entry.id)
            else:
                binds = entry.content.at < at
            if binds:
                past |= self._bit[entry.id]
        return past

    def author(self, entry: Verified) -> Member | None:
        """Who made an entry of the team, with the roles that they had then."""
        past = self._past[entry.id]
        then = self.then(past, entry.content.at, entry.id)
        return self.as_seen(entry.content.by, past, then)

    def _roles(self, one: Statement) -> frozenset[Role]:
        return self._inherited.get(one.id, frozenset()) if one.heir_of else one.roles


def _grants(key: str, said: Sequence[Statement]) -> list[Statement]:
    return [one for one in said if one.person is not None and one.key == key]


def _member(grants: Sequence[Statement], roles: frozenset[Role], end: Statement | None = None) -> Member:
    """The first entry that brought a key in says whose it is: nobody gives a key to somebody else."""
    person = grants[0].person
    assert person is not None  # noqa: S101 - narrowed by _grants
    since = min(one.at for one in grants)
    until, why = (end.at, end.why) if end else ("", "")
    return Member(person, grants[0].key, roles, since, until, why)


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
