"""What a verification found, gathered plan by plan: faults, doubts, notes, signers and what bounds each time.

A time in an entry is its signer's claim. An entry of somebody else that follows it, and so names it, shows
that it existed when that person signed; nothing else here says when anything happened.
"""

from operator import le

import msgspec

from visitsafe.exchange import faults
from visitsafe.exchange.checkpoint import Compared
from visitsafe.exchange.faults import Fault
from visitsafe.record.order import Order
from visitsafe.record.terms import kind_words
from visitsafe.retention.holds import holds_in
from visitsafe.state.disagreement import disagreement
from visitsafe.state.fold import PlanState
from visitsafe.state.removal import NOT_CARRIED_OUT, Removed, signed_away
from visitsafe.state.rules import FORMS, Judged
from visitsafe.team.roster import Roster

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


class Report(msgspec.Struct, frozen=True):
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
        self.faults += [faults.in_team(text) for text in (*roster.unsound.damaged, *strange)]
        self.uncounted += [faults.without_effect(text, "", entry) for text, entry in known.items()]
        self.faults += [faults.junk(text) for text in roster.unsound.junk]
        self.notes += roster.notes
        self.faults += [
            faults.missing(f"the team's record names an entry that is not here: {name[:12]}")
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
            make = faults.missing if "not here" in text else faults.damaged
            self.faults.append(make(f"{state.ref}: {text}", state.ref))
        if (signed := signed_away(state.judged)) and NOT_CARRIED_OUT not in state.problems:
            here = _number(sum(one.entry.id in signed for one in state.judged))
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
        self.notes.append(
            f"{removed.ref}: {removed.words}; {_number(len(removed.gone))} without their content"
        )
        if removed.pending:
            here = _number(len(removed.pending))
            self.notes.append(f"{removed.ref}: {here} of what was removed came back: {PURGE}")
        for text in removed.problems:
            make = faults.missing if "not here" in text else faults.damaged
            self.faults.append(make(f"{removed.ref}: {text}", removed.ref))
        self.seen.update(one.entry.content.by for one in removed.judged)
        for one in removed.judged:
            if one.entry.id not in removed.left:
                self._entry(removed.ref, one)
        if removed.left:
            came = f"{_number(len(removed.left))} came in after its content was removed"
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
        if judged.why_not and (content.kind in FORMS or stranger):
            idle = faults.without_effect(f"{text}: {judged.why_not}", ref, judged.entry.id)
            (self.faults if stranger else self.uncounted).append(idle)
        elif judged.why_not:
            self.notes.append(f"{text}: {judged.why_not}")

    def report(self, subject: str) -> Report:
        """What was found."""
        roster = self.roster
        return Report(
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


def _number(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


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
