"""`visitsafe plan` and `visitsafe withdraw`: making a plan, and taking it back.

Answers come from a file (here) or from the wizard (`plan_talk`); both end in one `Intent` that is signed.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.details import with_details
from visitsafe.cli.flag_texts import flag_text
from visitsafe.cli.output import has_terminal, result, result_json, say, stands
from visitsafe.errors import NotFoundError, ProblemsError, UsageError
from visitsafe.opening import HOME_VISIT, desk_of, invocation, later, library_of, zone_of
from visitsafe.record.terms import Level
from visitsafe.text.clock import moment

if TYPE_CHECKING:
    from visitsafe.checklists.facts import Known
    from visitsafe.checklists.questionnaire import ChecklistSet, Questionnaire
    from visitsafe.desk import Desk
    from visitsafe.planning.compose import Intent
    from visitsafe.state.fold import PlanState
    from visitsafe.wizard.answers import AnswerContext
    from visitsafe.wizard.answers_file import AnswersFile


def plan(
    context: typer.Context,
    repeat: Annotated[str | None, typer.Option(help="Plan the same visit again: what has changed?")] = None,
    revise: Annotated[str | None, typer.Option(help="Make a new version of this plan.")] = None,
    checklist: Annotated[str | None, typer.Option(help="A checklist's id, or a file or folder.")] = None,
    answers: Annotated[
        str | None, typer.Option(help="Take the answers from this file; - for a pipe.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Sign without asking; goes with --answers.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print the plan as JSON; goes with --answers.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an unfinished plan.")] = False,
    urgent: Annotated[
        bool, typer.Option("--urgent", help="The visit cannot wait for a countersignature.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why it cannot wait; goes with --urgent.")] = "",
    another: Annotated[
        bool, typer.Option("--another", help="Sign once more, though the same answers were signed before.")
    ] = False,
    print_answers: Annotated[
        bool, typer.Option("--print-answers", help="Print an answers file to fill in.")
    ] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Plain text, for screen readers.")] = False,
) -> None:
    """Think a visit through and sign the plan."""
    reason = flag_text("--reason", reason)
    if reason and not urgent:
        raise UsageError("--reason says why a visit cannot wait", hint="add --urgent")
    if print_answers:
        _print_template(context, checklist or HOME_VISIT)
    elif answers is not None:
        if resume:
            raise UsageError("--resume goes on with the wizard's draft", hint="leave out --answers")
        wish = _Wish(repeat, revise, urgent, reason, another=another)
        _plan_from_file(context, answers, checklist, wish, yes=yes, json=json)
    else:
        from visitsafe.cli.plan_talk import Wanted, talk

        talk(context, Wanted(repeat, revise, checklist or HOME_VISIT, resume, urgent, reason, plain))


class _Wish:
    """What the flags ask for besides the answers."""

    def __init__(
        self, repeat: str | None, revise: str | None, urgent: bool, reason: str, *, another: bool
    ) -> None:
        if repeat and revise:
            raise UsageError("a plan is repeated or revised, not both", hint="leave one of them out")
        self.repeat, self.revise, self.urgent, self.reason = repeat, revise, urgent, reason
        self.another = another


def checklist_named(context: typer.Context, named: str) -> "ChecklistSet":
    """The checklist that an id, a file or a folder names.

    Raises:
        NotFoundError: There is none, or a folder holds several.
    """
    path = Path(named)
    if not _is_there(path):
        return library_of(context).checklist_set(named)
    from visitsafe.checklists.library import load_all

    own = load_all([path]).ids("visit")
    if len(own) != 1:
        found = f"holds {len(own)} visit checklists"
        raise NotFoundError(
            f"{named} {found}", hint="name one by its id, with the folder in VISITSAFE_CHECKLISTS"
        )
    return library_of(context, path).checklist_set(own[0])


def _is_there(path: Path) -> bool:
    """Whether there is such a file or folder; what cannot be the name of one is not there."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _print_template(context: typer.Context, checklist: str) -> None:
    from visitsafe.checklists.questionnaire import compile_questionnaire
    from visitsafe.wizard.answers_file import template

    checklists = checklist_named(context, checklist)
    result(template(checklists.visit, compile_questionnaire(checklists)), exact=True)


def _answered(context: typer.Context, file: "AnswersFile", named: str | None) -> "ChecklistSet":
    """The checklist that an answers file answers, which the one named on the command line has to be.

    Raises:
        ProblemsError: There is none, or they are two; with line and column.
    """
    from visitsafe.wizard.answers_file import another_checklist, wrong_checklist

    if named is not None:
        checklists = checklist_named(context, named)
        if checklists.visit.id != file.checklist:
            raise another_checklist(file, checklists.visit.id)
        return checklists
    try:
        return checklist_named(context, file.checklist)
    except (NotFoundError, ProblemsError):
        known = library_of(context).ids("visit")
        if file.checklist in known or _is_there(Path(file.checklist)):
            raise
        raise wrong_checklist(file, known) from None


def _plan_from_file(
    context: typer.Context, path: str, named: str | None, wish: _Wish, *, yes: bool, json: bool
) -> None:
    from visitsafe.checklists.questionnaire import compile_questionnaire
    from visitsafe.planning.sign import (
        check_may_plan,
        check_may_revise,
        costs_of_revising,
        sign_new,
        sign_revision,
        signed_with,
    )
    from visitsafe.wizard.answers_file import load

    if not yes:
        raise UsageError("an answers file is signed without asking", hint="if that is meant, add --yes")
    file = load(path)
    checklists = _answered(context, file, named)
    with desk_of(context) as desk:
        check_may_plan(desk)
        questionnaire = compile_questionnaire(checklists, zone_of(desk.roster))
        old = desk.sound_plan(desk.resolve(wish.revise)) if wish.revise else None
        if old is not None:
            check_may_revise(desk, old)
        known = _known(context, desk, file, questionnaire, wish, old)
        questionnaire = questionnaire.knowing(known.facts)
        intent = _intent(context, desk, file, questionnaire, wish)
        if not wish.another and (same := signed_with(desk, checklists, questionnaire, intent, old)):
            say("you signed it before, with the same answers; nothing was signed again (another: --another)")
            tell(desk, same, json=json)
            return
        _remark(desk, questionnaire, intent, known)
        if old is not None and (cost := costs_of_revising(old, zone_of(desk.roster))):
            say(cost)
        own, intent = with_details(context, desk, questionnaire, intent)
        if old is None:
            done = sign_new(own, checklists, questionnaire, intent, known=known)
        else:
            done = sign_revision(own, old, checklists, questionnaire, intent, known)
        tell(desk, done, json=json)


def _intent(
    context: typer.Context, desk: "Desk", file: "AnswersFile", questionnaire: "Questionnaire", wish: _Wish
) -> "Intent":
    from visitsafe.cli.form_talk import taken_over
    from visitsafe.planning.compose import Intent
    from visitsafe.planning.sign import standing_answers
    from visitsafe.wizard.answers_file import read_answers

    standing = standing_answers(desk, questionnaire)
    known = {name: value for name, (value, _) in standing.items()}
    filled = read_answers(file, questionnaire, answering(context, desk, urgent=wish.urgent), known)
    for line in taken_over(questionnaire, filled):
        say(f"as in your last plan, for the file does not say: {line}")
    urgent = wish.reason or filled.urgent
    if wish.urgent and not urgent:
        raise UsageError(
            "an urgent visit needs a reason", hint="add --reason, or urgent: in the answers file"
        )
    given = {name: at for name, (value, at) in standing.items() if filled.answers.get(name) == value}
    repeats = desk.resolve(wish.repeat) if wish.repeat else ""
    return Intent(
        answers=filled.answers, controls=filled.controls, standing=given, urgent=urgent, repeats=repeats
    )


def answering(context: typer.Context, desk: "Desk", *, urgent: bool = False) -> "AnswerContext":
    """What answers are understood by: the moment and the team's time zone."""
    from visitsafe.wizard.answers import AnswerContext

    country = desk.roster.settings.country or ""
    return AnswerContext(
        now=invocation(context).now, zone=zone_of(desk.roster), urgent=urgent, country=country
    )


def _remark(desk: "Desk", questionnaire: "Questionnaire", intent: "Intent", known: "Known") -> None:
    """What the wizard would have asked twice or shown: a name for a case, a long visit, what is known."""
    from visitsafe.checklists.facts import DAYLIGHT, in_order, why_not_said
    from visitsafe.checklists.model import VisitField
    from visitsafe.text.clock import from_text
    from visitsafe.text.times import long_visit
    from visitsafe.wizard.answers import case_warning, companion_doubts

    facts = {question.fills: str(intent.answers.get(question.id, "")) for question in questionnaire}
    start, back = from_text(facts[VisitField.START]), from_text(facts[VisitField.DUE_BACK])
    along = next((intent.answers.get(q.id) for q in questionnaire if q.fills is VisitField.COMPANIONS), ())
    doubts = companion_doubts(along, desk.roster.members.values()) if isinstance(along, tuple) else []
    for remark in (case_warning(facts[VisitField.CASE]), long_visit(start, back), *doubts):
        if remark:
            say(remark)
    for one in known.notes:
        say(f"to note: {one.text}")
    for fact in in_order(known.facts):
        why = why_not_said(intent.answers, fact)
        if fact.value != DAYLIGHT or why:
            also = f" Your answer is another: say why under {why}, for your manager sees both." if why else ""
            say(f"to note: {fact.text}{also}")


def _known(
    context: typer.Context,
    desk: "Desk",
    file: "AnswersFile",
    questionnaire: "Questionnaire",
    wish: _Wish,
    old: "PlanState | None",
) -> "Known":
    """What is known of the visit that a file describes, as far as it describes one."""
    from visitsafe.planning.known import knowing
    from visitsafe.wizard.answers_file import settled_in

    settled = settled_in(file, questionnaire, answering(context, desk, urgent=wish.urgent))
    ask = knowing(desk, zone_of(desk.roster), desk.member(), but=old.plan if old else "")
    return ask(settled)


def tell(desk: "Desk", state: "PlanState", *, json: bool = False) -> None:
    """Say what was signed, and what comes next."""
    with stands(f"{state.ref} is signed; see: visitsafe show {state.ref}"):
        _tell(desk, state, json=json)


def _tell(desk: "Desk", state: "PlanState", *, json: bool) -> None:
    if json:
        from visitsafe.state.duress_redaction import hides_duress
        from visitsafe.supervision.shapes import plan_shape

        result_json(plan_shape(hides_duress(state, desk.me, desk.now), desk.now))
        return
    counts = {level: sum(f.level is level for f in state.body.findings) for level in Level}
    found = ", ".join(f"{count} {level}" for level, count in counts.items() if count) or "none"
    result(
        f"{state.ref} is signed: {moment(state.body.visit.start, zone_of(desk.roster))}. Findings: {found}."
    )
    say(f"tell a manager: {state.ref} is waiting; they run: visitsafe review {state.ref}")


def withdraw(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(help="The plan's reference.")],
    reason: Annotated[str, typer.Option(help="Why the visit will not be made as planned.")],
    not_made: Annotated[
        bool, typer.Option("--not-made", help="The start has passed, and nobody is there: do not ask.")
    ] = False,
) -> None:
    """Withdraw your plan: the visit will not be made as planned."""
    from visitsafe.planning.sign import check_may_withdraw
    from visitsafe.planning.sign import withdraw as withdraw_plan

    words = flag_text("--reason", reason)
    if not words:
        raise UsageError("withdrawing needs a reason", hint="add: --reason '...'")
    with desk_of(context) as desk:
        state = desk.plan(desk.resolve(ref))
        check_may_withdraw(desk, state)
        if not not_made:
            _ask_whether_made(desk, state, words)
        state = withdraw_plan(later(context, desk), desk.plan(state.plan), words)
    with stands(f"{state.ref} is withdrawn"):
        result(f"{state.ref} is withdrawn")
        if state.visit.out and not state.closed:
            if desk.member().same_person(state.author):
                until = "you had set out: the watch goes on until you are back; then run: visitsafe back"
            else:
                name = state.author.person.name
                until = (
                    f"{name} had set out, and is watched until somebody has heard from them: visitsafe back"
                )
            say(f"{until} {state.ref}")


def _ask_whether_made(desk: "Desk", state: "PlanState", reason: str) -> None:
    """Ask whether nobody is at a visit that has started: a withdrawal takes whoever is there off the watch.

    Raises:
        InterruptedByUserError: Somebody is, or the person stopped.
        UsageError: There is nobody to ask.
    """
    import shlex

    from visitsafe.cli.team_changes import ask_back
    from visitsafe.planning.sign import ends_a_watch_by
    from visitsafe.text.clock import clock

    start = ends_a_watch_by(desk, state)
    if not start:
        return
    mine = desk.member().same_person(state.author)
    who = "you are" if mine else f"{state.author.person.name} is"
    started = f"the visit was to start at {clock(start, zone_of(desk.roster), desk.now)}"
    means = f"{started}; withdrawing it says that {who} not there, and ends the watch"
    if not has_terminal():
        whole = f"visitsafe withdraw {state.ref} --reason {shlex.quote(reason)} --not-made"
        raise UsageError(f"{means}; nothing was changed", hint=f"if that is so: {whole}")
    say(means)
    ask_back("Is that so?")
