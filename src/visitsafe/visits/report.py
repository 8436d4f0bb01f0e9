"""Reports of a visit under way: which visit is meant, whether the report would count, and signing it (8.2).

The worker signs for themselves; anybody else in the team passes on what they heard and says so. Nothing
forbids leaving, and a report that comes late or without the one before it is taken all the same. What a
report answers is worked out from the record as the worker may see it: duress changes nothing that is shown.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta, tzinfo

import msgspec
from msgspec.structs import replace

from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, NotPermittedError, ProblemsError, StoreError, VerificationError
from visitsafe.record.bodies import (
    BackBody,
    Comes,
    Condition,
    ExtendedBody,
    Finding,
    Heard,
    PlanBody,
    ReportBody,
)
from visitsafe.record.kinds import Kind
from visitsafe.record.stored import PlanRow
from visitsafe.record.terms import Stage, Status
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.state.fold import PlanState, called
from visitsafe.state.ladder import is_watched
from visitsafe.state.rules import is_earlier
from visitsafe.state.visit import EARLY
from visitsafe.team.people import Member, meant_by, not_one
from visitsafe.team.roster import is_self, selves
from visitsafe.text.clock import clock, from_text, to_text


def seen_by_worker(state: PlanState) -> PlanState:
    """A visit as its worker may see it: somebody else may be reading over their shoulder (D15).

    What a watch would have raised is taken up to the newest report and no further: so the report of the
    phrase itself is answered like any other, whether anybody is watching or not.
    """
    return hides_duress(state, state.author)


def goes_first(state: PlanState) -> str:
    """Why a plan was signed as one that cannot wait for a decision; empty if it can, or has one."""
    return state.body.urgent if state.status is Status.AWAITING else ""


def check_may_depart(desk: Desk, state: PlanState, *, urgent: bool, happened: str = "") -> None:
    """Refuse setting out twice, before there was a plan, and on a visit that nobody has agreed to.

    Raises:
        NotPermittedError: With the way on.
        VerificationError: The plan's record does not hold.
    """
    if state.visit.departed and not seen_by_worker(state).closed:
        raise NotPermittedError(
            f"setting out on {state.ref} was reported already, and the visit is watched",
            hint=f"what comes next: visitsafe arrive {state.ref}",
        )
    planned = min(one.entry.content.at for one in state.judged if isinstance(one.body, PlanBody))
    # an urgent plan may be signed on the way, when its visit was to start already
    begins = to_text(from_text(state.body.visit.start) - EARLY)
    first = min(planned, begins) if state.body.urgent else planned
    if happened and is_earlier(happened, first):
        raise NotPermittedError(
            f"that time is before {state.ref} was signed: a time of day is the last one that has passed",
            hint="report it when it happens; if it has just happened, leave out --at",
        )
    reason, hint = why_not_ready(desk, state)
    if not reason or urgent:
        return
    if state.status not in {Status.REFUSED, Status.WITHDRAWN}:
        hint += f"; or, if it cannot wait: visitsafe depart {state.ref} --urgent --reason 'why'"
    error = VerificationError if state.problems else NotPermittedError
    raise error(reason, hint=hint)


def why_not_ready(desk: Desk, state: PlanState) -> tuple[str, str]:
    """Why a visit may not begin now unless it is urgent, and what else to do; both empty if it may."""
    if state.status in {Status.REFUSED, Status.WITHDRAWN}:
        return _said_no(state)
    if state.problems:
        return f"the record of {state.ref} does not hold: {state.problems[0]}", "tell your manager"
    if state.status is not Status.COUNTERSIGNED and not (goes_first(state) or state.overtaken):
        return _not_agreed(desk, state)
    if state.visit.due_back <= to_text(desk.now):
        return (
            f"the time due back of {state.ref} has passed, so nobody could tell when you are late",
            f"plan it anew: visitsafe plan --repeat {state.ref}",
        )
    return "", ""


def who_decided(state: PlanState) -> str:
    """The name of whoever made the decision in force."""
    return state.decision.name if state.decision else "a manager"


def _said_no(state: PlanState) -> tuple[str, str]:
    if state.status is Status.WITHDRAWN:
        return (
            f"{state.ref} was withdrawn: {_in_line(state.withdrawn)}",
            f"if it goes ahead after all, ring your manager; then: visitsafe plan --repeat {state.ref}",
        )
    name, decided = who_decided(state), state.decided
    why = _in_line(decided.rationale) if decided else ""
    instead = f"; instead: {_in_line(decided.purpose_met)}" if decided and decided.purpose_met.strip() else ""
    return f"{name} refused {state.ref}: {why}{instead}", f"ring {name} or another manager before you go"


def _not_agreed(desk: Desk, state: PlanState) -> tuple[str, str]:
    from visitsafe.state.phrases import how_to_change, plain_words

    change = f"change it and have it signed again: {how_to_change(state, desk.now)}"
    if state.status is Status.RETURNED and state.decided:
        return f"{who_decided(state)} returned {state.ref}: {_in_line(state.decided.rationale)}", change
    waits = state.status is Status.AWAITING and not state.started(to_text(desk.now))
    return (
        f"{state.ref} is not countersigned ({plain_words(state, desk.now)})",
        "ask a manager to decide now" if waits else change,
    )


def _in_line(text: str) -> str:
    return " ".join(text.split())


FORGOTTEN = timedelta(hours=24)
"""How long after the time due back a visit that nobody reported setting out on is still taken to be meant."""


def find_visit(desk: Desk, report: "Report", zone: tzinfo, ref: str = "") -> PlanState:
    """The visit that a report is about; without a reference the only one that fits.

    Args:
        desk: Who reports.
        report: What is to be reported.
        zone: Whose local time is told where several fit.
        ref: The reference, if one was given.

    Raises:
        NotFoundError: No plan answers to the reference, or no visit of this person fits.
        NotPermittedError: The team does not know who asks.
        SeveralVisitsError: Several visits fit; each is named.
    """
    me = desk.member()
    if ref:
        return desk.plan(desk.resolve(ref))
    person = person_called(desk, report.who) if report.who else me
    # By the rows first, for a doorstep cannot wait; what is chosen is named, and the board shows the others.
    fits = _fitting(desk, _visits_of(desk, person, desk.store.plans(open_only=True)), report)
    if not fits:
        from visitsafe.find import maybe_open  # only where the rows do not help

        every = map(desk.plan_if_sound, maybe_open(desk.store, desk.now))
        fits = _fitting(desk, _open_of(desk, person, every), report)
    if len(fits) > 1:
        raise several(desk, fits, zone)
    if not fits:
        whose = "you have" if person is me else f"{person.person.name} has"
        what = "planned that could begin now" if report.kind is Kind.DEPARTED else "under way"
        others = "" if report.who else "; if somebody told you: --for PERSON"
        raise NotFoundError(
            f"{whose} no visit {what}", hint=f"name it, like K7Q2-M9; see: visitsafe list{others}"
        )
    return fits[0]


class SeveralVisitsError(ProblemsError):
    """More than one visit could be meant: a line and a reference for each."""

    refs: tuple[str, ...] = ()


def several(desk: Desk, fits: Sequence[PlanState], zone: tzinfo) -> SeveralVisitsError:
    """The error that names each visit which could be meant, the first to be due back first."""
    from visitsafe.text.redact import without_address  # its patterns cost more than a report does

    fits = sorted(fits, key=lambda one: one.visit.due_back)
    refs = called(fits)
    lines = [
        f"{refs[state.plan]}  {state.author.person.name}, "
        f"{without_address(state.body.visit.area, state.body.visit.address)}, "
        f"due back {clock(state.visit.due_back, zone, desk.now)}"
        for state in fits
    ]
    error = SeveralVisitsError(
        "more than one visit could be meant", lines, hint="say which, by its reference"
    )
    error.refs = tuple(refs[state.plan] for state in fits)
    return error


def person_called(desk: Desk, who: str) -> Member:
    """The person whom somebody at the telephone calls by name or a part of it, e-mail or fingerprint.

    Raises:
        NotFoundError: Nobody; the nearest are named.
        ProblemsError: More than one person; they are listed.
    """
    everyone, members = desk.roster.everyone, desk.roster.members
    found = [one for one in everyone if one.answers_to(who)] or meant_by(who, members.values())
    if not found or any(not is_self(other, found[0], everyone) for other in found):
        raise not_one(who, found, members.values())
    keys = [one.fingerprint for one in selves(found[-1], everyone) if one.fingerprint in members]
    return members[keys[0]] if keys else found[-1]


def still_watched(desk: Desk, state: PlanState) -> tuple[PlanState, ...]:
    """The other visits of the same worker that are watched now, as they may see them."""
    return watched_visits(desk, state.author, but=state.plan)


def watched_visits(desk: Desk, person: Member, but: str = "") -> tuple[PlanState, ...]:
    """The visits of a person that are watched now, as they may see them, `but` for one plan."""
    now = to_text(desk.now)
    rows = [
        row
        for row in desk.store.plans(open_only=True)
        if row.plan != but and (row.start <= now or row.stage != Stage.PLANNED)
    ]
    seen = [seen_by_worker(other) for other in _visits_of(desk, person, rows)]
    return tuple(other for other in seen if is_watched(other, desk.now))


def _visits_of(desk: Desk, person: Member, rows: Sequence[PlanRow]) -> list[PlanState]:
    """The visits of one person, by any of their keys, that are open as they may see it; by their rows."""
    keys = {one.fingerprint for one in selves(person, desk.roster.everyone)}
    return _open_of(desk, person, [desk.plan_if_sound(row.plan) for row in rows if row.by in keys])


def _open_of(desk: Desk, person: Member, states: Iterable[PlanState | None]) -> list[PlanState]:
    keys = {one.fingerprint for one in selves(person, desk.roster.everyone)}
    return [
        state
        for state in states
        if state is not None and state.author.fingerprint in keys and not seen_by_worker(state).closed
    ]


def _fitting(desk: Desk, mine: Sequence[PlanState], report: "Report") -> list[PlanState]:
    now = to_text(desk.now)
    if report.kind is Kind.DEPARTED:
        ready = [state for state in mine if not state.visit.departed and state.visit.due_back > now]
        agreed = [state for state in ready if not why_not_ready(desk, state)[0]]
        departed = [state for state in mine if state.visit.departed]
        return (ready if report.urgent else agreed or ready) or departed
    still = to_text(desk.now - FORGOTTEN)
    # Whoever forgot `depart` is watched too: what they report must not end up on another visit unnoticed.
    out = [state for state in mine if state.visit.out or is_watched(seen_by_worker(state), desk.now)]
    return out or [state for state in mine if state.started(now) and state.visit.due_back > still]


A_FEW_DAYS = 72 * 60
LONG_OVER = timedelta(days=30)
"""How long after the time due back a report is probably about another visit."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be reported.

    Attributes:
        kind: What happened.
        who: With `--for`: whose word it is, by name, e-mail or fingerprint; empty for one's own.
        known_by: How the signer knew that it was that person.
        note: Anything to add.
        happened: When, if not now: UTC text.
        until: In `extended`: the new time due back, UTC text.
        urgent: In `departed`: why it cannot wait for a countersignature.
        stopped: In `left`: the visit was broken off.
        duress: In `ok`: the duress phrase was spoken.
        conditions: The conditions that were shown, and what was said of each.
        company: Who comes along or does not, other than was planned.
        findings: What the rules of the checklist say of that.
    """

    kind: Kind
    who: str = ""
    known_by: str = ""
    note: str = ""
    happened: str = ""
    until: str = ""
    urgent: str = ""
    stopped: bool = False
    duress: bool = False
    conditions: tuple[Condition, ...] = ()
    company: tuple[Comes, ...] = ()
    findings: tuple[Finding, ...] = ()


class Reported(msgspec.Struct, frozen=True):
    """A report that is on the record, and the visit before and after it as the worker may see it.

    Attributes:
        report: What was reported.
        before: The visit before it.
        after: The visit with it.
        signer: Who signed it.
        others: The worker's other visits that are watched now, as far as they could be read.
    """

    report: Report
    before: PlanState
    after: PlanState
    signer: Member
    others: tuple[PlanState, ...] = ()


def check_report(desk: Desk, state: PlanState, report: Report) -> None:
    """Refuse a report that would not count, and setting out on a visit that nobody has agreed to.

    Raises:
        NotPermittedError: With the way on.
        VerificationError: Setting out, and the plan's record does not hold.
    """
    _check_speaker(desk, state, report)
    if report.kind is Kind.DEPARTED:
        check_may_depart(desk, state, urgent=bool(report.urgent), happened=report.happened)
    else:
        _check_happened(state, report)
    desk.check(state, report.kind, _body(state, report))


def why_doubtful(desk: Desk, state: PlanState, report: Report, zone: tzinfo) -> str:
    """Why a report is probably about another visit, or made by a wrong clock: a sentence; empty if it is not.

    What may tell of danger is never asked about.

    Raises:
        NotPermittedError: It is `back` by a clock that cannot be right, and would end nothing.
    """
    if report.duress or report.stopped:
        return ""
    visit, now = seen_by_worker(state).visit, to_text(desk.now)
    start, due_back = from_text(visit.start), from_text(visit.due_back)
    planned = min(one.entry.content.at for one in state.judged if isinstance(one.body, PlanBody))
    is_early = desk.now < start - EARLY and (report.kind is Kind.BACK or not visit.out)
    if not (is_earlier(now, planned) or is_early or desk.now > due_back + LONG_OVER):
        return ""
    from visitsafe.text.clock import in_full, in_minutes, minutes_from

    clock_says = f"your clock says {in_full(desk.now, zone)}"
    if is_earlier(now, planned):
        wrong = f"{clock_says}, and {state.ref} was signed later than that"
        if report.kind is Kind.BACK:
            hint = "set this computer's clock, or ring the desk: they report it for you"
            raise NotPermittedError(f"{wrong}, so this would not end the watch", hint=hint)
        return wrong
    if is_early:
        minutes = minutes_from(now, visit.start)
        ahead = f"{minutes // 60} hours" if minutes < A_FEW_DAYS else in_minutes(minutes)
        return f"this visit starts in {ahead}; {clock_says}"
    return f"this visit was due back {in_minutes(minutes_from(visit.due_back, now))} ago; {clock_says}"


def _check_happened(state: PlanState, report: Report) -> None:
    """Refuse a time of day that was meant for later and would be taken for the day before.

    Raises:
        NotPermittedError: It lies before they set out, or before the visit could begin.
    """
    first = began = to_text(from_text(state.visit.start) - EARLY)
    on_the_way = [one.happened for one in state.visit.reports if one.kind in {Kind.DEPARTED, Kind.ARRIVED}]
    if report.kind in {Kind.BACK, Kind.LEFT}:
        first = max(on_the_way, default=began)
    elif on_the_way:
        first = min(*on_the_way, began)  # setting out is often reported late
    if report.happened and is_earlier(report.happened, first):
        what = "setting out or arriving" if first in on_the_way else "the visit could begin"
        raise NotPermittedError(
            f"that time is before {what}: a time of day is the last one that has passed",
            hint=f"report it when it happens; if it has just happened, leave out --at; see: "
            f"visitsafe show {state.ref}",
        )


def _check_speaker(desk: Desk, state: PlanState, report: Report) -> None:
    everyone, worker = desk.roster.everyone, state.author
    mine = is_self(desk.member(), worker, everyone)
    name = worker.person.name
    if mine and report.who:
        raise NotPermittedError(f"{state.ref} is your own visit", hint="report it without --for")
    if mine:
        return
    if not report.who:
        raise NotPermittedError(
            f"{state.ref} is the visit of {name}, and only they report for themselves",
            hint=f"if they told you: --for '{name}' --known-by 'how you know that it was them'",
        )
    # The reference says whose visit it is: then another of the same first name is not meant.
    if worker in meant_by(report.who, [worker]) or is_self(person_called(desk, report.who), worker, everyone):
        return
    raise NotPermittedError(
        f"{state.ref} is the visit of {name}, not of {report.who[:60]!r}",
        hint="ask for the reference again, letter by letter",
    )


def make_report(desk: Desk, state: PlanState, report: Report) -> Reported:
    """Sign a report and append it; when this returns, it is on the disk.

    Nothing is read after that: whoever stands at a door must not be told that a report failed which counts.

    Why a visit cannot wait for a countersignature becomes a note if it has one after all; on a plan that was
    signed as urgent it is known already.

    Raises:
        NotPermittedError: It would not count, or nobody has agreed to the visit.
    """
    check_report(desk, state, report)
    if report.kind is Kind.DEPARTED:
        report = _with_urgency(desk, state, report)
    others = _others(desk, state)
    after = desk.record(state, report.kind, _body(state, report))
    return Reported(report, seen_by_worker(state), seen_by_worker(after), desk.member(), others)


def _others(desk: Desk, state: PlanState) -> tuple[PlanState, ...]:
    """The worker's other visits that are watched; that they cannot be read is no reason not to report."""
    try:
        return still_watched(desk, state)
    except StoreError as error:
        desk.warn(f"the other visits of {state.author.person.name} could not be looked at: {error.message}")
        return ()


def _with_urgency(desk: Desk, state: PlanState, report: Report) -> Report:
    if not report.urgent:
        return replace(report, urgent=goes_first(state))
    if goes_first(state) or why_not_ready(desk, state)[0]:
        return report
    return replace(report, urgent="", note="\n".join(filter(None, (report.note, report.urgent))))


def _body(state: PlanState, report: Report) -> ReportBody | BackBody | ExtendedBody:
    """The body of the entry; by telephone, the word of the key that planned the visit.

    While a newer version waits it is about the one that was agreed: nobody sets out on the other unasked.
    """
    of, note = state.version.id if state.closed else state.visit.version, report.note
    heard = Heard(person=state.author.fingerprint, known_by=report.known_by) if report.who else None
    if report.kind is Kind.EXTENDED:
        return ExtendedBody(of=of, until=report.until, heard=heard, note=note)
    if report.kind is Kind.BACK:
        return BackBody(of=of, happened=report.happened, heard=heard, note=note)
    return ReportBody(
        of=of,
        happened=report.happened,
        heard=heard,
        note=note,
        urgent=report.urgent,
        stopped=report.stopped,
        duress=report.duress,
        conditions=report.conditions or msgspec.UNSET,
        company=report.company or msgspec.UNSET,
        findings=report.findings or msgspec.UNSET,
    )
