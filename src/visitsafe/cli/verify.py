"""`visitsafe verify`: whether a store, a plan or a bundle holds, told as it is being checked.

A store is checked by several processes where that helps. Who may not know of duress is told nothing of it.
"""

import gc
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from visitsafe.cli.output import result, result_json
from visitsafe.errors import UsageError, VerificationError, VisitsafeError
from visitsafe.exchange.findings import VerifyReport, timed_entries
from visitsafe.opening import desk_of, settings_of
from visitsafe.record.refs import is_plan_id
from visitsafe.record.terms import ANSWERERS
from visitsafe.state.duress_redaction import UNSEEN, hides_duress, may_know_duress, without_unseen
from visitsafe.state.fold import PlanState
from visitsafe.text.clean import one_line, things

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from visitsafe.desk import Desk
    from visitsafe.exchange.checkpoint import Checkpoint
    from visitsafe.exchange.findings import Fault, SignedBy, Timed
    from visitsafe.exchange.verify import Result, Spread, Task


Json = Annotated[bool, typer.Option("--json", help="As JSON.")]


def verify(
    context: typer.Context,
    what: Annotated[
        str | None,
        typer.Argument(metavar="[REF|FILE.zip]", help="A plan or a bundle; the whole store without."),
    ] = None,
    against: Annotated[
        list[Path] | None, typer.Option("--against", help="A text with a checkpoint; may be repeated.")
    ] = None,
    team_id: Annotated[str, typer.Option("--team-id", help="For a file: the team it must be of.")] = "",
    team_key: Annotated[
        str, typer.Option("--team-key", help="For a file: its founder's key, 'ssh-ed25519 AAAA...'.")
    ] = "",
    json: Json = False,
) -> None:
    """Check signatures, roles, order, the running hash and checkpoints, and say what that proves."""
    if what is not None and _is_file(what):
        if against:
            raise UsageError(
                "a checkpoint is of a store, not of a file", "run: visitsafe verify --against FILE"
            )
        report = _file(context, Path(what), team_id, team_key)
    elif team_id or team_key:
        raise UsageError(
            "--team-id and --team-key are for a bundle's file", "name it: visitsafe verify FILE.zip"
        )
    else:
        report = _store(context, what, against or [])
    _tell(report, json=json)


def _is_file(what: str) -> bool:
    return what.lower().endswith(".zip") or "/" in what or "\\" in what or Path(what).is_file()


def _file(context: typer.Context, path: Path, team_id: str, team_key: str) -> "VerifyReport":
    """Needs no store and no settings; the pinned team is used if there is one and none is named."""
    from visitsafe.exchange.bundle import read_bundle
    from visitsafe.exchange.verify import verify_file

    bundle = read_bundle(path)
    if not team_id and not team_key:
        team_id = settings_of(context).team
    return verify_file(bundle, team_id.strip().lower(), team_key.strip())


def _store(context: typer.Context, ref: str | None, against: list[Path]) -> "VerifyReport":
    from visitsafe.cli.store import progress
    from visitsafe.exchange.verify import verify_plan, verify_store

    checkpoints = [checkpoint for path in against for checkpoint in _checkpoints(path)]
    with desk_of(context, owner=True) as desk:
        if ref is not None:
            plan = desk.resolve(ref)
            return discreet(desk, verify_plan(desk, plan, checkpoints), plan)
        with progress() as tell:
            report = verify_store(desk, checkpoints, spread(desk, settings_of(context).store, tell))
        return discreet(desk, report)


def _checkpoints(path: Path) -> "tuple[Checkpoint, ...]":
    from visitsafe.exchange.checkpoint import read_checkpoints
    from visitsafe.text.files import read_text

    return read_checkpoints(str(path), read_text(path))


def _tell(report: "VerifyReport", *, json: bool) -> None:
    if json:
        import msgspec

        result_json(msgspec.to_builtins(shape(report)))
    else:
        result(in_words(report))
    if report.faults:
        more = len(report.faults) - 1
        raise VerificationError(
            f"the record does not hold: {report.faults[0].text}" + (f" (and {more} more)" if more else ""),
            hint="do not rely on it; keep a copy as it is, and tell whoever looks after visitsafe",
        )


WORTH_IT = 20_000
"""Entries from which other processes are started."""
Tell = Callable[[str, int, int], None]


def spread(desk: "Desk", url: str, tell: Tell, *, count: int = 0, worth_it: int = WORTH_IT) -> "Spread":
    """Has a store checked by all processors, or here if it is small or no process can be started.

    Args:
        desk: The store and the team.
        url: The store's, so that others can open it.
        tell: Told how much is done.
        count: How many processes; 0 for one on each processor.
        worth_it: The number of entries from which it is worth it.
    """
    from visitsafe.exchange.processes import NoProcessesError, processors, share
    from visitsafe.exchange.verify import here

    number = count or processors()

    def run(todo: "Sequence[Task]", upto: int) -> "Iterator[Result]":
        alone = here(desk.store, desk.roster)
        if upto < worth_it or number < 2:  # noqa: PLR2004 - one process is this one
            yield from _telling(alone(todo, upto), len(todo), tell)
            return
        try:
            yield from _telling(share(begin, (url, desk.roster.team_id, upto), todo, number), len(todo), tell)
        except NoProcessesError:
            yield from _telling(alone(todo, upto), len(todo), tell)

    return run


def _telling(results: "Iterable[Result]", total: int, tell: Tell) -> "Iterator[Result]":
    tell("checking the store", 0, total)
    for done, one in enumerate(results, 1):
        yield one
        tell("checking the store", done, total)


def begin(url: str, team_id: str, upto: int) -> "Callable[[Task], Result]":
    """In another process: open the store and the team; what is returned does tasks."""
    from visitsafe.desk import open_roster
    from visitsafe.exchange.verify import perform
    from visitsafe.store.open import open_store

    store = open_store(url, owner=True)
    roster = open_roster(store, team_id)
    gc.collect()
    gc.freeze()

    def task(one: "Task") -> "Result":
        # Looking for garbage while entries come and go by the thousand takes a third of the time.
        gc.disable()
        try:
            return perform(store, roster, one, upto)
        finally:
            gc.collect()

    return task


_ABOUT = re.compile(r"(?P<ref>\S+): .*?the (?P<kind>[a-z][a-z0-9_-]*) entry (?P<entry>[0-9a-f]{12})")
_CLOCKS = re.compile(r"claims \S+ for the \S+ entry .*, who had seen it, claims ")


def discreet(desk: "Desk", report: VerifyReport, plan: str = "") -> VerifyReport:
    """The report as the person who asked may see it.

    Args:
        desk: Who asked.
        report: What was found.
        plan: If it is about one plan only: its id.
    """
    reader = _Reader(desk)
    told = msgspec.structs.replace(
        report,
        notes=tuple(note for note in report.notes if reader.may_read(note)),
        doubts=tuple(doubt for doubt in report.doubts if reader.may_read(doubt)),
        faults=tuple(map(reader.fault, report.faults)),
        uncounted=tuple(map(reader.fault, report.uncounted)),
    )
    return reader.about_one(told, plan) if plan else told


class _Reader:
    """Somebody who asked, and the plans of which they may know all or only a part."""

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk
        self._plans: dict[str, PlanState | None] = {}

    def may_read(self, sentence: str) -> bool:
        """Whether a sentence about an entry tells nothing that this person may not know."""
        about = _ABOUT.match(sentence)
        if about is None or self._knows(about["ref"]):
            return True
        if about["kind"] in UNSEEN:
            return False
        return not _CLOCKS.search(sentence) or self._sees_both(about["ref"], sentence)

    def fault(self, fault: "Fault") -> "Fault":
        """A fault, without saying why it is one where that might tell."""
        about = _ABOUT.match(fault.text)
        if about is None or about["kind"] not in UNSEEN or self._knows(about["ref"]):
            return fault
        return msgspec.structs.replace(fault, text=f"{about['ref']}: an entry does not count", entry="")

    def about_one(self, report: VerifyReport, plan: str) -> VerifyReport:
        """The report on one plan, without its entries of the kinds that this person does not see."""
        if self._knows(plan):
            return report
        state = self._plan(plan)
        if state is None:  # it does not hold: nothing is listed but what is wrong with it
            return msgspec.structs.replace(report, times=())
        seen = self._seen(state)
        unseen = sum(one.entry.content.kind in UNSEEN for one in state.judged)
        team = {entry.content.by for entry in self._desk.roster.order.entries}
        signers = team | {one.entry.content.by for one in seen.judged}
        return msgspec.structs.replace(
            report,
            entries=report.entries - unseen,
            times=tuple(timed_entries(seen)),
            signers=tuple(one for one in report.signers if one.fingerprint in signers),
        )

    def _knows(self, ref: str) -> bool:
        state = self._plan(ref)
        if state is not None:
            return may_know_duress(state, self._desk.me)
        return self._desk.me is not None and not self._desk.me.roles.isdisjoint(ANSWERERS)

    def _plan(self, ref: str) -> PlanState | None:
        """The plan; None if it does not hold, or its content was removed."""
        if ref not in self._plans:
            try:
                plan = ref if is_plan_id(ref) else self._desk.resolve(ref)
                self._plans[ref] = self._desk.plan(plan)
            except VisitsafeError:
                self._plans[ref] = None
        return self._plans[ref]

    def _seen(self, state: PlanState) -> PlanState:
        return without_unseen(hides_duress(state, self._desk.me))

    def _sees_both(self, ref: str, sentence: str) -> bool:
        """Whether two claims that contradict each other are both of entries that this person sees."""
        state = self._plan(ref)
        timed = timed_entries(self._seen(state)) if state is not None else ()
        return any(
            f"entry {one.entry[:12]}, and {one.latest_by}, who had seen it, claims {one.latest}:" in sentence
            for one in timed
        )


MOST_SHOWN = 50
PROVES = (
    "That proves who said what, that it is unaltered, and who had seen what when they signed. It does not "
    "prove that what they said is true. Times are claims, bounded only by what others signed later."
)
END = (
    "It cannot show that nothing was cut off the end, or that the whole store was not made anew: for that, "
    "lodge a checkpoint elsewhere (visitsafe store checkpoint) and compare with it "
    "(visitsafe verify --against FILE)."
)
NOT_PINNED = (
    "The team itself was not compared with anything: anybody can found a team under any name. Compare its "
    "id and its founder's key with what the people themselves tell you, or name it: --team-id ID, "
    "--team-key KEY."
)
README = "The README.txt in the file is not signed: what it says, anybody may have written."


def in_words(report: "VerifyReport") -> str:
    """The whole report for a person."""
    lines = [_headline(report), *_faults("DOES NOT HOLD", report.faults)]
    lines += _faults("DOES NOT COUNT", report.uncounted)
    lines += ["", _checked(report)]
    if report.removed:
        lines.append(_removed(report))
    lines += ["Signed by:", *(f"  {_signer(signer)}" for signer in report.signers)]
    lines += [_checkpoint(one) for one in report.checkpoints if not one.wrong]
    lines += [f"  {_timed(timed)}" for timed in report.times]
    lines += [f"Doubtful: {one_line(doubt)}" for doubt in report.doubts[:MOST_SHOWN]]
    lines += [f"Note: {one_line(note)}" for note in report.notes[:MOST_SHOWN]]
    if report.team and not report.pinned:
        lines += ["", NOT_PINNED]
    if not report.faults:
        lines += ["", PROVES]
        if report.subject != "file" and not report.checkpoints:
            lines.append(END)
    return "\n".join(lines)


def shape(report: "VerifyReport") -> dict[str, Any]:
    """What `verify --json` prints."""
    import msgspec

    fields: dict[str, Any] = msgspec.to_builtins(report)
    fields["problems"] = fields.pop("faults")
    return {"holds": not report.faults, **fields}


def _headline(report: "VerifyReport") -> str:
    count = len(report.faults)
    if count:
        return things(count, "thing does not hold:", "things do not hold:")
    if report.uncounted:
        wrong = things(len(report.uncounted), "entry does not count", "entries do not count")
        return f"Everything holds; {wrong}:"
    if report.doubts:
        return "Everything holds, and something should be asked about: see Doubtful."
    return "Everything holds."


def _faults(what: str, faults: "Sequence[Fault]") -> "Iterator[str]":
    for fault in faults[:MOST_SHOWN]:
        yield f"  {what}: {one_line(fault.text)}"
        yield f"    what it means: {fault.means}"
        yield f"    what to do: {fault.do}"
    if len(faults) > MOST_SHOWN:
        yield f"... and {len(faults) - MOST_SHOWN} more; all of them with --json."


def _checked(report: "VerifyReport") -> str:
    team = f'the team "{one_line(report.team)[:60]}" ({report.team_id[:12]})' if report.team else "no team"
    entries = things(report.entries, "entry", "entries")
    text = f"Checked {entries}: {things(report.plans, 'plan')}, {team}"
    if report.subject == "file":
        return f"{text}. Nothing else was relied on.\n{README}"
    return (
        f"{text}, and the store's file.\nThe store {report.store[:12]} ends at position {report.position}; "
        f"its running hash there is {report.chain[:16]}."
    )


def _removed(report: "VerifyReport") -> str:
    entries = things(report.removed, "entry", "entries")
    text = f"The content of {entries} was removed by rule, and somebody who may signed for it: see the notes."
    if report.subject == "file":
        return text
    return f"{text} Ids, times, kinds, signers and order stay, and the running hash covers them."


def _signer(signer: "SignedBy") -> str:
    since = f", in the team since {_when(signer.since)}" if signer.since else ""
    until = f", until {_when(signer.until)}" if signer.until else ""
    return f"{one_line(signer.name)[:60]}  {one_line(signer.fingerprint)}{since}{until}"


def _checkpoint(one: Any) -> str:
    return (
        f"The checkpoint that {one_line(one.name)[:60]} made at {_when(one.at)}, at position {one.position}, "
        "agrees: everything up to there is still there, unaltered."
    )


def _timed(timed: "Timed") -> str:
    """What is known about when an entry was made."""
    made = f"{timed.ref} {timed.kind} by {one_line(timed.name)[:60]}: claims {_when(timed.at)}"
    if not timed.latest:
        return f"{made}; nobody else has signed after it"
    latest_by = one_line(timed.latest_by)[:60]
    return f"{made}; existed at the latest when {latest_by} signed at {_when(timed.latest)} (claim)"


def _when(text: str) -> str:
    """`23 Nov 2026 10:00 UTC`: proofs are read far away from the clocks that they were made by."""
    from visitsafe.errors import VerificationError
    from visitsafe.text.clock import from_text

    try:
        at = from_text(text)
    except VerificationError:
        return one_line(text)
    return f"{at.day} {at:%b %Y %H:%M} UTC"
