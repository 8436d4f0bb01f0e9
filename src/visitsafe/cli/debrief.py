"""`visitsafe debrief`: a visit is talked over in one to three minutes, by those who made it (9.1).

Gentle, and short: what is said here is not measured. What it leaves to do is said with its command.
"""

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.form_options import Answers, Correct, Json, KnownBy, Plain, PrintAnswers, Told, Yes
from visitsafe.cli.output import flag_text, result, result_json, say, stands
from visitsafe.errors import UsageError
from visitsafe.opening import desk_of, later, zone_of

if TYPE_CHECKING:
    from visitsafe.desk import Desk
    from visitsafe.followup.debrief import Telling
    from visitsafe.record.bodies import DebriefedBody
    from visitsafe.state.fold import PlanState


def debrief(
    context: typer.Context,
    ref: Annotated[
        str | None, typer.Argument(help="The plan's reference; none if only one visit of yours waits.")
    ] = None,
    who: Told = "",
    known_by: KnownBy = "",
    correct: Correct = False,
    answers: Answers = None,
    yes: Yes = False,
    print_answers: PrintAnswers = False,
    json: Json = False,
    plain: Plain = False,
) -> None:
    """Talk a visit over: how it went, how it left you, what changes next time."""
    from visitsafe.cli.form_talk import How, fill_in, signed
    from visitsafe.followup import debrief as use
    from visitsafe.opening import patient

    telling = use.Telling(who=who.strip(), known_by=flag_text("--known-by", known_by), correct=correct)
    _check_flags(telling)
    with desk_of(context) as desk:
        state = use.find_debrief(desk, zone_of(desk.roster), ref or "")
        use.check_may_debrief(desk, state, telling)
        command = _command(state.ref, telling)
        if use.never_set_out(state) and not print_answers:
            say(f"nobody ever reported setting out on {state.ref}; it is recorded all the same, and shows")
        known, old = use.known_answers(desk, state, telling), use.corrected(desk, state, telling)
        apart = " ".join(filter(None, (old.id if old else "", telling.who)))
        how = How(answers=answers, yes=yes, plain=plain, print_answers=print_answers)
        said = use.on_record(desk, state, zone_of(desk.roster))
        answered = fill_in(context, desk, use.DEBRIEF, state.ref, command, how, known, said, apart)
        signing = patient(later(context, desk), f"run it again: {command}")
        body, done = use.record_debrief(signing, signing.plan(state.plan), answered, telling)
        with stands(f"it is recorded on {done.ref}; see: visitsafe show {done.ref}"):
            _tell(signing, done, body, json=json)
        signed(context, use.DEBRIEF, state.ref, apart)


def _check_flags(telling: "Telling") -> None:
    if telling.who and not telling.known_by.strip():
        raise UsageError(
            "--for needs --known-by: how you knew that it was them", hint="--known-by 'rang from their phone'"
        )
    if telling.known_by and not telling.who:
        raise UsageError("--known-by goes with --for", hint="--for 'Sam Carter' --known-by '...'")


def _command(ref: str, telling: "Telling") -> str:
    """The command that goes on with what was begun."""
    words = ["visitsafe", "debrief", ref]
    if telling.correct:
        words.append("--correct")
    if telling.who:
        words += ["--for", telling.who, "--known-by", telling.known_by]
    return shlex.join(words)


def _tell(desk: "Desk", state: "PlanState", body: "DebriefedBody", *, json: bool) -> None:
    if json:
        result_json(_shape(desk, state, body))
        return
    from visitsafe.text.clean import terminal

    result("\n".join(terminal(line) for line in _lines(desk, state, body)))


def _lines(desk: "Desk", state: "PlanState", body: "DebriefedBody") -> list[str]:
    """Thanks, what becomes of it, and what is still to be done about this visit."""
    from visitsafe.followup.debrief import is_unrecorded
    from visitsafe.state.duress_redaction import hides_duress
    from visitsafe.state.duties import duties_of
    from visitsafe.text.clock import day

    state = hides_duress(state, desk.me, desk.now)
    lines = [f"Thank you. {state.ref} has been talked over."]
    if body.next_time.strip() or body.not_seen.strip():
        lines.append(f"- The next plan for case {state.body.visit.case} will show what you said for it.")
    duties = [one for one in duties_of(state) if one.open]
    if duties:
        first = day(min(one.by for one in duties), zone_of(desk.roster))
        what = "1 thing" if len(duties) == 1 else f"{len(duties)} things"
        lines.append(f"- Still to tell others: {what}, by {first}:  visitsafe share {state.ref}")
    if is_unrecorded(desk, state, body):
        lines.append(f"- What happened is not written down yet:  visitsafe incident {state.ref}")
    if state.after.not_talked_over:
        lines.append(f"- Something was recorded meanwhile; talk it over too:  visitsafe debrief {state.ref}")
    lines.append(f"- To add or correct something:  visitsafe debrief {state.ref} --correct")
    return lines


def _shape(desk: "Desk", state: "PlanState", body: "DebriefedBody") -> dict[str, object]:
    from visitsafe.state.duress_redaction import hides_duress
    from visitsafe.state.duties import owed

    seen = hides_duress(state, desk.me, desk.now)
    return {
        "ref": state.ref,
        "plan": state.plan,
        "next_time": body.next_time,
        "not_seen": body.not_seen,
        "effects": list(body.effects),
        "replaces": body.replaces,
        "findings": [
            {"rule": one.rule, "level": str(one.level), "text": one.text, "source": one.source}
            for one in body.findings
        ],
        "sharing": [
            {"trigger": one.trigger, "label": one.label, "recipients": list(one.recipients), "by": one.by}
            for one in body.sharing
        ],
        "debriefs": len(seen.after.debriefs),
        "owed": owed(seen) or None,
    }
