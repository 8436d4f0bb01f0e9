"""The commands of the doorstep and the desk: reports of a visit under way, and who takes an alarm on.

They are read by argparse and import no Typer: whoever stands at a door does not wait. A result says exactly
what stands now; what is missing or to be done is talk, on standard error.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from visitsafe.cli.output import agreed, ask, has_terminal, result, result_json, say, stands, yes_or_no
from visitsafe.errors import InterruptedByUserError, StoreError, UsageError, VisitsafeError
from visitsafe.opening import Invocation, desk_of, later, zone_of

if TYPE_CHECKING:
    from argparse import Namespace
    from datetime import tzinfo

    from visitsafe.desk import Desk
    from visitsafe.record.bodies import Comes, Condition, Finding
    from visitsafe.state.fold import PlanState
    from visitsafe.visits.report import Report, Reported, SeveralVisitsError

COMMANDS: Mapping[str, str] = {
    "depart": "I am setting out. Prints the card for the telephone.",
    "arrive": "I have arrived.",
    "ok": "I am all right.",
    "leave": "I have left, or broken the visit off.",
    "back": "I am back: nobody needs to watch for me any more.",
    "extend": "I need longer: be due back at another time.",
    "acknowledge": "Take an alarm on, so that everybody knows who is acting.",
    "stand-down": "End an alarm, and say why. Whoever was alarmed gets the all-clear.",
}
"""Each command and what it is for."""
DESK = frozenset({"acknowledge", "stand-down"})
RECORDED = "recorded"
NOTHING = f"stopped; nothing was {RECORDED}"


def run(argv: Sequence[str], called: Invocation) -> int:
    """Run one of COMMANDS; the exit code."""
    from visitsafe.cli.doorstep_flags import read

    words = read(argv)
    if words.help:
        result(words.help, exact=True)
        return 0
    from visitsafe.visits.report import SeveralVisitsError

    try:
        if words.command in DESK:
            from visitsafe.cli.desk_answers import answer

            answer(called, words)
        else:
            _report(called, words)
    except SeveralVisitsError as error:
        return run([argv[0], _which(error, argv), *argv[1:]], called)
    return 0


def _which(error: "SeveralVisitsError", argv: Sequence[str]) -> str:
    """Ask which of several visits is meant, and give its reference.

    Raises:
        InterruptedByUserError: The person stopped.
        SeveralVisitsError: There is nobody to ask; the whole command is said.
    """
    import shlex

    if not has_terminal():
        # what was typed with `ok` is not repeated: a screen never tells of the phrase (D15)
        rest = argv[1:] if argv[0] != "ok" else ()
        whole = shlex.join(["visitsafe", argv[0], error.refs[0], *rest])
        more = ", and the rest as you typed it" if argv[0] == "ok" else ""
        error.hint = f"say which, for example: {whole}{more}"
        raise error
    for number, line in enumerate(error.problems, start=1):
        say(f"{number}  {line}")
    numbers = {str(number): ref for number, ref in enumerate(error.refs, start=1)}
    while (typed := ask("Which one? Its number", nothing=RECORDED)) not in numbers:
        pass
    return numbers[typed]


def _report(called: Invocation, words: "Namespace") -> None:
    from msgspec.structs import replace

    from visitsafe.opening import opened
    from visitsafe.visits.report import check_report, find_visit, make_report, why_doubtful

    report = _in_words(words)
    with open_desk(called) as desk:
        zone, signing = zone_of(desk.roster), desk
        state = find_visit(desk, report, zone, words.ref)
        report = _with_times(desk, state, _with_reason(state, report, words), words)
        if (doubt := why_doubtful(desk, state, report, zone)) and not words.this_one:
            check_report(desk, state, replace(report, known_by=report.known_by or "to be asked"))
            is_this_one(doubt)
            signing = later(called, desk)
            state = signing.plan(state.plan)
        report = _otherwise(called, desk, state, report, words)
        unknown = report.who and not report.known_by
        to_ask = bool(report.findings) or any(not one.met for one in report.conditions)
        if unknown or (to_ask and has_terminal()):
            check_report(desk, state, replace(report, known_by=report.known_by or "to be asked"))
            signing = opened(signing) if has_terminal() else signing
            if unknown:
                report = replace(report, known_by=how_known(state.author.person.name))
            if has_terminal():
                report = _asked_beside(report)
            signing = later(called, signing)
            state = signing.plan(state.plan)
        done = make_report(patient_desk(signing), state, report)
        _answer(done, signing, zone, json=words.json)
        if has_terminal() and not words.json:
            _who_comes(called, signing, done, zone)


def _asked_beside(report: "Report") -> "Report":
    """The report with what is said of each finding and condition.

    Who stops here has said what they report: it is recorded, and what was not answered is left open.
    """
    from msgspec.structs import replace

    conditions, notes = list(report.conditions), [report.note]
    say("Ctrl+C leaves the rest open; what you report is recorded all the same")
    try:
        for finding in report.findings:
            notes += [ask_measure(finding)]
        for place, condition in enumerate(conditions):
            conditions[place] = ask_condition(condition)
    except InterruptedByUserError:
        say("the rest is left open")
    return replace(report, conditions=tuple(conditions), note="\n".join(filter(None, notes)))


def _who_comes(called: Invocation, desk: "Desk", done: "Reported", zone: "tzinfo") -> None:
    """Ask at once who comes along where a condition that names them is not met: setting out is recorded.

    Who stops here leaves it open; how to say it later has been said.
    """
    from visitsafe.cli.doorstep_words import perhaps_not_along
    from visitsafe.record.terms import Kind
    from visitsafe.visits.agreed import company_said
    from visitsafe.visits.report import Report, make_report

    names = perhaps_not_along(done)
    try:
        gone = [name for name in names if not agreed(f"Does {name} come along?")]
        if not gone:
            return
        other = ask("Who comes instead? A name, or Enter for nobody", needed=False)
    except InterruptedByUserError:
        say("who comes along is left open")
        return
    desk = later(called, desk)
    state = desk.plan(done.after.plan)
    company = company_said(desk, state, [other] if other else [], gone)
    found = _what_follows(called, desk, state, company)
    report = Report(
        kind=Kind.OK, who=done.report.who, known_by=done.report.known_by, company=company, findings=found
    )
    if found:
        report = _asked_beside(report)
        desk = later(called, desk)
        state = desk.plan(state.plan)
    _answer(make_report(patient_desk(desk), state, report), desk, zone, json=False)


def _answer(done: "Reported", desk: "Desk", zone: "tzinfo", *, json: bool) -> None:
    """Say what stands now, and what is missing or to be done."""
    from visitsafe.cli import doorstep_words

    line = doorstep_words.line(done, desk.now, zone)
    with stands(line):
        if json:
            result_json(doorstep_words.shape(done, desk, zone))
        else:
            result("\n\n".join([line, *doorstep_words.card_of(done, desk, zone)]))
    for sentence in doorstep_words.talk(done, desk, zone):
        say(sentence)


def _in_words(words: "Namespace") -> "Report":
    """What was typed, without its times, cleaned."""
    from visitsafe.cli.flag_texts import flag_text
    from visitsafe.record.terms import Kind
    from visitsafe.text.clean import clean
    from visitsafe.visits.report import Report

    kinds = {
        "depart": Kind.DEPARTED, "arrive": Kind.ARRIVED, "ok": Kind.OK,
        "leave": Kind.LEFT, "back": Kind.BACK, "extend": Kind.EXTENDED,
    }  # fmt: skip
    said = vars(words)
    reason, note = flag_text("--reason", said.get("reason", "")), flag_text("--note", words.note)
    who, duress, urgent = clean(words.who), said.get("duress", False), said.get("urgent", False)
    check_known_by(words)
    if duress and not who:
        raise UsageError(
            "--duress goes with --for: it is for whoever hears the phrase", hint="add: --for PERSON"
        )
    if words.command == "depart" and reason and not urgent:
        raise UsageError("--reason goes with --urgent", hint="add --urgent, or use --note")
    return Report(
        kind=kinds[words.command],
        who=who,
        known_by=flag_text("--known-by", words.known_by),
        note=note if urgent else "\n".join(filter(None, (reason, note))),
        urgent=reason if urgent else "",
        stopped=said.get("stopped", False),
        duress=duress,
    )


def _with_reason(state: "PlanState", report: "Report", words: "Namespace") -> "Report":
    """The report with why it cannot wait: as typed now, or as the plan was signed."""
    from msgspec.structs import replace

    if not vars(words).get("urgent") or report.urgent:
        return report
    if not state.body.urgent:
        raise UsageError("--urgent needs to say why the visit cannot wait", hint="add: --reason 'why'")
    return replace(report, urgent=state.body.urgent)


def check_known_by(words: "Namespace") -> None:
    """Refuse an empty person, and how somebody was known if nobody is named."""
    if words.known_by and not words.who:
        raise UsageError("--known-by goes with --for", hint="add: --for PERSON")


def _with_times(desk: "Desk", state: "PlanState", report: "Report", words: "Namespace") -> "Report":
    """The report with the times that were typed, if any; reading them is what costs."""
    from msgspec.structs import replace

    if words.command == "extend":
        return replace(report, until=_until(desk, state, words.until, words.by))
    if not words.at:
        return report
    from visitsafe.cli.doorstep_times import happened

    return replace(report, happened=happened(words.at, desk.now, zone_of(desk.roster)))


def _otherwise(
    called: Invocation, desk: "Desk", state: "PlanState", report: "Report", words: "Namespace"
) -> "Report":
    """The report with what was said of the conditions, and of who comes along; most say nothing of either."""
    said, setting_out = vars(words), words.command == "depart"
    met, not_met = said.get("met") or (), said.get("not_met") or ()
    coming, gone = said.get("coming") or (), said.get("gone") or ()
    conditions = setting_out and state.conditions
    if not (met or not_met or coming or gone or conditions):
        return report
    from msgspec.structs import replace

    from visitsafe.visits.agreed import company_said, conditions_said

    report = replace(report, conditions=conditions_said(state, met, not_met, every=setting_out))
    company = company_said(desk, state, coming, gone)
    if not company:
        return report
    return replace(report, company=company, findings=_what_follows(called, desk, state, company))


def _what_follows(
    called: Invocation, desk: "Desk", state: "PlanState", company: "Sequence[Comes]"
) -> "tuple[Finding, ...]":
    """What the checklist's rules say of who comes along now; those that ship, if the plan's are not here."""
    from visitsafe.opening import HOME_VISIT, library_of
    from visitsafe.planning.known import known_of
    from visitsafe.visits.agreed import raised_by

    facts = known_of(desk, zone_of(desk.roster), state).facts
    found: tuple[Finding, ...] = ()
    whole = False
    for name in dict.fromkeys([*(one.id for one in state.body.checklists[:1]), HOME_VISIT]):
        try:
            found, whole = raised_by(library_of(called).checklist_set(name), state, company, facts)
        except VisitsafeError:
            continue
        break
    if not whole:
        said = "of who comes along now, only what is on record was looked at"
        say(f"the checklist of this plan is not here: {said}")
    return found


def _until(desk: "Desk", state: "PlanState", until_: str, by: str) -> str:
    from visitsafe.cli.doorstep_times import longer, until
    from visitsafe.text.clock import from_text

    if until_ and by:
        raise UsageError("--until and --by say the same thing twice", hint="leave one of them out")
    if not (until_ or by):
        until_, by = _how_long(state)
    zone = zone_of(desk.roster)
    if until_:
        return until(until_, desk.now, zone)
    return longer(by, from_text(state.visit.due_back), desk.now, zone)


def _how_long(state: "PlanState") -> tuple[str, str]:
    """Ask until when, or how much longer: one of them.

    Raises:
        InterruptedByUserError: The person stopped.
        UsageError: There is nobody to ask, or it is neither.
    """
    from visitsafe.cli.doorstep_flags import time_or_length

    whole = f"visitsafe extend {state.ref}"
    hint = f"{whole} --until 17:15, or: {whole} --by 30m"
    if not has_terminal():
        raise UsageError("say until when, or by how much", hint=hint)
    until_, by, rest = time_or_length(
        [ask("Until when, or how much longer? Like 17:15 or 30m", needed=False, nothing=RECORDED)]
    )
    if rest:
        raise UsageError(f"{rest[0][:40]!r} is neither a time nor a length", hint=hint)
    return until_, by


@contextmanager
def open_desk(called: Invocation) -> "Iterator[Desk]":
    """A desk whose store may be full or away: then the telephone is left, and that is said."""
    phone = ""
    try:
        with desk_of(called) as desk:
            phone = desk.roster.settings.desk_phone or ""
            yield desk
    except StoreError as error:
        ring = f"ring the duty desk on {phone}" if phone else "ring the duty desk"
        raise StoreError(error.message, hint=f"{ring} now; then: {error.hint or 'try again'}") from error


def patient_desk(desk: "Desk") -> "Desk":
    """A desk that says what to do if its key stays closed."""
    from visitsafe.opening import patient

    return patient(desk, "nothing was recorded; run the command again")


def is_this_one(doubt: str) -> None:
    """Ask whether a report is about this visit, although its time says otherwise.

    Raises:
        InterruptedByUserError: It is not, or the person stopped.
        UsageError: There is nobody to ask.
    """
    if not has_terminal():
        raise UsageError(f"{doubt}; nothing was recorded", hint="if it is this one, add: --this-one")
    say(doubt)
    with suppress(InterruptedByUserError):
        if agreed("Is it this one?", nothing=RECORDED):
            return
    raise InterruptedByUserError(NOTHING, hint="name the other one by its reference; see: visitsafe list")


def how_known(name: str) -> str:
    """Ask how somebody at the telephone was known.

    Raises:
        InterruptedByUserError: The person stopped.
        UsageError: There is nobody to ask.
    """
    if not has_terminal():
        raise UsageError(
            f"say how you know that it is {name}", hint="add: --known-by 'rang back on the work number'"
        )
    return ask(f"How do you know it is {name}?", nothing=RECORDED)


def ask_condition(condition: "Condition") -> "Condition":
    """Ask whether a condition is met, unless that was said; Enter leaves it open.

    Raises:
        InterruptedByUserError: The person stopped.
    """
    from msgspec.structs import replace

    if condition.met:
        return condition
    question = f"Condition: {condition.text} Is it met?"
    return replace(condition, met=yes_or_no(question, "leaves it open", nothing=RECORDED))


def ask_measure(finding: "Finding") -> str:
    """Ask what is done about a finding that came up on the way; a line for the note, empty for Enter.

    Raises:
        InterruptedByUserError: The person stopped.
    """
    say(f"now: {finding.text}")
    for one in finding.suggest:
        say(f"perhaps: {one.text}")
    done = ask("What do you do about it? Enter for nothing", needed=False, nothing=RECORDED)
    return f"{finding.text} {done}" if done else ""
