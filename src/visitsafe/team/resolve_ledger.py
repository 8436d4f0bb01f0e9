"""What the entries of a team say about each key, and what stands of it for any part of the record. Pure.

A part is a set of entries as bits (`Order.mask`). Only entries that are marked as counted bear on anything;
which those are is decided in `counting`. The newest statements about a key stand; where authors had not seen
each other, the fewer roles stand; a key that has ended never comes back.
"""

from collections.abc import Sequence

from visitsafe.errors import VerificationError
from visitsafe.record.entry import Verified
from visitsafe.record.kinds import Kind, Role
from visitsafe.record.order import Order
from visitsafe.team.members import Member
from visitsafe.team.resolve_statements import Statement, statements


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
