"""The team's roster: a fold over the verified entries of the stream `team` (D5).

The first entry founds the team; its id is the team's id, and every copy of visitsafe pins it. Roles are those
that held when an entry was made: granted by entries which its author had seen, and not taken away by others
that claim an earlier time. `ledger` tells what stands about a key, `counting` which entries count.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from visitsafe.errors import VerificationError
from visitsafe.record.bodies import AgreedBody, Companion, FoundedBody, Place, PlanBody
from visitsafe.record.entry import Content, Verified, body_of
from visitsafe.record.kinds import Kind
from visitsafe.record.order import Order
from visitsafe.record.terms import Role
from visitsafe.team.people import (
    Member,
    Members,
    People,
    as_heard,
    meant_by,
    not_one,
    orders_of,
    people,
    words_in,
)
from visitsafe.team.resolve import Ledger, Statement, count

Agreements = Sequence[tuple[str, AgreedBody]]
"""What stood at first (with the time "") and after each `agreed` entry, with its time, UTC text."""
FEW_OTHERS = 8
"""The most entries that do not count which a new entry of the team names in `after`."""


class Unsound(msgspec.Struct, frozen=True):
    """Sentences about entries of the team's stream that do not verify (docs/adr/0021).

    Attributes:
        damaged: They were good once, and may have taken a right away.
        junk: Nobody ever signed them.
    """

    damaged: tuple[str, ...] = ()
    junk: tuple[str, ...] = ()


class Roster:
    """Who is in the team, now and as any entry's author knew it.

    Attributes:
        team_id: The id of the founding entry.
        name: The team's name.
        settings: What everyone agreed on (D15); the place is the founding's until another is agreed.
        members: Who is in the team now, by fingerprint.
        known: Every key that ever was a member's, by fingerprint: since when, until when and why it ended.
        everyone: Every key with every name and e-mail that ever counted: for who is who, never for roles.
        problems: Sentences about entries of the team that do not count.
        uncounted: The entries among these of people who were in the team at some time, with their sentences.
        notes: Sentences about entries of a kind that this version does not know.
        order: The causal order of the team's entries.
        heads: What the next entry names in `after`: the entries that count, and a few others by members.
        missing: Ids that counted entries follow and that are not here.
        arrived: Entry id to its position in order of arrival, as far as that is known.
        unsound: What stands among the entries and does not verify.
    """

    def __init__(
        self,
        entries: Iterable[Verified],
        team_id: str,
        arrived: Mapping[str, int] | None = None,
        unsound: Unsound = Unsound(),  # noqa: B008 - frozen
    ) -> None:
        """Fold the roster.

        Args:
            entries: The team's verified entries, in any order.
            team_id: The founding entry that is pinned.
            arrived: Entry id to its position in a store's order of arrival; None where there is none. It
                decides only between entries that take away each other's author.
            unsound: Entries of the store that do not verify, and so are not among these.

        Raises:
            VerificationError: The founding entry that is pinned is not among the entries.
        """
        self.order = Order(entries)
        self.team_id = team_id
        self.arrived: Mapping[str, int] = arrived or {}
        self.unsound = unsound
        founded = self._founded()
        self._ledger = Ledger(self.order, team_id)
        refused = count(self._ledger, team_id, self.arrived)
        self._views: dict[tuple[int, int], Members] = {}
        self._evers: dict[int, People] = {}
        everything = self.order.mask(entry.id for entry in self.order.entries)
        self.members = self._view(everything, everything)
        self.known = self._ever(everything)
        self.everyone = People(self._ledger.people)
        counted = [entry.id for entry in self.order.within(self._ledger.counted)]
        self.heads = self._heads(counted)
        self.missing = self.order.missing(counted)
        ill = self._ill(refused)
        self.problems = list(ill.values())
        self.uncounted = tuple(
            (entry, ill[entry.id])
            for entry in self.order.entries
            if entry.id in ill and entry.content.by in self.known
        )
        self.notes = [
            f"the team entry {entry.id[:12]} {_unknown(entry)}"
            for entry in self._ledger.unknown
            if entry.content.by in self.known
        ]
        self.name = founded.team
        self.settings = self._settings(founded.place, everything)

    def refuse_damage(self) -> None:
        """Refuse to sign by the word of a team whose record was damaged: it may lack what took a right away.

        Raises:
            VerificationError: It was.
        """
        for text in self.unsound.damaged[:1]:
            raise VerificationError(
                f"the team's record does not hold: {text}; nothing was signed or taken in",
                hint="run: visitsafe verify; restore a backup. What is reported from a visit still counts",
            )

    @property
    def warnings(self) -> list[str]:
        """Sentences about what in the store's record of the team does not hold."""
        return [
            *(
                f"the team's record does not hold: {text}; run: visitsafe verify"
                for text in self.unsound.damaged
            ),
            *(
                f"something stands in the team's record that nobody signed, and counts for nothing: {text};"
                " run: visitsafe verify"
                for text in self.unsound.junk
            ),
        ]

    @property
    def place(self) -> Place | None:
        """The agency's place, for daylight and local time, or None."""
        return self.settings.place

    def as_seen_by(self, content: Content) -> Members:
        """The members as the author of a plan's entry knew them.

        Granted by the team's entries that it follows, less what was taken away by counted entries that its
        author had not seen and that claim an earlier time.
        """
        past = self.order.mask(content.after)
        return self._view(past, self._ledger.then(past, content.at))

    def as_known_to(self, content: Content) -> Members:
        """The members by the team's entries that the author of a plan's entry had seen, and by no clock."""
        past = self.order.mask(content.after)
        return self._view(past, past)

    def known_to(self, content: Content) -> People:
        """Every key that the author of an entry had seen brought into the team, ended or not."""
        past = self.order.mask(content.after)
        if past not in self._evers:
            self._evers[past] = People(self._ever(past).values())
        return self._evers[past]

    def agreements_seen_by(self, content: Content) -> Agreements:
        """What was agreed on as the author of a plan's entry knew it, or should have; but for the place."""
        past = self.order.mask(content.after)
        return self._agreements(None, self._ledger.then(past, content.at))

    @property
    def agreements(self) -> Agreements:
        """What was agreed on until now, but for the founding's place, as it changed."""
        return self._agreements(None, self._ledger.counted)

    @property
    def counted(self) -> Sequence[Verified]:
        """The entries that count, in causal order."""
        return self.order.within(self._ledger.counted)

    def unseen_takings(self, content: Content, need: AbstractSet[Role]) -> list[Statement]:
        """What ended an author's key or took a role from them, unseen and not claiming to be earlier.

        Args:
            content: The entry, of a plan.
            need: The roles of which it needs one; none asks only about the key.
        """
        past = self.order.mask(content.after)
        said = self._ledger.said(content.by, self._ledger.counted & ~past)
        return [one for one in said if one.takes(need) and one.at >= content.at]

    def find(self, who: str) -> Member:
        """The member with this name or a part of it, e-mail or fingerprint (`members.meant_by`).

        Raises:
            NotFoundError: Nobody; the nearest are named.
            ProblemsError: More than one; they are listed.
        """
        found = meant_by(who, self.members.values())
        if len({member.mail for member in found}) != 1:
            raise not_one(who, found, self.members.values())
        return found[0]

    def keys_of(self, who: str) -> Sequence[Member]:
        """All good keys of the person with this name or e-mail, or the one key with this fingerprint.

        Raises:
            NotFoundError: Nobody.
            ProblemsError: More than one person.
        """
        if who in self.members:
            return [self.members[who]]
        found = self.find(who)
        return [member for member in self.members.values() if member.same_person(found)]

    def with_role(self, role: Role) -> Sequence[Member]:
        """The members who hold a role now, by name."""
        held = [member for member in self.members.values() if role in member.roles]
        return sorted(held, key=lambda member: member.person.name)

    def _founded(self) -> FoundedBody:
        first = next((entry for entry in self.order.entries if entry.id == self.team_id), None)
        if first is None:
            raise VerificationError(
                f"this store does not hold the team {self.team_id[:12]} that this computer belongs to",
                hint="check VISITSAFE_STORE; if the store was swapped, tell whoever looks after visitsafe",
            )
        return founding(first)

    def _ill(self, refused: Mapping[str, str]) -> dict[str, str]:
        """What is the matter with each entry that does not count, in order."""
        ill = {name: f"does not count: {what}" for name, what in self._ledger.malformed.items()} | dict(
            refused
        )
        strangers = (entry for entry in self._ledger.unknown if entry.content.by not in self.known)
        ill |= {entry.id: _unknown(entry) for entry in strangers}
        return {
            one.id: f"the team entry {one.id[:12]} {ill[one.id]}"
            for one in self.order.entries
            if one.id in ill
        }

    def _heads(self, counted: Sequence[str]) -> list[str]:
        """Entries that count, and the newest others by members: a later visitsafe may see more in them."""
        others = [
            entry.id
            for entry in self.order.entries
            if entry.content.by in self.known and not self._ledger.bit(entry.id) & self._ledger.counted
        ]
        newest = self.order.newest(others)[-FEW_OTHERS:]
        return self.order.newest([*self.order.heads_of(counted), *newest])

    def _settings(self, place: Place | None, mask: int) -> AgreedBody:
        """What was agreed on: of each thing the newest in order; what an entry leaves out stays."""
        return self._agreements(place, mask)[-1][1]

    def _agreements(self, place: Place | None, mask: int) -> Agreements:
        """What stood at first, and after each entry that changed it, in order."""
        agreed = [("", AgreedBody(place=place))]
        for entry in self.order.within(self._ledger.counted & mask):
            if entry.content.kind == Kind.AGREED:
                body = body_of(entry.content, AgreedBody)
                given = msgspec.structs.asdict(body).items()
                stated = {name: value for name, value in given if value not in {None, msgspec.UNSET}}
                agreed.append((entry.content.at, msgspec.structs.replace(agreed[-1][1], **stated)))
        return agreed

    def _view(self, past: int, then: int) -> Members:
        view = self._views.get((past, then))
        if view is None:
            seen = ((key, self._ledger.as_seen(key, past, then)) for key in self._ledger.keys)
            view = self._views[past, then] = {key: member for key, member in seen if member is not None}
        return view

    def _ever(self, mask: int) -> Members:
        ever = ((key, self._ledger.ever(key, mask)) for key in self._ledger.keys)
        return {key: member for key, member in ever if member is not None}


def _unknown(entry: Verified) -> str:
    return f"is of an unknown kind: {entry.content.kind[:40]!r}"


def selves(member: Member, everyone: Iterable[Member]) -> list[Member]:
    """Every key, name and e-mail of one person: what shares a key or an e-mail with them, and so on."""
    return people(everyone).selves(member)


def founding(entry: Verified) -> FoundedBody:
    """What an entry says that founds a team.

    Raises:
        VerificationError: It founds none.
    """
    content = entry.content
    if content.kind == Kind.FOUNDED and not content.after:
        body = body_of(content, FoundedBody)
        if body.person.key == entry.key:
            return body
    raise VerificationError(f"the entry {entry.id[:12]} does not found a team")


_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]*\w")
_AROUND_DASH = re.compile(r"\s*[-\u2010-\u2015\u2212\ufe58\ufe63\uff0d]+\s*")
_QUOTES = re.compile("[\"'`\u00b4\u2018-\u201f\u00ab\u00bb\u2039\u203a\uff02\uff07]")
_AROUND_AT = re.compile(r"\s*@\s*")


def is_companion(member: Member, body: PlanBody, team: Iterable[Member] = ()) -> bool:
    """Whether a member goes along on the visit, by key, name or e-mail.

    A full name or an e-mail is seen among other words, such as "Nia Price (manager)"; a first name alone is
    not enough.

    Args:
        member: Who may be the companion.
        body: The plan.
        team: The other members, so that a second key or another spelling of the same person is seen.
    """
    return is_one_of(member, body.visit.companions, team)


def is_one_of(member: Member, companions: Iterable[Companion], team: Iterable[Member] = ()) -> bool:
    """As `is_companion`, of companions by themselves."""
    companions = tuple(companions)
    return bool(companions) and any(_is(one, other) for one in selves(member, team) for other in companions)


def is_self(member: Member, author: Member | None, team: Iterable[Member]) -> bool:
    """Whether two members are one person by any key and e-mail that the team ever had."""
    return member.same_person(author) or any(one.same_person(author) for one in selves(member, team))


def _is(member: Member, companion: Companion) -> bool:
    if companion.key == member.fingerprint or member.answers_to(companion.name):
        return True
    said, orders = words_in(companion.name), orders_of(member.person.name)
    longest = 2 * len(words_in(member.person.name))
    runs = {
        "".join(said[start:end])
        for start in range(len(said))
        for end in range(start + 1, min(start + longest, len(said)) + 1)
    }
    email = _ADDRESS.findall(seen_text(member.person.email))
    return not runs.isdisjoint(orders) or any(
        address in email for address in _ADDRESS.findall(seen_text(companion.name))
    )


def seen_text(text: str) -> str:
    """A text without the characters that nobody sees, and without spaces around an @."""
    shown = "".join(character for character in text if unicodedata.category(character) != "Cf")
    return _AROUND_AT.sub("@", as_heard(shown))


def case_key(case: str) -> str:
    """What makes two spellings of a case's reference one: what a telephone, a pen or another program changes.

    That is capitals, spaces, quotation marks, the kind of dash, and characters that nobody sees.

    Returns:
        Its usual spelling, in capitals; of that the key is the same again.
    """
    return " ".join(_AROUND_DASH.sub("-", _QUOTES.sub("", seen_text(case))).upper().split())
