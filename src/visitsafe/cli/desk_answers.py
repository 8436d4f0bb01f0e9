"""`acknowledge` and `stand-down`: who has taken an alarm on, and that it is over.

What to do now is part of the answer: whoever takes an alarm on should not have to look for it. Words about
duress are said only to those who may know of it, and first of all.
"""

import shlex
from typing import TYPE_CHECKING, Any

from visitsafe.cli.doorstep import check_known_by, how_known, open_desk, patient_desk
from visitsafe.cli.doorstep_flags import BECAUSE
from visitsafe.cli.flag_texts import flag_text
from visitsafe.cli.output import result, result_json, stands
from visitsafe.errors import UsageError
from visitsafe.opening import Invocation, later, opened, zone_of
from visitsafe.record.bodies import ReportBody
from visitsafe.record.terms import ANSWERERS, BECAUSE_WORDS, ROLE_WORDS, Because, Role
from visitsafe.state.ladder import WORKER, is_alarming, next_due
from visitsafe.state.phrases import heard_with
from visitsafe.text.clean import clean, one_line
from visitsafe.text.clock import clock, to_text
from visitsafe.visits.answer import find_alarm, stand_down, take_on, which_drill

if TYPE_CHECKING:
    from argparse import Namespace
    from datetime import tzinfo

    from visitsafe.desk import Desk
    from visitsafe.visits.answer import Ended, TakenOn


def answer(called: Invocation, words: "Namespace") -> None:
    """Run `acknowledge` or `stand-down`."""
    if words.command == "acknowledge":
        _acknowledge(called, words)
    else:
        _stand_down(called, words)


def _acknowledge(called: Invocation, words: "Namespace") -> None:
    check_known_by(words)
    known_by, who = flag_text("--known-by", words.known_by), clean(words.who)
    note = flag_text("--note", words.note)
    with open_desk(called) as desk:
        zone = zone_of(desk.roster)
        state = find_alarm(desk, zone, words.ref)
        signing = desk
        if who and not known_by:
            which_drill(desk, state)
            signing = opened(desk)
            known_by = how_known(who)
            signing = later(called, signing)
            state = signing.plan(state.plan)
        done = take_on(
            patient_desk(signing),
            state,
            step=words.as_step,
            who=who,
            known_by=known_by,
            note=note,
        )
        lines = _taken(done, signing, zone)
        with stands(lines[0]):
            if words.json:
                result_json(_taken_shape(done, signing))
            else:
                result("\n".join(lines))


def _taken(done: "TakenOn", desk: "Desk", zone: "tzinfo") -> list[str]:
    """Who took what on, what to do now, and what comes next; escaped."""
    after, rung = done.after, done.rung
    name, worker = one_line(done.owner.person.name), one_line(after.author.person.name)
    at, step = clock(to_text(desk.now), zone, desk.now), after.visit.called(rung.id)
    lines = [
        f"{after.ref}: {_drill(done.drill)}{name} took on {step} at {at}, about {worker}",
    ]
    if after.visit.duress and not done.drill:
        lines.append(
            f"THIS IS DURESS. Do not ring {worker}, and send them no message. If in doubt, ring 999."
        )
    if done.drill:
        from visitsafe.watch.messages import NO_DANGER

        lines.append(f"{NO_DANGER} Do not ring {worker} or the police.")
        lines.append(f"DRILL: in a real alarm you would do this: {one_line(rung.do)}")
    else:
        ask = f"ask {worker} to report, or to say that they need longer"
        lines.append(f"Now: {ask if set(rung.who) == {WORKER} else one_line(rung.do)}")
    coming = None if done.drill else next_due(after, desk.now)
    if coming is not None:
        roles = ", ".join(ROLE_WORDS.get(role, one_line(role)) for role in coming.rung.who)
        when = clock(coming.at, zone, desk.now)
        next_ = (
            f"Next, at {when}" if coming.at > to_text(desk.now) else f"Nobody has the next, due since {when}"
        )
        lines.append(f"{next_} ({roles}): {one_line(coming.rung.do)}")
    because = "test" if done.drill else "safe"
    if done.drill or after.visit.duress or is_alarming(after, desk.now):
        spoken = any(isinstance(one.body, ReportBody) and one.body.duress for one in after.visit.reports)
        may = frozenset({Role.MANAGER}) if spoken and not done.drill else ANSWERERS
        who = " or ".join(ROLE_WORDS[role] for role in sorted(may, reverse=True))
        ends = "When it is over" if desk.member().roles & may else f"When it is over, a {who} runs"
        lines.append(f"{ends}: visitsafe stand-down {after.ref} --because {because}")
    else:
        how = f"visitsafe {heard_with(rung)} {after.ref} --for {shlex.quote(worker)}"
        lines.append(f"The watch goes on until {worker} is back. Pass on what you hear from them: {how}")
    return lines


def _taken_shape(done: "TakenOn", desk: "Desk") -> dict[str, Any]:
    coming = None if done.drill else next_due(done.after, desk.now)
    return {
        "ref": done.after.ref,
        "plan": done.after.plan,
        "at": to_text(desk.now),
        "who": done.after.author.person.name,
        "owner": done.owner.person.name,
        "step": done.rung.id,
        "step_name": done.after.visit.called(done.rung.id),
        "do": done.rung.do,
        "duress": bool(done.after.visit.duress),
        "drill": done.drill or None,
        "next": {"step": coming.rung.id, "at": coming.at, "who": list(coming.rung.who), "do": coming.rung.do}
        if coming
        else None,
    }


def _stand_down(called: Invocation, words: "Namespace") -> None:
    if words.because not in BECAUSE:
        what = (
            f"{words.because[:40]!r} is no reason that can be kept" if words.because else "say why it is over"
        )
        raise UsageError(what, hint="--because " + "|".join(BECAUSE))
    because, note = Because(words.because), flag_text("--note", words.note)
    with open_desk(called) as desk:
        zone = zone_of(desk.roster)
        until_text = ""
        if words.until:
            from visitsafe.cli.doorstep_times import until

            until_text = until(words.until, desk.now, zone)
        state = find_alarm(desk, zone, words.ref)
        done = stand_down(patient_desk(desk), state, because, note=note, until=until_text)
        lines = _ended(done, because, desk, zone, until_text)
        with stands(lines[0]):
            if words.json:
                result_json(_ended_shape(done, because, desk, until_text))
            else:
                result("\n".join(lines))


def _ended(done: "Ended", because: Because, desk: "Desk", zone: "tzinfo", until: str) -> list[str]:
    """That it is over, what stands now, and who gets the all-clear; escaped."""
    after = done.after
    name, worker = one_line(desk.member().person.name), one_line(after.author.person.name)
    why = BECAUSE_WORDS[because]
    stood = f"{after.ref}: {_drill(done.drill)}{name} stood the alarm about {worker} down ({why})"
    if until:
        stood += f"; {worker} is due back {clock(until, zone, desk.now)} now, and is watched"
    elif after.visit.closed and not done.drill:
        stood += "; the watch over this visit is over"
    told = ", ".join(map(one_line, done.told))
    clear = (
        f"The all-clear goes to: {told} (visitsafe watch sends it)"
        if told
        else "Nobody had been told of it, so nobody gets an all-clear."
    )
    return [stood, clear]


def _ended_shape(done: "Ended", because: Because, desk: "Desk", until: str) -> dict[str, Any]:
    return {
        "ref": done.after.ref,
        "plan": done.after.plan,
        "at": to_text(desk.now),
        "who": done.after.author.person.name,
        "by": desk.member().person.name,
        "because": str(because),
        "until": until or None,
        "watch_over": bool(done.after.visit.closed),
        "all_clear_to": list(done.told),
        "drill": done.drill or None,
    }


def _drill(drill: str) -> str:
    return "DRILL: " if drill else ""
