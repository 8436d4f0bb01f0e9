"""Which visit is meant: by its reference, or the only one that fits; and what else its worker has under way.

Whose visits they are is told as somebody at a telephone calls them. All of it is worked out from the record
as the worker may see it: duress changes nothing here. Nothing is written, and whether a report would count
is not decided here.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta, tzinfo
from typing import TYPE_CHECKING

from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, ProblemsError
from visitsafe.record.stored import PlanRow
from visitsafe.record.terms import Kind, Stage
from visitsafe.state.fold import PlanState, called
from visitsafe.state.ladder import is_watched
from visitsafe.team.people import Member, meant_by, not_one
from visitsafe.team.roster import is_self, selves
from visitsafe.text.clock import clock, to_text
from visitsafe.visits.setting_out import seen_by_worker, why_not_ready

if TYPE_CHECKING:
    from visitsafe.visits.report import Report

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
