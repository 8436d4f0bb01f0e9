"""What a report answers: one line that says what stands now, what is missing, the card, and JSON.

All of it comes from the visit as its worker may see it, whoever reports, so that duress changes nothing here.
Text from the record is escaped before it is returned as a line; talk is escaped where it is said.
"""

from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

from visitsafe.errors import StoreError
from visitsafe.record.kinds import KINDS
from visitsafe.record.terms import Answer, Kind, Status
from visitsafe.state.ladder import is_watched, next_due, owner
from visitsafe.team.people import called
from visitsafe.text.clean import one_line
from visitsafe.text.clock import clock, from_text, minutes_between, to_text
from visitsafe.visits.report import Reported

if TYPE_CHECKING:
    from collections.abc import Sequence

    from visitsafe.desk import Desk
    from visitsafe.record.bodies import Comes
    from visitsafe.state.fold import PlanState

STOPPED = "broke the visit off"
ROLE = {"duty": "the duty officer", "manager": "a manager", "line-manager": "the line manager"}


def line(done: Reported, now: datetime, zone: tzinfo) -> str:
    """`K7Q2-M9: Sam Carter set out at 13:40; due back 15:30`, escaped."""
    report, after = done.report, done.after
    what = _what(done, now, zone) + _stands(done, now, zone)
    told = f" (told to {one_line(done.signer.person.name)})" if report.who else ""
    return f"{after.ref}: {one_line(after.author.person.name)} {what}{told}"


def _what(done: Reported, now: datetime, zone: tzinfo) -> str:
    """What happened, and when."""
    report = done.report
    if report.kind is Kind.EXTENDED:
        due, was = (clock(state.visit.due_back, zone, now) for state in (done.after, done.before))
        return f"is due back {due} now (was {was})"
    at = clock(report.happened or to_text(now), zone, now)
    if report.kind is Kind.ARRIVED and (earlier := _arrived_already(done.before)):
        noted = f"noted again as {at}" if report.happened else "noted again"
        return f"had already arrived at {clock(earlier, zone, now)}; {noted}"
    what = f"{STOPPED if report.stopped else KINDS[report.kind].did} at {at}"
    urgent = report.kind is Kind.DEPARTED and report.urgent
    what += " without a countersignature (urgent)" if urgent else ""
    return ", ".join([what, *company_words(report.company)])


def company_words(company: "Sequence[Comes]") -> list[str]:
    """`without Priya Nair`, `with Jo Lee`, escaped; nothing where nothing was said of it."""
    sides = (("without", False), ("with", True))
    named = ((word, [one_line(one.name) for one in company if one.comes is comes]) for word, comes in sides)
    return [f"{word} {' and '.join(names)}" for word, names in named if names]


def _arrived_already(before: "PlanState") -> str:
    """When they had arrived, if nothing but word that all is well came after it; else empty."""
    moves = [one for one in before.visit.reports if one.kind not in {Kind.OK, Kind.EXTENDED}]
    return moves[-1].happened if moves and moves[-1].kind is Kind.ARRIVED else ""


def _stands(done: Reported, now: datetime, zone: tzinfo) -> str:
    """What holds now: when they are due back, or that nobody watches for them."""
    before, after, kind = done.before, done.after, done.report.kind
    was_over, due = bool(before.visit.closed), clock(after.visit.due_back, zone, now)
    if kind is Kind.BACK and was_over and after.visit.closed:
        return "; the watch over this visit was over already"
    if kind is Kind.BACK and after.visit.early:
        start = clock(after.visit.start, zone, now)
        return f"; that is long before the start, so this visit is watched from {start} on all the same"
    late = _lateness(done, now) if kind is Kind.BACK else ""
    if after.visit.closed:
        return f"{late}; the watch over this visit is over"
    if was_over:
        until = f"until {due}" if after.visit.due_back > to_text(now) else f"and was due back {due}"
        return f"; this visit is watched again {until}"
    if not (is_watched(after, now) or next_due(after, now)):
        return "; this visit is not watched"
    return late if kind in {Kind.BACK, Kind.EXTENDED} else f"; due back {due}"


def _lateness(done: Reported, now: datetime) -> str:
    """How late `back` was reported."""
    visit = done.before.visit
    late = minutes_between(visit.due_back, now)
    grace = visit.ladder.grace_minutes
    return f", reported {_minutes(late)} after the time due back" if late > max(grace, 0) else ""


def _minutes(number: int) -> str:
    hours, minutes = divmod(number, 60)
    if not hours:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def card_of(done: Reported, desk: "Desk", zone: tzinfo) -> list[str]:
    """The card for the telephone, after setting out."""
    if done.report.kind is not Kind.DEPARTED:
        return []
    from visitsafe.visits.card import card

    return [card(done.after, desk.now, zone, desk.roster.settings.desk_phone or "")]


def talk(done: Reported, desk: "Desk", zone: tzinfo) -> list[str]:
    """What is missing, and what to do next; unescaped."""
    report, after = done.report, done.after
    you = after.author.person.name if report.who else "you"
    lines = [*_nobody(done, desk), *_unwatched(done, desk, you)]
    if report.kind is Kind.BACK and after.visit.early:
        lines.append(
            f"if it is not to be made: visitsafe withdraw {after.ref} --reason 'why'; if it is over already, "
            f"a manager or duty officer says so: visitsafe back {after.ref} --for PERSON --known-by HOW"
        )
    if report.kind is Kind.DEPARTED and after.overtaken:
        from visitsafe.state.phrases import overtaken_words

        lines.append(overtaken_words(after, zone))
    elif report.kind is Kind.DEPARTED and report.urgent:
        lines += _undecided(after, you)
    lines += _agreed(done)
    if after.problems:
        lines.append(f"the record of {after.ref} does not hold; tell whoever looks after visitsafe")
    if after.visit.needs_standing_down and report.kind in {Kind.BACK, Kind.EXTENDED}:
        lines.append(_still_open(done, desk, you))
    elif report.kind not in {Kind.BACK, Kind.EXTENDED} and not after.visit.closed:
        lines += _expected(after, desk, zone, you)
    return [*lines, *_talk_over(done, you), *_others(done, desk, zone)]


def _agreed(done: Reported) -> list[str]:
    """What was agreed and is not so, or was not spoken of, and who hears of it."""
    report, after = done.report, done.after
    if not (report.conditions or report.company):
        return []

    manager = after.agreed.name if after.agreed else "a manager"
    open_ = [one.text for one in report.conditions if not one.met]
    unmet = [one.text for one in report.conditions if one.met == Answer.NO]
    lines = [f"a condition of {manager}, and nobody said whether it is met: {text}" for text in open_]
    lines += [f"not met, a condition of {manager}: {text}" for text in unmet]
    lines += [
        f"if {name} does not come along, say so:  {_not_along(after.ref, name)}"
        for name in perhaps_not_along(done)
    ]
    lines += [f"now that others go than was planned: {one.text} ({one.source})" for one in report.findings]
    lines += [
        f"{one.name} does not come along, and this was said to be met: {text}  if it is not: "
        f"visitsafe ok {after.ref} --not-met {number}"
        for one in report.company
        if not one.comes
        for number, text in enumerate(after.conditions, start=1)
        if after.visit.conditions.get(text) == Answer.YES and _is_about(text, one.name)
    ]
    if unmet or report.company:
        lines.append(f"{manager} is told, on the board and by the watch; the visit is watched as before")
    return lines


def perhaps_not_along(done: Reported) -> list[str]:
    """Those who are to come along and are named in a condition that was said not to be met."""
    unmet = [one.text for one in done.report.conditions if one.met == Answer.NO]
    along = done.after.going.visit.companions if unmet else ()
    return [one.name for one in along if any(_is_about(text, one.name) for text in unmet)]


def _is_about(condition: str, name: str) -> bool:
    from visitsafe.team.people import words_in

    return set(words_in(name)) <= set(words_in(condition))


def _not_along(ref: str, name: str) -> str:
    import shlex

    return f"visitsafe ok {ref} --without {shlex.quote(name)}"


def _talk_over(done: Reported, you: str) -> list[str]:
    """That a visit is to be talked over, by what its worker may see; once it is over, and not before."""
    from visitsafe.state.duties import talk_by

    after = done.after
    if done.report.kind is not Kind.BACK or not after.visit.closed or not talk_by(after):
        return []
    soon = f"talk it over soon, it takes a few minutes: visitsafe debrief {after.ref}"
    return [soon if you == "you" else f"for {you} to do: {soon}"]


def _nobody(done: Reported, desk: "Desk") -> list[str]:
    """That nobody is watching, to whoever can see to it that somebody does."""
    if done.report.kind is Kind.BACK or not is_watched(done.after, desk.now):
        return []
    from visitsafe.record.terms import WATCHERS
    from visitsafe.watch.heartbeat import anybody_watches, the_desk

    try:
        if anybody_watches(desk):
            return []
        nobody = "nobody at the desk is watching now"
    except StoreError:  # what was reported counts, and that has been said
        nobody = "this is recorded, but whether anybody at the desk is watching now could not be seen"
    if done.report.who and done.signer.roles & WATCHERS:
        return [f"{nobody}; run: visitsafe watch"]
    return [f"{nobody}; ring {the_desk(desk)} so that somebody does"]


def _undecided(after: "PlanState", you: str) -> list[str]:
    """What a manager still has to do about somebody who set out without a countersignature."""
    from visitsafe.visits.setting_out import who_decided

    set_out = f"that {you} {'have' if you == 'you' else 'has'} set out"
    if after.status is Status.AWAITING:
        return ["a manager still has to decide on this visit; it is first in their queue"]
    if after.status is Status.WITHDRAWN:
        return [
            f"this plan was withdrawn; {set_out} all the same is first in the managers' queue; ring yours"
        ]
    if after.status in {Status.REFUSED, Status.RETURNED}:
        name = who_decided(after)
        said = f"{name} {after.status} this plan"
        return [f"{said}; {set_out} all the same is first in the managers' queue; ring {name}"]
    return []


def _expected(after: "PlanState", desk: "Desk", zone: tzinfo, you: str) -> list[str]:
    """That the time due back has passed, and stands."""
    if after.visit.due_back > to_text(desk.now) or not is_watched(after, desk.now):
        return []
    due = clock(after.visit.due_back, zone, desk.now)
    still = "you are" if you == "you" else f"{you} is"
    later = f"to be expected later: visitsafe extend {after.ref} --by 30m"
    return [f"{still} still expected at {due}, which has passed; {later}"]


def _others(done: Reported, desk: "Desk", zone: tzinfo) -> list[str]:
    """The other visits of the same worker that are watched still: the report was not about them."""
    if not done.others:
        return []
    whose = done.after.author.person.name if done.report.who else "yours"
    named = [f"{one.ref}, due back {clock(one.visit.due_back, zone, desk.now)}" for one in done.others]
    what = f"another visit of {whose} is" if len(named) == 1 else f"other visits of {whose} are"
    return [f"{what} still watched: {'; '.join(named)}"]


def _unwatched(done: Reported, desk: "Desk", you: str) -> list[str]:
    """That setting out was not reported, and whether somebody is watching all the same."""
    after = done.after
    if done.before.visit.departed or done.report.kind is Kind.DEPARTED or done.before.visit.closed:
        return []
    forgotten = f"{you} had not reported setting out"
    if done.report.kind is Kind.BACK:
        return [] if after.visit.early else [f"{forgotten}; the record says so"]
    if is_watched(after, desk.now):
        return [f"{forgotten}; the visit is watched all the same"]
    nobody = f"{forgotten}, and nobody is watching this visit"
    if after.status in {Status.REFUSED, Status.WITHDRAWN}:
        return [f"{nobody}: it was {after.status}; ring a manager"]
    urgent = "" if after.status is Status.COUNTERSIGNED or after.body.urgent else " --urgent --reason 'why'"
    return [f"{nobody}; run: visitsafe depart {after.ref}{urgent}"]


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
    owned = owner(state, desk.now)
    if owned is not None:
        heard = owned.body.heard
        return called(heard.person, desk.roster.known) if heard else owned.author.person.name
    steps = sorted((one.body.step for one in state.visit.alarm.raised), key=state.visit.level)
    rungs = [rung for rung in map(state.visit.rung, steps) if rung.acknowledge]
    who = [role for role in (rungs[-1].who if rungs else ("duty",)) if role != "lone-worker"]
    return " or ".join(ROLE.get(role, role) for role in who) or ROLE["duty"]


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
        "conditions": [{"text": one.text, "met": one.met or None} for one in report.conditions],
        "company": [{"name": one.name, "comes": one.comes} for one in report.company],
        "findings": [{"text": one.text, "source": one.source} for one in report.findings],
        "stage": str(after.visit.stage),
        "due_back": after.visit.due_back,
        "minutes_late": max(0, late // timedelta(minutes=1)),
        "watch_over": bool(after.visit.closed),
        "too_early": report.kind is Kind.BACK and after.visit.early is not None,
        "alarm_open": after.visit.needs_standing_down,
        "missing_departed": after.visit.departed is None,
        "card": next(iter(card_of(done, desk, zone)), None),
    }
