"""What a report answers: one line that says what stands now, what is missing, the card, and JSON.

All of it comes from the visit as its worker may see it, whoever reports, so that duress changes nothing here.
Text from the record is escaped before it is returned as a line; talk is escaped where it is said.
"""

from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from visitsafe.domain.entries import from_text, to_text
from visitsafe.domain.escape import one_line
from visitsafe.domain.local_clock import clock, minutes_between
from visitsafe.domain.terms import Kind, Status
from visitsafe.usecases.reporting import Reported

if TYPE_CHECKING:
    from visitsafe.domain.fold import PlanState
    from visitsafe.usecases.desk import Desk

HAPPENED = {
    Kind.DEPARTED: "set out at {}",
    Kind.ARRIVED: "arrived at {}",
    Kind.OK: "is all right at {}",
    Kind.LEFT: "left at {}",
    Kind.BACK: "was back at {}",
}
STOPPED = "broke the visit off at {}"
ROLE = {"duty": "the duty officer", "manager": "a manager", "line-manager": "the line manager"}


def line(done: Reported, now: datetime, zone: tzinfo) -> str:
    """`K7Q2-M9: Sam Carter set out at 13:40; due back 15:30`, escaped."""
    report, after = done.report, done.after
    due = clock(after.visit.due_back, zone, now)
    if report.kind is Kind.EXTENDED:
        what = f"is due back {due} now (was {clock(done.before.visit.due_back, zone, now)})"
    else:
        words = STOPPED if report.stopped else HAPPENED[report.kind]
        what = words.format(clock(report.happened or to_text(now), zone, now))
        if report.kind is Kind.DEPARTED and report.urgent:
            what += " without a countersignature (urgent)"
        what += _ended(done, now) if report.kind is Kind.BACK else f"; due back {due}"
    told = f" (told to {one_line(done.signer.person.name)})" if report.who else ""
    return f"{after.ref}: {one_line(after.author.person.name)} {what}{told}"


def _ended(done: Reported, now: datetime) -> str:
    """How late `back` was reported, and whether the watch is over."""
    visit = done.before.visit
    late = minutes_between(visit.due_back, now)
    grace = visit.ladder.grace_minutes
    shown = f", reported {_minutes(late)} after the time due back" if late > max(grace, 0) else ""
    return shown + ("; the watch over this visit is over" if done.after.visit.closed else "")


def _minutes(number: int) -> str:
    hours, minutes = divmod(number, 60)
    if not hours:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def card_of(done: Reported, desk: "Desk", zone: tzinfo) -> list[str]:
    """The card for the telephone, after setting out."""
    if done.report.kind is not Kind.DEPARTED:
        return []
    from visitsafe.domain.card import card

    return [card(done.after, desk.now, zone, desk.roster.settings.desk_phone or "")]


def talk(done: Reported, desk: "Desk", zone: tzinfo) -> list[str]:
    """What is missing, and what to do next; unescaped."""
    report, after = done.report, done.after
    you = after.author.person.name if report.who else "you"
    lines = [*_unwatched(done, desk, you)]
    if report.kind is Kind.DEPARTED and report.urgent:
        lines.append("a manager still has to decide on this visit; it is first in their queue")
    if after.problems:
        lines.append(f"the record of {after.ref} does not hold; tell whoever looks after visitsafe")
    if after.visit.needs_standing_down and report.kind in {Kind.BACK, Kind.EXTENDED}:
        lines.append(_still_open(done, desk, you))
    elif report.kind not in {Kind.BACK, Kind.EXTENDED} and after.visit.due_back <= to_text(desk.now):
        due = clock(after.visit.due_back, zone, desk.now)
        still = "you are" if you == "you" else f"{you} is"
        lines.append(
            f"{still} still expected at {due}, which has passed; "
            f"to be expected later: visitsafe extend {after.ref} --by 30m"
        )
    return lines


def _unwatched(done: Reported, desk: "Desk", you: str) -> list[str]:
    """That setting out was not reported, and whether somebody is watching all the same."""
    after = done.after
    if done.before.visit.departed or done.report.kind is Kind.DEPARTED:
        return []
    forgotten = f"{you} had not reported setting out"
    if done.report.kind is Kind.BACK:
        return [f"{forgotten}; the record says so"]
    from visitsafe.domain.alarm import is_watched

    if is_watched(after, desk.now):
        return [f"{forgotten}; the visit is watched all the same"]
    urgent = "" if after.status is Status.COUNTERSIGNED else " --urgent --reason 'why'"
    return [f"{forgotten}, and nobody is watching this visit; run: visitsafe depart {after.ref}{urgent}"]


def _still_open(done: Reported, desk: "Desk", you: str) -> str:
    """Who will ring, because only somebody else can end an alarm."""
    after = done.after
    if done.report.who:
        return (
            f"the alarm about {after.ref} stays open: speak to {you}, then a manager or duty officer runs: "
            f"visitsafe stand-down {after.ref} --because safe"
        )
    heard = "an alarm stays open until somebody else has heard that you are safe"
    return f"{heard}: {who_rings(after, desk)} will ring you"


def who_rings(state: "PlanState", desk: "Desk") -> str:
    """Who took the alarm on, by name; else whose step it is."""
    from visitsafe.domain.alarm import owner

    owned = owner(state)
    if owned is not None:
        return owner_name(owned.body.heard.person, desk) if owned.body.heard else owned.author.person.name
    steps = sorted((one.body.step for one in state.visit.alarm.raised), key=state.visit.level)
    rungs = [rung for rung in map(state.visit.rung, steps) if rung.acknowledge]
    who = [role for role in (rungs[-1].who if rungs else ("duty",)) if role != "lone-worker"]
    return " or ".join(ROLE.get(role, role) for role in who) or ROLE["duty"]


def owner_name(fingerprint: str, desk: "Desk") -> str:
    """The name of the member with a key, in the team or not any more."""
    known = desk.roster.known.get(fingerprint)
    return known.person.name if known else fingerprint


def shape(done: Reported, desk: "Desk", zone: tzinfo) -> dict[str, Any]:
    """What `--json` prints. Text stands as it was given; who prints it escapes it."""
    report, after = done.report, done.after
    late = desk.now - from_text(done.before.visit.due_back)
    return {
        "ref": after.ref,
        "plan": after.plan,
        "kind": str(report.kind),
        "at": to_text(desk.now),
        "happened": report.happened or to_text(desk.now),
        "who": after.author.person.name,
        "told_to": done.signer.person.name if report.who else None,
        "known_by": report.known_by or None,
        "note": report.note or None,
        "urgent": report.urgent or None,
        "stopped": report.stopped,
        "stage": str(after.visit.stage),
        "due_back": after.visit.due_back,
        "minutes_late": max(0, late // timedelta(minutes=1)),
        "watch_over": bool(after.visit.closed),
        "alarm_open": after.visit.needs_standing_down,
        "missing_departed": after.visit.departed is None,
        "card": next(iter(card_of(done, desk, zone)), None),
    }
