"""Taking in a bundle from somebody else: everything is checked before anything is kept (D1).

A bundle is hostile until proven otherwise. One entry that does not hold, or that nobody of the team signed,
and nothing of it is taken in. What is taken in is a union: nothing is replaced, what is there already
is passed over, and where two copies moved on apart the cautious state stands. An entry that others follow and
that is missing is no reason to refuse the rest: it is reported, and the plan does not hold until it comes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import NamedTuple

import msgspec

from visitsafe.desk import arrivals, bears_on, check_entries, folded, summariser_at
from visitsafe.errors import NotPermittedError, VerificationError
from visitsafe.exchange.bundle import Bundle, Packed, fits_its_name
from visitsafe.record.chain import GENESIS, following
from visitsafe.record.entry import Entry, verify_entry
from visitsafe.record.kinds import PLAN_KINDS, Kind, kind_words
from visitsafe.record.order import Order
from visitsafe.record.refs import reference
from visitsafe.record.stored import OccupiedError, Store, Stored
from visitsafe.record.terms import TEAM_STREAM
from visitsafe.state.fold import PlanState, disagreement, fold
from visitsafe.state.ladder import is_watched
from visitsafe.state.removed import NOT_CARRIED_OUT, REMOVED, Removed, RemovedError
from visitsafe.state.rules import Judged
from visitsafe.team.people import Members, called
from visitsafe.team.roster import Roster
from visitsafe.text.clock import from_text


def take_in(store: Store, added: "Incoming", now: datetime) -> int:
    """Append what is new; how many entries were new.

    Raises:
        VerificationError: Something that nobody signed stands in the store under the id of an entry; the
            others were taken in.
    """
    entries, kept_out = list(added.entries), list[str]()
    count = 0
    while entries:
        team = [entry.content.at for entry in entries if entry.content.plan == TEAM_STREAM]
        also = bears_on(store, min(team)) if team else []
        try:
            count = store.append(entries, now, summariser_at(store, added.roster.team_id), also=also)
        except OccupiedError as error:
            kept_out.append(error.id)
            entries = [entry for entry in entries if entry.id != error.id]
        else:
            break
    if count < len(entries):
        kept_out += _not_there(store, entries)
    if kept_out:
        many = "an entry" if len(kept_out) == 1 else f"{len(kept_out)} entries"
        raise VerificationError(
            f"{many} could not be taken in, because something else stands in the store under the same id:"
            f" {kept_out[0][:12]}; of the others {count} came in",
            hint="keep the bundle, and show it to whoever looks after the store: visitsafe verify",
        )
    return count


def _not_there(store: Store, entries: Sequence[Entry]) -> list[str]:
    """The ids under which the store has something else, or nothing, where entries should be."""
    there: set[str] = set()
    for stream in {entry.content.plan for entry in entries}:
        there |= present_in(store.history(stream))
    return [entry.id for entry in entries if entry.id not in there]


def present_in(rows: Sequence[Stored]) -> set[str]:
    """The ids of the entries that are there, or were, and not of what only stands under such an id."""
    good, _ = check_entries(row for row in rows if not row.blank)
    return {entry.id for entry in good} | {row.id for row in rows if row.blank}


def emptied(brought: AbstractSet[str], rows: Mapping[str, Sequence[Stored]], roster: Roster) -> Iterator[str]:
    """The plans whose content is not here, is brought, and was removed by nobody who may; their references.

    Args:
        brought: The ids of entries that a bundle brings.
        rows: What the store has of each plan.
        roster: The team.
    """
    for plan, history in rows.items():
        if not any(row.blank and row.id in brought for row in history):
            continue
        try:
            folded(plan, history, roster)
        except RemovedError:
            continue
        except VerificationError:
            pass
        yield reference(plan)


MOST_TEAM_BYTES = 16 << 20
AGAIN = "ask whoever sent it to export it again; if it stays so, tell whoever looks after visitsafe"
History = Callable[[str], Sequence[Stored]]
"""What the store holds of a stream already."""


class Slip(NamedTuple):
    """An entry that holds by itself, without its content: a bundle may be large, and nobody asked for it."""

    entry: Entry
    id: str
    stream: str
    by: str
    founds: bool


class Change(msgspec.Struct, frozen=True):
    """A plan that a bundle brings something for.

    Attributes:
        ref: The plan's reference.
        new: How many entries are new.
        before: Its status until now; empty for a plan that was not here.
        after: Its status with the new entries.
        disagreement: Who did what without having seen each other, and what stands; empty if nobody did.
        doubts: New entries of people whose key or role has ended, if only their word says how old they are.
        problems: What does not hold about it now.
        uncounted: New entries that do not count: who made them, what they are, and why not.
    """

    ref: str
    new: int
    before: str
    after: str
    disagreement: str
    doubts: tuple[str, ...]
    problems: tuple[str, ...]
    uncounted: tuple[str, ...] = ()


class Incoming(msgspec.Struct, frozen=True):
    """What a bundle would add.

    Attributes:
        roster: The team as it will be.
        entries: What is new, in the order in which it will be kept.
        known: How many entries were here already.
        joined: The names of those who are members by it.
        left: The names of those who are no longer members by it.
        team_new: How many of the new entries are the team's.
        changes: The plans that change.
        emptied: References of plans whose content is not here and is in the bundle, and whose removal nobody
            signed who may. Nothing puts it back.
        team_uncounted: New entries of the team that do not count, as in `Change`.
        bears_on: A sentence for each open plan that stands, or is watched, otherwise by that team.
    """

    roster: Roster
    entries: tuple[Entry, ...]
    known: int
    joined: tuple[str, ...]
    left: tuple[str, ...]
    team_new: int
    changes: tuple[Change, ...]
    emptied: tuple[str, ...] = ()
    team_uncounted: tuple[str, ...] = ()
    bears_on: tuple[str, ...] = ()

    @property
    def uncounted(self) -> list[str]:
        """Everything new that does not count."""
        return [
            *self.team_uncounted,
            *(f"{one.ref}: {text}" for one in self.changes for text in one.uncounted),
        ]


class _Arriving(NamedTuple):
    """The new rows of a stream, behind those that are here."""

    stream: str
    rows: Sequence[Stored]
    new: Sequence[Stored]


def check(bundle: Bundle) -> list[Slip]:
    """Check each entry of a bundle by itself.

    Raises:
        VerificationError: Naming the first entry that does not hold; nothing may be taken in.
    """
    slips: dict[str, Slip] = {}
    for packed in bundle.entries:
        slip = _slip(packed)
        slips.setdefault(slip.id, slip)
    if not slips:
        raise NotPermittedError("this bundle holds no entries", AGAIN)
    team = [slip.entry.payload for slip in slips.values() if slip.stream == TEAM_STREAM]
    if sum(map(len, team)) > MOST_TEAM_BYTES:
        raise NotPermittedError("this bundle's record of the team is larger than any team's", AGAIN)
    return list(slips.values())


def _slip(packed: Packed) -> Slip:
    fresh = Entry(payload=packed.entry.payload, signature=packed.entry.signature)
    try:
        verified = verify_entry(packed.entry)
        if not fits_its_name(packed):
            raise VerificationError(f"entry {fresh.id[:12]} is not the one that the name of its file says")
    except VerificationError as error:
        raise VerificationError(f"{error.message}; nothing was taken in ({packed.name})", AGAIN) from error
    content = verified.content
    founds = content.plan == TEAM_STREAM and content.kind == Kind.FOUNDED
    # `packed` keeps what it has read; the fresh copy has read nothing yet.
    packed.entry.__dict__.clear()
    return Slip(fresh, verified.id, content.plan, content.by, founds)


def team_in(slips: Sequence[Slip]) -> Roster:
    """The team that a bundle is of, for a machine that has none.

    Raises:
        NotPermittedError: It holds no team's beginning, or several.
    """
    founding = [slip.id for slip in slips if slip.founds]
    if len(founding) != 1:
        what = "several teams" if founding else "no team's beginning"
        raise NotPermittedError(f"this bundle holds {what}", "ask an admin for: visitsafe export --team")
    return Roster([verify_entry(slip.entry) for slip in slips if slip.stream == TEAM_STREAM], founding[0])


def incoming(
    slips: Sequence[Slip],
    team_id: str,
    history: History,
    position: int,
    now: datetime,
    still_open: Sequence[str] = (),
) -> Incoming:
    """What a checked bundle would add to a store.

    Args:
        slips: From `check`.
        team_id: The pinned team.
        history: What the store holds.
        position: The store's last position.
        now: When it is taken in.
        still_open: The plans of the store about which something may still have to be done.

    Raises:
        NotPermittedError: It is another team's.
        VerificationError: Somebody signed who never was in the team, or the result would not hold.
    """
    _check_team(slips, team_id, known=bool(history(TEAM_STREAM)))
    *plans, team = _arriving(slips, history, position, now)
    before, after = _rosters(team_id, team)
    _check_signers(slips, after)
    new = [row.entry for group in (*plans, team) for row in group.new]
    old = before.members if before else {}
    return Incoming(
        roster=after,
        entries=tuple(new),
        known=len(slips) - len(new),
        joined=_names(after.members, old),
        left=_names(old, after.members),
        team_new=len(team.new),
        changes=tuple(_change(group, before, after) for group in plans if group.new),
        team_uncounted=_team_uncounted(team, after),
        emptied=tuple(emptied({slip.id for slip in slips}, {one.stream: one.rows for one in plans}, after)),
        bears_on=tuple(_bearing(before, after, {plan: history(plan) for plan in still_open}, now))
        if before and team.new
        else (),
    )


def _bearing(
    before: Roster, after: Roster, plans: Mapping[str, Sequence[Stored]], now: datetime
) -> Iterator[str]:
    """How the change of the team alone bears on plans that are here: nobody is unwatched without a word."""
    for plan, rows in plans.items():
        try:
            was, will = (folded(plan, rows, roster) for roster in (before, after))
        except VerificationError:
            continue  # it is told by all lists that it does not hold, or that its content is gone
        told = []
        if was.status != will.status:
            told.append(f"{was.status} before, {will.status} with this")
        if _will_be_watched(was, now) != _will_be_watched(will, now):
            told.append("watched with this" if _will_be_watched(will, now) else "no longer watched with this")
        elif was.visit.due_back != will.visit.due_back:
            told.append("with this it has another time due back")
        if told:
            yield f"{will.ref}, {will.author.person.name}: {'; '.join(told)}"


def _will_be_watched(state: PlanState, now: datetime) -> bool:
    """Whether a visit is watched now, or will be once it has begun."""
    return is_watched(state, max(now, from_text(state.body.visit.start)))


def _check_team(slips: Sequence[Slip], team_id: str, *, known: bool) -> None:
    foreign = any(slip.founds and slip.id != team_id for slip in slips)
    if foreign or not (known or any(slip.id == team_id for slip in slips)):
        raise NotPermittedError(
            f"this bundle is of another team than yours ({team_id[:12]})",
            "nothing was taken in; ask whoever sent it which team it is of",
        )


def _arriving(slips: Sequence[Slip], history: History, position: int, now: datetime) -> list[_Arriving]:
    """What is new, by stream, the team's last.

    Of what comes together nobody can say which came first. An entry of somebody whose key has ended since is
    kept before the end of that key: had it come in an earlier bundle it would count, too, and a new member's
    copy must not take back what was decided before a colleague left. `_doubts` says that it came like this.
    """
    streams: dict[str, list[Slip]] = {slip.stream: [] for slip in slips if slip.stream != TEAM_STREAM}
    streams[TEAM_STREAM] = []
    for slip in slips:
        streams[slip.stream].append(slip)
    found = []
    for stream, group in streams.items():
        rows, new = history(stream), []
        present = present_in(rows)
        for slip in group:
            if slip.id not in present:
                new.append(following((position, GENESIS), slip.entry, now))
                position += 1
        found.append(_Arriving(stream, rows, new))
    return found


def _rosters(team_id: str, team: _Arriving) -> tuple[Roster | None, Roster]:
    """The team as the store has it, if it has one, and with what the bundle says."""
    good, _ = check_entries(team.rows)
    order = Order([*good, *check_entries(team.new)[0]])
    gaps = set(_missing(order)) - set(_missing(Order(good)))
    if gaps:
        raise VerificationError(
            f"the team's record in this bundle is another team's, or not whole: it lacks {min(gaps)[:12]}",
            "nothing was taken in; ask whoever sent it for: visitsafe export --team",
        )
    before = Roster(good, team_id, arrivals(team.rows)) if good else None
    return before, Roster(order.entries, team_id, arrivals([*team.rows, *team.new]))


def _missing(order: Order) -> list[str]:
    return order.missing([entry.id for entry in order.entries])


def _check_signers(slips: Sequence[Slip], roster: Roster) -> None:
    for slip in slips:
        if slip.by not in roster.known:
            raise VerificationError(
                f"the entry {slip.id[:12]} in this bundle is signed by somebody who was never in the team",
                f"nothing was taken in; its key is {slip.by[:60]}",
            )


def _names(members: Members, without: Members) -> tuple[str, ...]:
    return tuple(sorted(members[key].person.name for key in members.keys() - without.keys()))


def _change(group: _Arriving, before: Roster | None, after: Roster) -> Change:
    try:
        state = folded(group.stream, [*group.rows, *group.new], after)
    except RemovedError as error:
        return _removed(group, error.removed, before)
    waits = tuple(text for text in state.problems if text == NOT_CARRIED_OUT)
    return Change(
        ref=state.ref,
        new=len(group.new),
        before=_status(group.stream, group.rows, before),
        after=str(state.status),
        disagreement=disagreement(state),
        doubts=(*waits, *_doubts(group, state, after)),
        problems=tuple(text for text in state.problems if text not in waits),
        uncounted=_uncounted(group, state.judged),
    )


def _uncounted(group: _Arriving, judged: Sequence[Judged]) -> tuple[str, ...]:
    """What of the new entries does not count; what is of an unknown kind may once mean something."""
    new = {row.id for row in group.new}
    return tuple(
        f"{one.name}, {kind_words(one.entry.content.kind)}: {one.why_not}"
        for one in judged
        if one.why_not and one.entry.id in new and one.entry.content.kind in PLAN_KINDS
    )


def _team_uncounted(group: _Arriving, roster: Roster) -> tuple[str, ...]:
    new = {row.id for row in group.new}
    return tuple(
        f"{called(entry.content.by, roster.known)}: {text}"
        for entry, text in roster.uncounted
        if entry.id in new
    )


def _removed(group: _Arriving, removed: Removed, before: Roster | None) -> Change:
    """A plan whose content is gone here, or was before it came."""
    came = ("it came in after the content of the plan was removed",) if removed.left else ()
    return Change(
        ref=removed.ref,
        new=len(group.new),
        before=_status(group.stream, group.rows, before),
        after=REMOVED,
        disagreement="",
        doubts=came,
        problems=removed.problems,
        uncounted=_uncounted(group, removed.judged),
    )


def _doubts(group: _Arriving, state: PlanState, roster: Roster) -> tuple[str, ...]:
    """The doubts about the new entries, as if nothing were known about what arrived when."""
    new = {row.id for row in group.new}
    unknown = fold(state.plan, (judged.entry for judged in state.judged), roster)
    told = {judged.entry.id: judged.doubt for judged in (*unknown.judged, *state.judged) if judged.doubt}
    return tuple(
        f"{judged.name}, {kind_words(judged.entry.content.kind)}: {told[judged.entry.id]}"
        for judged in state.judged
        if judged.entry.id in told and judged.entry.id in new
    )


def _status(plan: str, rows: Sequence[Stored], roster: Roster | None) -> str:
    if not rows or roster is None:
        return ""
    try:
        return str(folded(plan, rows, roster).status)
    except RemovedError:
        return REMOVED
    except VerificationError:
        return "not holding"
