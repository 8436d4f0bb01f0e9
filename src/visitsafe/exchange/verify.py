"""Verification as the product: what was checked, by which keys, what does not hold, and what that proves.

A store or one plan of it; a bundle's file is `verifying_file`'s affair. A store is checked in parts, by as
many processes as the caller has (`verify_many`), in memory that does not grow with it. Nothing is changed,
nothing is mended, and no fault stops the rest from being checked.
"""

import re
from collections.abc import Iterable, Sequence

from visitsafe.desk import Desk
from visitsafe.errors import KeyFileError, StoreError, UsageError, VerificationError
from visitsafe.exchange import findings as faults
from visitsafe.exchange.bundle import Bundle, Packed, fits_its_name
from visitsafe.exchange.checkpoint import Checkpoint, Walked, compare, walk
from visitsafe.exchange.findings import Tally, VerifyReport, row_from, state_of, tell
from visitsafe.exchange.verify_many import here
from visitsafe.exchange.verify_parts import Checked, Found, Result, Spread, Walk, tasks
from visitsafe.record.chain import ChainProblem
from visitsafe.record.entry import Verified, verify_entry
from visitsafe.record.kinds import Kind
from visitsafe.record.refs import is_plan_id, reference
from visitsafe.record.ssh import fingerprint
from visitsafe.record.stored import PlanRow, Stored
from visitsafe.record.terms import TEAM_STREAM
from visitsafe.state.fold import fold
from visitsafe.state.removed import RemovedError
from visitsafe.team.roster import Roster
from visitsafe.text.clock import to_text

NOT_ALL = "the entries that the store has by plan are not the same as those in order of arrival"


def verify_store(
    desk: Desk, checkpoints: Sequence[Checkpoint] = (), spread: Spread | None = None
) -> VerifyReport:
    """Check everything in the store, and that it agrees with checkpoints that were kept elsewhere.

    Args:
        desk: The store and the team.
        checkpoints: What was kept elsewhere.
        spread: Has the parts checked by several processes; without, all is done in this one.
    """
    tally = Tally(desk.roster)
    tally.store = desk.store.store_id
    upto = _end(desk)
    todo = tasks(upto, (one.position for one in checkpoints), to_text(desk.now))
    checked, walks, found = _gathered((spread or here(desk.store, desk.roster))(todo, upto))
    tally.faults += [faults.in_store(text) for text in checked.wrong]
    _store(desk, tally, walks, found, checkpoints)
    if not walks.error and not found.errors and walks.same != found.same:
        tally.faults.append(faults.in_store(NOT_ALL))
    tally.faults += [faults.in_store(text) for text in found.errors]
    tally.doubts += walks.untimely
    for one in found.about:
        tally.faults += one.faults
        tally.doubts += one.doubts
        tally.notes += one.notes
        tally.uncounted += one.uncounted
    for plan in found.lost:
        ref = reference(plan)
        tally.faults.append(faults.in_list(f"the list names {ref}, which has no entries", ref))
    tally.seen |= found.signers
    tally.entries, tally.plans, tally.removed = walks.entries, found.plans, found.removed
    return tally.report("store")


def verify_plan(desk: Desk, plan: str, checkpoints: Sequence[Checkpoint] = ()) -> VerifyReport:
    """Check one plan, the team's record and the store they are in; with what is known about each time."""
    tally = Tally(desk.roster)
    tally.store = desk.store.store_id
    tally.faults += [faults.in_store(text) for text in desk.store.check_file()]
    try:
        walked, problems = walk(desk.store, desk.store.scan(), checkpoints)
        _ended(desk, tally, walked, [ChainProblem(*one) for one in problems], checkpoints)
    except StoreError as error:
        _not_ended(tally, error.message, checkpoints)
    row = None
    try:
        row = desk.store.row(plan)
    except StoreError as error:
        tally.faults.append(faults.in_store(error.message))
    tally.entries = _plan(desk, tally, plan, row) + len(desk.roster.order.entries)
    return tally.report("plan")


def _end(desk: Desk) -> int:
    try:
        return desk.store.head()[0]
    except StoreError:  # the walk along the store will say so
        return 0


def _gathered(results: Iterable[Result]) -> tuple[Checked, Walk, Found]:
    """What came of it all, in an order that does not depend on who came first."""
    checked: list[Checked] = []
    walks: list[Walk] = []
    founds: list[Found] = []
    for result in results:
        if isinstance(result, Checked):
            checked.append(result)
        elif isinstance(result, Walk):
            walks.append(result)
        else:
            founds.append(result)
    return (
        checked[0],
        walks[0],
        Found(
            same=sum(one.same for one in founds),
            plans=sum(one.plans for one in founds),
            removed=sum(one.removed for one in founds),
            signers=frozenset[str]().union(*(one.signers for one in founds)),
            bad=tuple(bad for one in founds for bad in one.bad),
            about=tuple(sorted((about for one in founds for about in one.about), key=lambda one: one.stream)),
            lost=tuple(sorted(plan for one in founds for plan in one.lost)),
            errors=tuple(sorted({text for one in founds for text in one.errors})),
        ),
    )


def _store(desk: Desk, tally: Tally, walks: Walk, found: Found, checkpoints: Sequence[Checkpoint]) -> None:
    """The running hash, the entries by themselves and the checkpoints."""
    if walks.error:
        _not_ended(tally, walks.error, checkpoints)
        return
    bad = sorted((*walks.bad, *found.bad), key=lambda one: one.position)
    first_bad = bad[0].position if bad else None
    walked = Walked(desk.store.store_id, walks.end, walks.chains, first_bad)
    try:
        _ended(desk, tally, walked, bad, checkpoints)
    except StoreError as error:
        _not_ended(tally, error.message, checkpoints)


def _ended(
    desk: Desk,
    tally: Tally,
    walked: Walked,
    problems: Iterable[ChainProblem],
    checkpoints: Sequence[Checkpoint],
) -> None:
    tally.position, tally.chain = desk.store.head()
    tally.faults += [faults.in_store(f"{one.text} (entry {one.id[:12]})", one.id) for one in problems]
    tally.checkpoints = compare(checkpoints, walked, desk.roster)
    for one in tally.checkpoints:
        if one.wrong:
            text = f"the checkpoint of {one.at} at position {one.position}: {one.wrong}"
            tally.faults.append(faults.in_checkpoint(text))


def _not_ended(tally: Tally, error: str, checkpoints: Sequence[Checkpoint]) -> None:
    tally.faults.append(faults.in_store(error))
    for one in checkpoints:
        text = f"the checkpoint of {one.at} at position {one.position} could not be compared"
        tally.faults.append(faults.in_checkpoint(text))


def _plan(desk: Desk, tally: Tally, plan: str, listed: PlanRow | None) -> int:
    """One plan of the store, and whether the store's list shows it as it is; how many entries it has."""
    if not is_plan_id(plan):
        text = f"the store holds entries under {plan[:40]!r}, which is no plan"
        tally.faults.append(faults.in_store(text))
        return 0
    history: Sequence[Stored] = ()
    try:
        history = desk.store.history(plan)
        state = state_of(plan, history, desk.roster)
    except StoreError as error:
        tally.faults.append(faults.in_store(error.message))
    except VerificationError as error:
        tally.faults.append(faults.no_version(error.message, reference(plan)))
    else:
        same = row_from(state, history) == listed
        tell(tally, state, history, same=same, now=to_text(desk.now), times=True)
    return len(history)


_KEY = re.compile(rb"(?:ssh-ed25519|sk-ssh-ed25519@openssh\.com) [A-Za-z0-9+/=]{1,1000}")


def verify_file(bundle: Bundle, team_id: str = "", team_key: str = "") -> VerifyReport:
    """Check everything in a bundle.

    Args:
        bundle: As it was read.
        team_id: The id of the team that it must be of, or "".
        team_key: The public key line of that team's founder, or "".

    Raises:
        UsageError: The founder's key is no public key.
    """
    founder = _fingerprint(team_key) if team_key else ""
    good, broken = _checked(bundle.entries)
    team = [entry for entry in good if entry.content.plan == TEAM_STREAM]
    roster: Roster | None = None
    try:
        roster = _roster(team, team_id, founder)
    except VerificationError as error:
        broken.append(faults.in_team(error.message))
    tally = Tally(roster, pinned=bool(team_id or founder))
    tally.faults[:0] = broken
    tally.entries = len(bundle.entries)
    if roster is not None:
        _plans(tally, roster, [entry for entry in good if entry.content.plan != TEAM_STREAM])
        _signers(tally, roster, bundle.signers)
    tally.seen.update(entry.content.by for entry in good)
    return tally.report("file")


def _fingerprint(public_line: str) -> str:
    try:
        return fingerprint(public_line)
    except KeyFileError as error:
        raise UsageError(f"--team-key: {error.message}", error.hint) from error


def _checked(entries: Sequence[Packed]) -> tuple[list[Verified], list[faults.Fault]]:
    """Each entry by itself: those that hold, and a fault for each that does not."""
    good: dict[str, Verified] = {}
    broken: list[faults.Fault] = []
    for packed in entries:
        try:
            verified = verify_entry(packed.entry)
        except VerificationError as error:
            broken.append(faults.damaged(f"{error.message} ({packed.name})"))
            continue
        if not fits_its_name(packed):
            text = f"entry {verified.id[:12]} is not the one that the name of its file says ({packed.name})"
            broken.append(faults.damaged(text))
        good.setdefault(verified.id, verified)
    if not entries:
        broken.append(faults.damaged("the file holds no entries"))
    return list(good.values()), broken


def _roster(team: Sequence[Verified], team_id: str, founder: str) -> Roster:
    """The team that this is, chosen by its id or its founder's key; without either the only one there is."""
    founding = [entry for entry in team if entry.content.kind == Kind.FOUNDED]
    wanted = [
        entry.id
        for entry in founding
        if (not team_id or entry.id == team_id) and (not founder or entry.content.by == founder)
    ]
    if not wanted and founding and (team_id or founder):
        raise VerificationError(
            f"this file is of another team than the one you named: of {founding[0].id[:12]}, "
            f"founded by the key {founding[0].content.by}"
        )
    if not wanted:
        raise VerificationError("the file does not hold the beginning of any team's record")
    if len(founding) > 1:
        raise VerificationError("the file mixes the records of several teams")
    return Roster(team, wanted[0])


def _plans(tally: Tally, roster: Roster, entries: Sequence[Verified]) -> None:
    streams: dict[str, list[Verified]] = {}
    for entry in entries:
        streams.setdefault(entry.content.plan, []).append(entry)
    for plan, group in streams.items():
        try:
            tally.plan(fold(plan, group, roster), times=len(streams) == 1)
        except RemovedError as error:
            tally.removal(error.removed)
        except VerificationError as error:
            tally.faults.append(faults.no_version(error.message, reference(plan)))


def _signers(tally: Tally, roster: Roster, signers: bytes) -> None:
    """Who checks with OpenSSH relies on `allowed_signers`: it must name no key that the team never had."""
    for found in dict.fromkeys(_KEY.findall(signers)):
        try:
            key = fingerprint(found.decode())
        except KeyFileError:
            key = ""
        if key not in roster.known:
            named = key or "one that is no key"
            tally.faults.append(
                faults.in_team(f"allowed_signers names a key that the team never had: {named}")
            )
