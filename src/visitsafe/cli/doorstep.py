"""The commands of the doorstep and the desk: reports of a visit under way, and who takes an alarm on.

They are read by argparse and import no Typer: whoever stands at a door does not wait. A result says exactly
what stands now; what is missing or to be done is talk, on standard error.
"""

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, NoReturn
from zoneinfo import ZoneInfo

from visitsafe.cli.output import (
    agreed,
    ask,
    flag_text,
    has_terminal,
    result,
    result_json,
    say,
    stands,
    yes_or_no,
)
from visitsafe.errors import InterruptedByUserError, StoreError, UsageError, VisitsafeError
from visitsafe.opening import Invocation, desk_of, later, opened, zone_of
from visitsafe.record.bodies import ReportBody
from visitsafe.record.kinds import KINDS, Kind
from visitsafe.record.terms import ANSWERERS, BECAUSE_WORDS, ROLE_WORDS, Answer, Because, Role, Status
from visitsafe.state.ladder import WORKER, is_alarming, is_watched, next_due, owner
from visitsafe.state.phrases import heard_with
from visitsafe.team.people import called
from visitsafe.text.clean import clean, one_line, things
from visitsafe.text.clock import clock, from_text, minutes_between, to_text
from visitsafe.visits.answer import find_alarm, stand_down, take_on, which_drill
from visitsafe.visits.report import Reported

if TYPE_CHECKING:
    from visitsafe.desk import Desk
    from visitsafe.record.bodies import Comes, Condition, Finding
    from visitsafe.state.fold import PlanState
    from visitsafe.visits.answer import Ended, TakenOn
    from visitsafe.visits.report import Report, SeveralVisitsError


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
    words = read_flags(argv)
    if words.help:
        result(words.help, exact=True)
        return 0
    from visitsafe.visits.report import SeveralVisitsError

    try:
        if words.command in DESK:
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
    from visitsafe.record.kinds import Kind
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
    line = spoken_line(done, desk.now, zone)
    with stands(line):
        if json:
            result_json(shape(done, desk, zone))
        else:
            result("\n\n".join([line, *card_of(done, desk, zone)]))
    for sentence in talk(done, desk, zone):
        say(sentence)


def _in_words(words: "Namespace") -> "Report":
    """What was typed, without its times, cleaned."""
    from visitsafe.cli.output import flag_text
    from visitsafe.record.kinds import Kind
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


BECAUSE = ("safe", "false-alarm", "incident", "test")
_TIME = re.compile(r"[0-2]?[0-9][:.][0-5][0-9]\s*(?:[ap]m|h(?:rs?)?)?|[01]?[0-9]\s*[ap]m")
_LENGTH = re.compile(
    r"[0-9]{1,3}\s*(?:m|mins?|minutes?)|[0-9]{1,2}\s*(?:h|hrs?|hours?)(?:\s*[0-9]{1,2}\s*m?)?"
)
FOR = "--for 'Sam Carter' --known-by 'rang back on the work number'"


class Parser(ArgumentParser):
    """A parser whose mistakes are said in our words."""

    def error(self, message: str) -> NoReturn:
        """Turn argparse's message into a sentence and the way to the help."""
        sentence = message.replace("argument ", "", 1).replace(
            "expected one argument", "needs a word behind it"
        )
        raise UsageError(sentence, hint=f"see: {self.prog} --help")


def read_flags(argv: Sequence[str]) -> Namespace:
    """The words of a command, taken apart; `help` holds the help text if it was asked for.

    Raises:
        UsageError: They do not fit together.
    """
    command = argv[0]
    parser = _parser(command)
    words, rest = parser.parse_known_args(argv[1:])
    strange = [word for word in rest if word.startswith("-") and len(word) > 1]
    if strange:
        parser.error(f"visitsafe {command} does not know {strange[0][:40]}")
    for flag, typed in vars(words).items():
        if typed is None:
            setattr(words, flag, "")
        elif isinstance(typed, list) and flag != "ref":  # some versions of argparse take a text of `--` away
            setattr(words, flag, ["--" if one == [] else one for one in typed] or "--")
    words.command = command
    words.help = parser.format_help() if words.help else ""
    parts = [*words.ref, *rest]
    if command == "extend" and not (words.until or words.by):
        words.until, words.by, parts = time_or_length(parts)
    elif "at" in words and not words.at:
        at, length, left = time_or_length(parts)
        words.at, parts = (at, left) if not length else ("", parts)
    words.ref = _reference(parts, parser)
    return words


def time_or_length(parts: Sequence[str]) -> tuple[str, str, list[str]]:
    """Words of which the last may be a time or a length, typed without its flag: `K7Q2-M9 16:00`, `30m`.

    Returns:
        The time and the length, at most one of them, and the words that are left: the reference.
    """
    rest = list(parts)
    last = rest[-1].strip().casefold() if rest else ""
    if _TIME.fullmatch(last):
        return rest.pop(), "", rest
    if _LENGTH.fullmatch(last):
        return "", rest.pop(), rest
    return "", "", rest


def _reference(parts: Sequence[str], parser: Parser) -> str:
    """A reference may be typed with a space in it; more words than that are a text without its quotes."""
    if len(parts) > 3:  # noqa: PLR2004 - K7Q2 M9, or K7Q2 M9 and a stray word
        parser.error("put a text of several words in quotation marks, like --note 'all is well'")
    return " ".join(parts)


def _parser(command: str) -> Parser:
    add, example = _FLAGS[command]
    parser = Parser(
        prog=f"visitsafe {command}",
        usage=f"visitsafe {command} [REF] [flags]",
        description=COMMANDS[command],
        epilog="For example:\n" + "\n".join(f"  visitsafe {line}" for line in example),
        add_help=False,
        allow_abbrev=False,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "ref", nargs="*", metavar="REF", help="the visit, like K7Q2-M9; not needed if only one can be meant"
    )
    add(parser)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("-h", "--help", action="store_true", help="print this help")
    return parser


def _some(typed: str) -> str:
    """A person or a time: without a word behind the flag nothing is meant, and nothing is guessed."""
    if not typed.strip():
        raise ArgumentTypeError("needs a word behind it")
    return typed


def _report_flags(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--for", dest="who", type=_some, metavar="PERSON", help="pass on what this person told you"
    )
    parser.add_argument(
        "--known-by", default="", metavar="TEXT", help="with --for: how you know that it was that person"
    )
    parser.add_argument("--note", default="", metavar="TEXT", help="anything to add")
    parser.add_argument(
        "--this-one", action="store_true", help="it is this visit, although its time is far off"
    )


def _happened(parser: ArgumentParser) -> None:
    _report_flags(parser)
    parser.add_argument("--at", type=_some, metavar="HH:MM", help="when it happened, if that is not now")


def _agreed_flags(parser: ArgumentParser) -> None:
    """What was agreed, and is so or is not."""
    _happened(parser)
    for flag, what in (("--met", "is met"), ("--not-met", "is not met")):
        parser.add_argument(
            flag, action="append", type=_some, metavar="N", help=f"this condition {what}: its number, or: all"
        )
    for flag, name, what in (("--with", "coming", "comes"), ("--without", "gone", "does not come")):
        parser.add_argument(
            flag,
            dest=name,
            action="append",
            type=_some,
            metavar="NAME",
            help=f"this person {what} along after all",
        )


def _depart(parser: ArgumentParser) -> None:
    _agreed_flags(parser)
    parser.add_argument("--urgent", action="store_true", help="go without a countersignature; needs --reason")
    parser.add_argument("--reason", default="", metavar="TEXT", help="with --urgent: why it cannot wait")


def _ok(parser: ArgumentParser) -> None:
    _agreed_flags(parser)
    parser.add_argument("--duress", action="store_true", help="with --for: they spoke the team's phrase")


def _leave(parser: ArgumentParser) -> None:
    _happened(parser)
    parser.add_argument("--stopped", action="store_true", help="the visit was broken off, or never began")
    parser.add_argument("--reason", default="", metavar="TEXT", help="why, if you want to say")


def _extend(parser: ArgumentParser) -> None:
    _report_flags(parser)
    parser.add_argument("--until", type=_some, metavar="HH:MM", help="the new time due back")
    parser.add_argument(
        "--by", type=_some, metavar="30m", help="so much later than agreed, or from now if that has passed"
    )


def _acknowledge_flags(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--as-step",
        type=_some,
        metavar="N",
        help="which step of the ladder, like 4; the highest due without it",
    )
    parser.add_argument("--for", dest="who", type=_some, metavar="PERSON", help="somebody else took it on")
    parser.add_argument(
        "--known-by", default="", metavar="TEXT", help="with --for: how you know that it was that person"
    )
    parser.add_argument("--note", default="", metavar="TEXT", help="anything to add")


def _stand_down_flags(parser: ArgumentParser) -> None:
    parser.add_argument("--because", default="", metavar="WHY", help=", ".join(BECAUSE))
    parser.add_argument("--note", default="", metavar="TEXT", help="what you found out, and how")
    parser.add_argument(
        "--until", type=_some, metavar="HH:MM", help="the visit goes on: when they are due back now"
    )


_FLAGS: Mapping[str, tuple[Callable[[ArgumentParser], None], tuple[str, ...]]] = {
    "depart": (
        _depart,
        (
            "depart",
            f"depart K7Q2-M9 {FOR}",
            "depart --urgent --reason 'a baby was not seen'",
            "depart --met 1 --without 'Priya Nair'",
        ),
    ),
    "arrive": (_agreed_flags, ("arrive", "arrive --at 14:05")),
    "ok": (_ok, ("ok", f"ok {FOR}", "ok --without 'Priya Nair' --note 'she is ill'")),
    "leave": (_leave, ("leave", "leave --stopped")),
    "back": (_happened, ("back", "back --at 16:20", f"back K7Q2-M9 {FOR}")),
    "extend": (_extend, ("extend --by 30m", "extend --until 17:15")),
    "acknowledge": (_acknowledge_flags, ("acknowledge K7Q2-M9", "acknowledge K7Q2-M9 --as-step 4")),
    "stand-down": (
        _stand_down_flags,
        (
            "stand-down K7Q2-M9 --because safe --note 'spoke to Sam'",
            "stand-down K7Q2-M9 --because safe --until 17:00",
        ),
    ),
}


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
        import shlex

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


NEAR = timedelta(hours=12)
"""A time without its day lies no further off than this."""
LONGEST = timedelta(hours=24)


def happened(text: str, now: datetime, zone: ZoneInfo) -> str:
    """When something happened, by what was typed; UTC text, empty for now.

    Raises:
        UsageError: It is no time, or it is still to come.
    """
    at = _near(text, now, zone, (0, -1))
    if at > now:
        raise UsageError(
            f"{text[:40]!r} is still to come, so it has not happened yet", hint="leave out --at for now"
        )
    return to_text(at)


def until(text: str, now: datetime, zone: ZoneInfo) -> str:
    """A new time due back, by what was typed; UTC text.

    Raises:
        UsageError: It is no time, has passed, or is more than 24 hours away.
    """
    return _ahead(_near(text, now, zone, (0, 1)), text, now)


def longer(text: str, due_back: datetime, now: datetime, zone: ZoneInfo) -> str:
    """A new time due back: so much later than agreed, or than now if that has passed; UTC text.

    Raises:
        UsageError: It is no length of time, none at all, or leads more than 24 hours ahead.
    """
    from visitsafe.text.times import TimeError, parse_time

    since = max(due_back, now)
    hint = "say how much longer, like 30m or 1h30"
    if not any(unit in text.casefold() for unit in "hm") or ":" in text:
        raise UsageError(f"{text[:40]!r} is no length of time", hint=hint)
    try:
        at = parse_time(text, now, zone, after=since)
    except TimeError as error:
        raise UsageError(error.sentence, hint=hint) from error
    if at <= since:
        raise UsageError(f"{text[:40]!r} is no longer than agreed", hint=hint)
    return _ahead(at, text, now)


def _ahead(at: datetime, text: str, now: datetime) -> str:
    from visitsafe.text.times import EXAMPLE

    if at <= now:
        raise UsageError(
            f"{text[:40]!r} has passed", hint=f"type a time that is still to come, like {EXAMPLE}"
        )
    if at - now > LONGEST:
        raise UsageError(f"{text[:40]!r} is more than 24 hours away", hint="plan a visit for each day")
    return to_text(at)


def _near(text: str, now: datetime, zone: ZoneInfo, days: Sequence[int]) -> datetime:
    """The time that is meant: without a day, on the first of these days on which it makes sense."""
    from visitsafe.text.times import EXAMPLE, PAST, TimeError, parse_time, read, tidy, time_in_form

    try:
        words = tidy(text)
        if words == "now" or words.startswith("in "):
            return parse_time(text, now, zone)
        spoken = read(words, zone)
        dated = spoken.calendar is not None and not spoken.calendar["year"]
        if days[1] < 0 and (dated or (spoken.weekday is not None and spoken.calendar is None)):
            return time_in_form(text, now, zone, PAST)  # a day without a year is the last such day
        if spoken.calendar or spoken.weekday is not None or spoken.near is not None:
            return parse_time(text, now, zone)
        today = now.astimezone(spoken.zone).date()
        first, other = (today + timedelta(days=step) for step in days)
        return _either(text, now, zone, first, other)
    except (TimeError, OverflowError) as error:
        sentence = error.sentence if isinstance(error, TimeError) else "that is no time"
        how = f"type it like {EXAMPLE}"
        raise UsageError(sentence.removesuffix(f"; {how}"), hint=how) from error


def _either(text: str, now: datetime, zone: ZoneInfo, first: date, other: date) -> datetime:
    """On the first day if that lies on the right side of now; else on the other, if that is not far off."""
    from visitsafe.text.times import TimeError, parse_time

    at = parse_time(f"{first.isoformat()} {text}", now, zone)
    ahead = other > first
    if (at > now) == ahead:
        return at
    try:
        far = parse_time(f"{other.isoformat()} {text}", now, zone)
    except TimeError:
        return at
    return far if abs(far - now.astimezone(UTC)) <= NEAR else at


STOPPED = "broke the visit off"
ROLE = {"duty": "the duty officer", "manager": "a manager", "line-manager": "the line manager"}


def spoken_line(done: Reported, now: datetime, zone: tzinfo) -> str:
    """`K7Q2-M9: Sam Carter set out at 13:40; due back 15:30`, escaped."""
    report, after = done.report, done.after
    what = _what_happened(done, now, zone) + _stands(done, now, zone)
    told = f" (told to {one_line(done.signer.person.name)})" if report.who else ""
    return f"{after.ref}: {one_line(after.author.person.name)} {what}{told}"


def _what_happened(done: Reported, now: datetime, zone: tzinfo) -> str:
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
        return things(minutes, "minute")
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
    from visitsafe.visits.report import who_decided

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
