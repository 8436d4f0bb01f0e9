"""What a verification found, gathered plan by plan: faults, doubts, notes, signers and what bounds each time.

A time in an entry is its signer's claim. An entry of somebody else that follows it, and so names it, shows
that it existed when that person signed; nothing else here says when anything happened.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from operator import le

import msgspec

from visitsafe.desk import folded
from visitsafe.errors import VerificationError
from visitsafe.exchange.checkpoint import Compared
from visitsafe.find import otherwise
from visitsafe.record.bodies import DecidedBody
from visitsafe.record.kinds import PLAN_KINDS, kind_words
from visitsafe.record.order import Order
from visitsafe.record.stored import PlanRow, Stored
from visitsafe.record.terms import Decision
from visitsafe.retention.holds import holds_in, unseen_by
from visitsafe.state.fold import PlanState, disagreement
from visitsafe.state.plan_row import row_of
from visitsafe.state.removed import NOT_CARRIED_OUT, Removed, RemovedError, signed_away
from visitsafe.state.rules import Judged
from visitsafe.team.roster import Roster
from visitsafe.text.clean import things
from visitsafe.text.clock import from_text

_ID = re.compile(r"\b[0-9a-f]{12,64}\b")
_KEEP = "keep a copy of the store's file as it is, change nothing, and put a backup in its place"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Something that does not hold.

    Attributes:
        text: What, as a sentence.
        ref: The plan's reference; empty if it is not about one plan.
        entry: The entry's id, or its beginning; empty if it is not about one entry.
        means: What follows from it.
        do: What to do now.
    """

    text: str
    ref: str = ""
    entry: str = ""
    means: str
    do: str


def in_store(text: str, entry: str = "") -> Fault:
    """The store's file, its order or its running hash."""
    return Fault(
        text=text,
        entry=entry,
        means="somebody changed the store's file past visitsafe, or the disk damaged it",
        do=_KEEP,
    )


def in_list(text: str, ref: str) -> Fault:
    """The store's quick list of plans."""
    return Fault(
        text=text,
        ref=ref,
        means="lists may show this plan wrongly; the signed entries themselves are not touched by it",
        do=f"rely on: visitsafe show {ref}; the list is made anew by: visitsafe store rebuild",
    )


def damaged(text: str, ref: str = "") -> Fault:
    """An entry whose bytes, id or signature do not hold."""
    return Fault(
        text=text,
        ref=ref,
        entry=_id_in(text),
        means="what is written there is not what anybody signed, so it counts for nothing",
        do="ask whoever signed it for their copy: visitsafe export",
    )


def missing(text: str, ref: str = "") -> Fault:
    """An entry that others follow and that is not there."""
    return Fault(
        text=text,
        ref=ref,
        entry=_id_in(text),
        means="somebody had seen it when they signed: it was taken out, or has not reached this copy",
        do="ask those who signed the later entries for their copy, and take it in: visitsafe import FILE",
    )


def without_effect(text: str, ref: str, entry: str) -> Fault:
    """An entry that is properly signed and does not count."""
    return Fault(
        text=text,
        ref=ref,
        entry=entry,
        means="the signature is good, but its signer could not do this; it changes nothing",
        do="ask its signer what they meant; somebody who may do it has to sign it anew",
    )


def no_version(text: str, ref: str) -> Fault:
    """A plan without any version that holds."""
    return Fault(
        text=text,
        ref=ref,
        means="there is nothing here that anybody may rely on for this visit",
        do="ask its author for their copy, or for a new plan",
    )


def in_team(text: str) -> Fault:
    """The team's own record."""
    return Fault(
        text=text,
        entry=_id_in(text),
        means="who was in the team, and with which role, may be shown wrongly",
        do="compare with another member's copy: visitsafe export --team, and visitsafe import there",
    )


def junk(text: str) -> Fault:
    """Something among the team's entries that nobody ever signed."""
    return Fault(
        text=text,
        entry=_id_in(text),
        means="somebody who can write to the store put it there past visitsafe; it counts for nothing",
        do="find out who has the store's password or file, and change it; tell whoever looks after visitsafe",
    )


def untimely(text: str, ref: str) -> Fault:
    """A removal that claims a time which had not come."""
    return Fault(
        text=text,
        ref=ref,
        means="content was removed by a clock that was wrong or was set, perhaps long before its time",
        do="ask who removed it; what is gone may still be in a backup made before, or in a colleague's copy",
    )


def in_checkpoint(text: str) -> Fault:
    """A checkpoint that the store does not agree with."""
    return Fault(
        text=text,
        means="this store is not, or not only, the one that the checkpoint vouches for",
        do="keep the checkpoint and a copy of the store's file, and look for a backup or a colleague's copy",
    )


def _id_in(text: str) -> str:
    found = _ID.search(text)
    return found[0] if found else ""


A_DAY = timedelta(days=1)
_DAY = len("2026-11-23")


def late(state: PlanState, history: Sequence[Stored]) -> Iterator[str]:
    """A sentence for each entry that came in long after it says it was made, or after the visit's start.

    Args:
        state: The plan.
        history: Its entries as the store has them.
    """
    received = {row.id: row.received for row in history}
    for judged in state.judged:
        at, got = judged.entry.content.at, received.get(judged.entry.id, "")
        if _is_later(got, at, A_DAY):
            yield f"{_what(state, judged)} says {at}, and this store received it at {got}"
        counts = not judged.why_not and _countersigns(judged.body)
        if counts and not state.body.urgent and _is_later(got, state.body.visit.start):
            yield f"{_what(state, judged)} countersigns, and this store received it after the start, at {got}"


def _what(state: PlanState, judged: Judged) -> str:
    kind = kind_words(judged.entry.content.kind)
    return f"{state.ref}: the {kind} entry {judged.entry.id[:12]} by {judged.name}"


def _countersigns(body: object) -> bool:
    return isinstance(body, DecidedBody) and body.decision is Decision.COUNTERSIGN


def _is_later(received: str, than: str, by: timedelta = timedelta()) -> bool:
    if received <= than or (by and received[:_DAY] == than[:_DAY]):
        return False  # as nearly always, and as texts they are compared at once
    try:
        return from_text(received) - from_text(than) > by
    except VerificationError:  # somebody altered it: the running hash says so
        return False


PURGE = "run visitsafe store purge"
NOBODY = "somebody whom the team does not know"


class SignedBy(msgspec.Struct, frozen=True):
    """A key that signed something that was checked. `since` and `until` are UTC text; empty if unknown."""

    name: str
    fingerprint: str
    since: str = ""
    until: str = ""


class Timed(msgspec.Struct, frozen=True):
    """What is known about when an entry was made.

    Attributes:
        at: What its signer's clock said, UTC text.
        latest: When the first other person who had seen it signed, by their clock; empty if nobody has.
        latest_by: That person's name.
    """

    ref: str
    entry: str
    kind: str
    name: str
    at: str
    latest: str = ""
    latest_by: str = ""


class VerifyReport(msgspec.Struct, frozen=True):
    """What was checked and what does not hold.

    Attributes:
        subject: `store`, `plan` or `file`.
        team: The team's name; empty if it could not be read.
        team_id: Its id.
        pinned: Whether the team was compared with something: its id or its founder's key.
        entries: How many entries were checked.
        plans: How many plans.
        store: The store's id; empty for a file. `position` and `chain` are its end.
        signers: Who signed what was checked.
        faults: What does not hold; empty if all does.
        uncounted: What holds and does not count: signed by members who could not do that.
        doubts: Sentences about what holds and should be asked about all the same.
        notes: What is worth knowing and is no fault.
        times: For one plan: what is known about the time of each entry.
        checkpoints: The checkpoints that the store was compared with.
        removed: How many entries have no content any more because it was removed by rule.
    """

    subject: str
    team: str
    team_id: str
    pinned: bool
    entries: int
    plans: int
    store: str
    position: int
    chain: str
    signers: tuple[SignedBy, ...]
    faults: tuple[Fault, ...]
    doubts: tuple[str, ...]
    notes: tuple[str, ...]
    times: tuple[Timed, ...]
    checkpoints: tuple[Compared, ...]
    removed: int = 0
    uncounted: tuple[Fault, ...] = ()


class Tally:
    """A report in the making. Public attributes are filled in by whoever walks over the record."""

    def __init__(self, roster: Roster | None, *, pinned: bool = True, team: bool = True) -> None:
        """Begin with the team's own record; None if there is no team to be read.

        Without `team` its record is left to somebody else's tally.
        """
        self.roster, self.pinned = roster, pinned
        self.holds = holds_in(roster) if roster is not None else {}
        self.entries = self.plans = self.position = self.removed = 0
        self.store = self.chain = ""
        self.faults: list[Fault] = []
        self.uncounted: list[Fault] = []
        self.doubts: list[str] = []
        self.notes: list[str] = []
        self.times: list[Timed] = []
        self.seen: set[str] = set()
        self.checkpoints: tuple[Compared, ...] = ()
        if roster is not None and team:
            self._team(roster)

    def _team(self, roster: Roster) -> None:
        self.seen.update(entry.content.by for entry in roster.order.entries)
        known = {text: entry.id for entry, text in roster.uncounted}
        strange = [text for text in roster.problems if text not in known]
        self.faults += [in_team(text) for text in (*roster.unsound.damaged, *strange)]
        self.uncounted += [without_effect(text, "", entry) for text, entry in known.items()]
        self.faults += [junk(text) for text in roster.unsound.junk]
        self.notes += roster.notes
        self.faults += [
            missing(f"the team's record names an entry that is not here: {name[:12]}")
            for name in roster.missing
        ]

    def plan(self, state: PlanState, *, times: bool = False) -> None:
        """Add what a plan's fold shows."""
        self._judged(state)
        if sentence := disagreement(state):
            self.notes.append(f"{state.ref}: {sentence}, until somebody who has seen both decides")
        if not times and _in_step(state):
            return
        timed = timed_entries(state)
        self.notes += [_clock(one) for one in timed if one.latest and one.latest < one.at]
        if times:
            self.times += timed

    def _judged(self, state: PlanState) -> None:
        self.plans += 1
        for text in state.problems:
            if text == NOT_CARRIED_OUT:
                self.doubts.append(f"{state.ref}: {text}")
                continue
            make = missing if "not here" in text else damaged
            self.faults.append(make(f"{state.ref}: {text}", state.ref))
        if (signed := signed_away(state.judged)) and NOT_CARRIED_OUT not in state.problems:
            here = things(sum(one.entry.id in signed for one in state.judged), "entry", "entries")
            text = f"{state.ref}: the removal of {here} is signed and not carried out here: {PURGE}"
            self.notes.append(text)
        for judged in state.judged:
            self.seen.add(judged.entry.content.by)
            if judged.why_not or judged.doubt:
                self._entry(state.ref, judged)

    def removal(self, removed: Removed) -> None:
        """Add a plan whose content was removed: by rule, which is no fault."""
        self.plans += 1
        self.removed += len(removed.gone)
        gone = things(len(removed.gone), "entry", "entries")
        self.notes.append(f"{removed.ref}: {removed.words}; {gone} without their content")
        if removed.pending:
            here = things(len(removed.pending), "entry", "entries")
            self.notes.append(f"{removed.ref}: {here} of what was removed came back: {PURGE}")
        for text in removed.problems:
            make = missing if "not here" in text else damaged
            self.faults.append(make(f"{removed.ref}: {text}", removed.ref))
        self.seen.update(one.entry.content.by for one in removed.judged)
        for one in removed.judged:
            if one.entry.id not in removed.left:
                self._entry(removed.ref, one)
        if removed.left:
            came = f"{things(len(removed.left), 'entry', 'entries')} came in after its content was removed"
            self.doubts.append(f"{removed.ref}: {came}, and nobody can say what that means")

    def _entry(self, ref: str, judged: Judged) -> None:
        content = judged.entry.content
        text = f"{ref}: the {kind_words(content.kind)} entry {judged.entry.id[:12]}"
        stranger = self.roster is not None and content.by not in self.roster.known
        if judged.doubt:
            nothing = "" if not judged.why_not else "; it does not count"
            self.doubts.append(f"{text} by {judged.name}: {judged.doubt}{nothing}")
        if judged.why_not and judged.why_not == judged.doubt:
            return
        if judged.why_not and (content.kind in PLAN_KINDS or stranger):
            idle = without_effect(f"{text}: {judged.why_not}", ref, judged.entry.id)
            (self.faults if stranger else self.uncounted).append(idle)
        elif judged.why_not:
            self.notes.append(f"{text}: {judged.why_not}")

    def report(self, subject: str) -> VerifyReport:
        """What was found."""
        roster = self.roster
        return VerifyReport(
            subject=subject,
            team=roster.name if roster else "",
            team_id=roster.team_id if roster else "",
            pinned=self.pinned,
            entries=self.entries,
            plans=self.plans,
            store=self.store,
            position=self.position,
            chain=self.chain,
            signers=tuple(sorted((self._signer(by) for by in self.seen), key=lambda one: one.name)),
            faults=tuple(dict.fromkeys(self.faults)),
            doubts=tuple(dict.fromkeys(self.doubts)),
            notes=tuple(dict.fromkeys(self.notes)),
            times=tuple(self.times),
            checkpoints=self.checkpoints,
            removed=self.removed,
            uncounted=tuple(dict.fromkeys(self.uncounted)),
        )

    def _signer(self, by: str) -> SignedBy:
        member = self.roster.known.get(by) if self.roster else None
        if member is None:
            return SignedBy(NOBODY, by)
        return SignedBy(member.person.name, by, member.since, member.until)


def timed_entries(state: PlanState) -> list[Timed]:
    """For each entry of a plan, what its signer claims, and who first signed after having seen it."""
    order = Order(judged.entry for judged in state.judged)
    return [_timed(state.ref, judged, _first_after(order, state, judged)) for judged in state.judged]


def _in_step(state: PlanState) -> bool:
    """Whether no entry claims to be older than one before it, so that no clock contradicts another."""
    claimed = [judged.entry.content.at for judged in state.judged]
    return all(map(le, claimed, claimed[1:]))


def _first_after(order: Order, state: PlanState, judged: Judged) -> Judged | None:
    others = [
        other
        for other in state.judged
        if other.author
        and not other.author.same_person(judged.author)
        and order.seen(judged.entry.id, other.entry.id)
    ]
    return min(others, key=lambda other: (other.entry.content.at, other.entry.id), default=None)


def _timed(ref: str, judged: Judged, first: Judged | None) -> Timed:
    content = judged.entry.content
    return Timed(
        ref=ref,
        entry=judged.entry.id,
        kind=content.kind,
        name=judged.name,
        at=content.at,
        latest=first.entry.content.at if first else "",
        latest_by=first.name if first else "",
    )


def _clock(one: Timed) -> str:
    return (
        f"{one.ref}: {one.name} claims {one.at} for the {one.kind} entry {one.entry[:12]}, and "
        f"{one.latest_by}, who had seen it, claims {one.latest}: a clock was wrong, or a claim"
    )


def state_of(plan: str, rows: Sequence[Stored], roster: Roster) -> PlanState | Removed:
    """A plan from its stored entries, or what stays of it if its content was removed by rule.

    Raises:
        VerificationError: No version of it holds.
    """
    try:
        return folded(plan, rows, roster)
    except RemovedError as error:
        return error.removed


def row_from(state: PlanState | Removed, rows: Sequence[Stored]) -> PlanRow:
    """The row that follows from a plan's entries."""
    return state.row(rows) if isinstance(state, Removed) else row_of(state, rows)


def tell(
    tally: Tally,
    state: PlanState | Removed,
    rows: Sequence[Stored],
    *,
    same: bool,
    now: str,
    times: bool = False,
) -> None:
    """Add what a plan's entries show; `same` is whether its row follows from them, `now` UTC text."""
    if isinstance(state, Removed):
        tally.removal(state)
    else:
        tally.plan(state, times=times)
    if not same:
        tally.faults.append(in_list(otherwise(state.plan), state.ref))
    if isinstance(state, PlanState):
        tally.notes += late(state, rows)
    else:
        tally.faults += [untimely(text, state.ref) for text in state.ahead(rows, now)]
        tally.doubts += unseen_by(state, rows, tally.holds, tally.roster)
