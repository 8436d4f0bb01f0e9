"""The one way in which every command works: history, verify, fold, extend, sign, append.

A `Desk` is a person at a store at a moment; the team's record is opened here too. Nothing is decided here
about what may be said: that is `state/`. Two people may append at once: entries merge, so there is no
conflict to report (D1).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from visitsafe.errors import NotFoundError, NotPermittedError, VerificationError
from visitsafe.record.bodies import PlanBody
from visitsafe.record.chain import GENESIS, order_problems
from visitsafe.record.entry import VERSION, Content, Entry, Verified, compose, seal_entry, verify_entry
from visitsafe.record.kinds import KINDS, Kind
from visitsafe.record.order import Order
from visitsafe.record.refs import FULL, SHORT, beginning, is_plan_id, reference
from visitsafe.record.ssh import Signer
from visitsafe.record.stored import OccupiedError, PlanRow, Store, Stored
from visitsafe.record.terms import TEAM_STREAM, Role
from visitsafe.state.fold import PlanState, fold
from visitsafe.state.plan_row import row_of
from visitsafe.state.removed import RemovedError, blanked_in
from visitsafe.state.rules import Bodies, why_not
from visitsafe.team.people import Member
from visitsafe.team.roster import Roster, Unsound, founding
from visitsafe.text.clock import to_text

FEWEST_OF_ID = 12


def check_entries(rows: Iterable[Stored]) -> tuple[list[Verified], list[str]]:
    """Verify stored entries one by one: those that hold, and a sentence for each that does not."""
    good, broken = sorted_out(rows)
    return good, [text for _, text in broken]


def sorted_out(rows: Iterable[Stored]) -> tuple[list[Verified], list[tuple[Stored, str]]]:
    """The same, with the row of each that does not hold."""
    good: list[Verified] = []
    broken: list[tuple[Stored, str]] = []
    for row in rows:
        try:
            good.append(verify_entry(row.entry, row.id))
        except VerificationError as error:
            broken.append((row, error.message))
    return good, broken


def arrivals(rows: Iterable[Stored]) -> dict[str, int]:
    """At which position each entry arrived in this store: what nobody can backdate."""
    return {row.id: row.position for row in rows}


def open_roster(store: Store, team_id: str, known: Roster | None = None) -> Roster:
    """Fold the team's roster; what in it does not hold is in `damaged` and `junk`.

    Args:
        store: Where the team's entries are.
        team_id: The founding entry that is pinned.
        known: The roster as it was a moment ago; it is returned if nothing has been added since.

    Raises:
        VerificationError: The store does not hold the pinned team.
    """
    rows = store.history(TEAM_STREAM)
    good, broken = sorted_out(rows)
    unsound = _unsound(store, good, broken)
    arrived = arrivals(rows)
    if known is not None and (known.team_id, known.arrived, known.unsound) == (team_id, arrived, unsound):
        return known  # an id stands for the whole of its entry, and every entry was checked
    return Roster(good, team_id, arrived, unsound)


def _unsound(store: Store, good: Sequence[Verified], broken: Sequence[tuple[Stored, str]]) -> Unsound:
    if not broken:
        return Unsound()
    order = Order(good)
    named = set(order.missing(order.ids))
    damaged: list[str] = []
    junk: list[str] = []
    for row, text in broken:
        was_good = row.id in named or _was_altered(store, row)
        (damaged if was_good else junk).append(text)
    return Unsound(tuple(damaged), tuple(junk))


def _was_altered(store: Store, row: Stored) -> bool:
    """Whether a row is not as it was taken in: its bytes are others than its id says, or its running hash."""
    if row.entry.id != row.id:
        return True
    before = next(store.scan(row.position - 2), None) if row.position > 1 else None
    after = (before.position, before.chain) if before is not None else (0, GENESIS)
    return any(order_problems(*after, row))


def founding_entries(store: Store) -> list[Verified]:
    """The entries that found a team in this store, in order; a sound store has one."""
    good, _ = check_entries(store.history(TEAM_STREAM))
    return [entry for entry in Order(good).entries if _founds(entry)]


def _founds(entry: Verified) -> bool:
    try:
        founding(entry)
    except VerificationError:
        return False
    return True


def founding_entry(store: Store) -> Verified | None:
    """The entry that founded the team in this store; None in a store without a team."""
    return next(iter(founding_entries(store)), None)


def team_named(store: Store, team_id: str) -> str:
    """The whole id of the team in this store that an admin named by its id or the beginning of it.

    Raises:
        NotFoundError: No team of this store, or more than one, has an id that begins like that.
    """
    wanted = team_id.strip().lower()
    found = [entry.id for entry in founding_entries(store) if entry.id.startswith(wanted)]
    if len(wanted) < FEWEST_OF_ID or len(found) != 1:
        raise NotFoundError(
            f"this store does not hold a team {team_id[:64]!r}",
            hint="ask an admin for the first twelve characters that visitsafe team list shows",
        )
    return found[0]


T = TypeVar("T")


def _unheard(_sentence: str) -> None:
    """Where warnings go that nobody takes."""


class Desk(msgspec.Struct, frozen=True):
    """A person at a store at a moment.

    Attributes:
        store: Where the entries are.
        roster: The team, folded from the store.
        now: When this command was given.
        me: The member who is asking, or None for somebody whom the team does not know.
        signer: Opens the person's key when something has to be signed, and not before.
        warn: Takes sentences about what does not hold and stops nothing.
    """

    store: Store
    roster: Roster
    now: datetime
    me: Member | None
    signer: Callable[[], Signer]
    warn: Callable[[str], None] = _unheard
    _found: dict[tuple[object, ...], Any] = msgspec.field(default_factory=dict)

    def once(self, what: tuple[object, ...], gather: Callable[[], T]) -> T:
        """What `gather` finds in the store: gathered anew only if something has come in since.

        Args:
            what: A name for it, and all that it depends on besides the store and the team.
            gather: Reads the store.
        """
        key = (*what, self.store.head(), *self.roster.heads)
        if key not in self._found:
            self._found[key] = gather()
        found: T = self._found[key]
        return found

    def member(self) -> Member:
        """The member who is asking.

        Raises:
            NotPermittedError: The team does not know this person.
        """
        if self.me is None:
            raise NotPermittedError(
                "your key is not in this team", hint="run: visitsafe team join, and send the line to an admin"
            )
        return self.me

    def check_role(self, kind: Kind, what: str, hint: str = "ask an admin for it") -> None:
        """Refuse, before anything is asked, somebody who has none of the roles for a kind of entry.

        Args:
            kind: What is to be signed.
            what: What they would do, as the subject of a sentence: `planning visits`.
            hint: What to do instead.

        Raises:
            NotPermittedError: They have none, or the team does not know this person.
        """
        row = KINDS[kind]
        if not row.allows(self.member().roles):
            roles = " or ".join(role for role in Role if role in row.roles)
            raise NotPermittedError(f"{what} needs the role {roles}", hint=hint)

    def renewed(self) -> "Desk":
        """The same desk with the team as the store has it now: others may have added to it meanwhile."""
        roster = open_roster(self.store, self.roster.team_id, self.roster)
        me = roster.members.get(self.me.fingerprint) if self.me else None
        return msgspec.structs.replace(self, roster=roster, me=me)

    def append(self, stream: str, kind: Kind, heads: Sequence[str], body: msgspec.Struct) -> Entry:
        """Sign one entry and append it; when this returns, it is on the disk. For a plan see `record`.

        Args:
            stream: A plan's id, or `team`.
            kind: What happened.
            heads: The newest entries of the stream that this person has seen.
            body: What the kind needs.
        """
        entry = self._signed(stream, kind, heads, body)
        summarise = summariser_at(self.store, self.roster.team_id, self.roster)
        if not self.store.append([entry], self.now, summarise, gone=self._gone(kind)):
            good, _ = check_entries(row for row in self.store.history(stream) if row.id == entry.id)
            if not good:
                raise OccupiedError(entry.id)
        return entry

    def begin(self, plan: str, body: PlanBody) -> PlanState:
        """Sign a new plan and append it; as `record`."""
        return self._recorded(plan, Kind.PLANNED, (), body)

    def record(self, state: PlanState, kind: Kind, body: Bodies, hint: str = "") -> PlanState:
        """Sign one entry about a plan and append it; the plan with it, and with what others have added.

        It is folded inside the transaction, so that nothing has to be read once the entry is on the disk: a
        store that goes away then cannot make what is recorded look as if it had failed.

        Raises:
            NotPermittedError: As `check`.
            VerificationError: The plan would not hold, or its content was removed; nothing was written.
        """
        self.check(state, kind, body, hint)
        return self._recorded(state.plan, kind, state.heads, body)

    def check(self, state: PlanState, kind: Kind, body: Bodies, hint: str = "") -> None:
        """Refuse what would stand in the record of a plan and not count, before anybody signs it.

        Args:
            state: The plan, as this person has seen it.
            kind: What happened.
            body: What the kind needs.
            hint: What to do about a refusal; to look at the plan, if that is not said.

        Raises:
            NotPermittedError: It would not count, or the team does not know this person.
        """
        me, after = self.member(), (*state.heads, *self.roster.heads)
        content = Content(VERSION, state.plan, kind, to_text(self.now), me.fingerprint, after, {})
        counted = [one for one in state.judged if not one.why_not]
        if reason := why_not(content, me, body, counted, self.roster):
            raise NotPermittedError(
                f"that would not count: {reason}", hint=hint or f"see: visitsafe show {state.ref}"
            )

    def _recorded(self, plan: str, kind: Kind, heads: Sequence[str], body: Bodies) -> PlanState:
        entry = self._signed(plan, kind, heads, body)
        states: list[PlanState] = []

        def summarise(stream: str, rows: Sequence[Stored]) -> PlanRow:
            roster = open_roster(self.store, self.roster.team_id, self.roster)
            states.append(self.called(folded(stream, rows, roster)))
            return row_of(states[-1], rows)

        # `also`: so that it is folded even if the very same entry is there already.
        self.store.append([entry], self.now, summarise, also=[plan], gone=self._gone(kind))
        if all(one.entry.id != entry.id for one in states[-1].judged):
            raise OccupiedError(entry.id)
        return states[-1]

    def _gone(self, kind: Kind) -> Callable[[str], None]:
        """What to do about a plan whose row knows of entries that are not there.

        The row is not signed, so it stops no report; what may be gone is a refusal, so nothing is decided.
        """

        def told(plan: str) -> None:
            ref = reference(plan)
            if kind not in KINDS or not KINDS[kind].anyhow:
                raise VerificationError(
                    f"entries of {ref} are gone from the store, or its list was altered; nothing was written",
                    hint=f"tell whoever looks after visitsafe: visitsafe verify {ref}; then: store rebuild",
                )
            altered = "or somebody altered the store's list"
            self.warn(f"entries of {ref} are gone, {altered}; run: visitsafe verify {ref}")

        return told

    def _signed(self, stream: str, kind: Kind, heads: Sequence[str], body: msgspec.Struct) -> Entry:
        if kind not in KINDS or not KINDS[kind].anyhow:
            self.roster.refuse_damage()
        signer = self.signer()
        after = [*heads, *(self.roster.heads if stream != TEAM_STREAM else ())]
        return seal_entry(compose(stream, kind, self.now, signer.fingerprint, after, body), signer)

    def plan(self, plan: str) -> PlanState:
        """The state of a plan, from its verified entries.

        Raises:
            VerificationError: No version of it holds.
        """
        return self.called(folded(plan, self.store.history(plan), self.roster))

    def called(self, state: PlanState) -> PlanState:
        """The same plan, which goes by its long reference if another in the store shares the short one."""
        return called_in(self.store, state)

    def plan_if_sound(self, plan: str) -> PlanState | None:
        """The state of a plan; None if no version of it holds, which is said and stops nothing else.

        None also if its content was removed by rule: that is worth a word only if something came in since.
        """
        try:
            return self.plan(plan)
        except RemovedError as error:
            if error.removed.left or error.removed.problems:
                self.warn(f"{error.message}; run: visitsafe verify")
            return None
        except VerificationError as error:
            self.warn(f"{error.message}; run: visitsafe verify")
            return None

    def sound_plan(self, plan: str) -> PlanState:
        """The state of a plan that something may be added to.

        Raises:
            VerificationError: Something in its record does not hold.
        """
        state = self.plan(plan)
        if state.problems:
            raise VerificationError(
                f"the record of {state.ref} does not hold: {state.problems[0]}",
                hint=f"run: visitsafe verify {state.ref}, and tell whoever looks after visitsafe",
            )
        return state

    def resolve(self, heard: str) -> str:
        """The plan id that a reference names.

        Raises:
            NotFoundError: No plan, or more than one, answers to it.
        """
        found = self.store.find(beginning(heard))
        if not found:
            raise NotFoundError(
                f"there is no plan {heard[:40]} in this store", hint="see: visitsafe list --all"
            )
        if len(found) > 1:
            # Anybody who can write to the file can put junk under an id that begins like a plan's.
            found = [plan for plan in found if self._holds(plan)] or found
        if len(found) > 1:
            longer = ", ".join(reference(plan, FULL) for plan in found[:5])
            raise NotFoundError(
                f"several plans answer to {heard[:40]}", hint=f"use the long reference: {longer}"
            )
        return found[0]

    def _holds(self, plan: str) -> bool:
        try:
            self.plan(plan)
        except VerificationError:
            return False
        return True


def called_in(store: Store, state: PlanState) -> PlanState:
    """A plan as it is called in a store, see `Desk.called`."""
    shared = len(store.find(state.plan[:SHORT])) > 1
    return msgspec.structs.replace(state, long=True) if shared else state


def folded(plan: str, rows: Iterable[Stored], roster: Roster) -> PlanState:
    """Verify and fold the stored entries of a plan."""
    rows = tuple(rows)
    good, damaged = check_entries(row for row in rows if not row.blank)
    return fold(plan, good, roster, damaged, arrivals(rows), blanked_in(rows))


def summariser(roster: Roster) -> Callable[[str, Sequence[Stored]], PlanRow | None]:
    """What the store keeps of a plan for quick listing; the entries stay the truth (D9)."""

    def summarise(stream: str, rows: Sequence[Stored]) -> PlanRow | None:
        return None if stream == TEAM_STREAM else listed_row(stream, rows, roster)

    return summarise


def summariser_at(
    store: Store, team_id: str, known: Roster | None = None
) -> Callable[[str, Sequence[Stored]], PlanRow | None]:
    """The same by the team as it is inside the store's transaction, for one `Store.append`.

    `known` is the team as it was a moment ago. A plan that does not hold gets no row: it must not keep a key
    from being revoked. Lists warn of it.
    """
    opened: list[Roster] = []

    def summarise(stream: str, rows: Sequence[Stored]) -> PlanRow | None:
        if not opened:
            opened.append(open_roster(store, team_id, known))
        try:
            return summariser(opened[0])(stream, rows)
        except VerificationError:
            return None

    return summarise


def bears_on(store: Store, since: str) -> list[str]:
    """The plans that a change of the team may bear on: the open ones, and those with later entries.

    By the rows, for it is rows that are made anew: one that lies goes on lying, and nothing is decided by it.

    Args:
        store: Where they are.
        since: The earliest time that the change claims, UTC text.
    """
    is_open = [row.plan for row in store.plans(open_only=True)]
    later = [row.stream for row in store.scan() if row.at >= since and is_plan_id(row.stream)]
    return list(dict.fromkeys([*is_open, *later]))


def listed_row(plan: str, rows: Sequence[Stored], roster: Roster) -> PlanRow:
    """A plan's row for lists from its entries, also if its content was removed."""
    try:
        return row_of(folded(plan, rows, roster), rows)
    except RemovedError as error:
        return error.removed.row(rows)
