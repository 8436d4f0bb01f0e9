"""`visitsafe plan` and `visitsafe withdraw`: making a plan, and taking it back.

Answers come from a file or from the wizard; both end in one `Intent` that is signed. A draft is kept until
it is signed, and one that was left is offered again.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from visitsafe.cli.details import with_details
from visitsafe.cli.output import flag_text, has_terminal, result, result_json, say, stands
from visitsafe.errors import InterruptedByUserError, NotFoundError, ProblemsError, UsageError, VisitsafeError
from visitsafe.opening import (
    HOME_VISIT,
    desk_of,
    invocation,
    later,
    library_of,
    patient,
    settings_of,
    zone_of,
)
from visitsafe.record.terms import Level
from visitsafe.text.clean import things
from visitsafe.text.clock import moment

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from visitsafe.checklists.facts import Known
    from visitsafe.checklists.model import Source
    from visitsafe.checklists.questionnaire import ChecklistSet, Questionnaire
    from visitsafe.cli.prompts.talk import Talk
    from visitsafe.desk import Desk
    from visitsafe.planning.compose import Intent
    from visitsafe.state.fold import PlanState
    from visitsafe.wizard.answers import AnswerContext
    from visitsafe.wizard.answers_file import AnswersFile
    from visitsafe.wizard.draft import Draft, ListedDraft, Session
    from visitsafe.wizard.step import Wizard
    from visitsafe.wizard.words import Proposal


THROW = "Throw a draft away"
HOUR, DAY = 60, 24 * 60


def choose_draft(
    folder: Path, asker: "Talk", now: datetime, zone: "ZoneInfo", *, wanted: str = "", resume: bool = False
) -> "Draft":
    """The unfinished plan to go on with, or a new one.

    Args:
        folder: Where drafts are kept.
        asker: Asks.
        now: For how long ago a draft was changed.
        zone: Whose local time is shown.
        wanted: The reference of the plan to repeat or revise; only its own drafts are offered.
        resume: The person wants to go on, so a single draft is taken without asking.

    Raises:
        InterruptedByUserError: The person stopped; the drafts are kept.
        NotFoundError: There is nothing to go on with.
    """
    from visitsafe.wizard.draft import list_drafts, open_draft

    while True:
        listing = list_drafts(folder)
        asker.say(*listing.set_aside)
        drafts = [one for one in listing.drafts if not one.in_use and _fits(one, wanted)]
        if not drafts and resume:
            raise NotFoundError("there is no unfinished plan", hint="to begin one: visitsafe plan")
        if not drafts:
            return open_draft(folder)
        if resume and len(drafts) == 1:
            return open_draft(folder, drafts[0].name)
        about = [_about(one, now, zone) for one in drafts]
        again = f"Begin again with {wanted}" if wanted else "Begin a new plan"
        stopped = InterruptedByUserError(
            "stopped; your drafts are kept", hint="to go on: visitsafe plan --resume"
        )
        try:
            picked = asker.pick(
                "You have begun this before:", [*(f"Go on with {line}" for line in about), again, THROW]
            )
        except InterruptedByUserError:
            raise stopped from None
        if picked is None:
            raise stopped
        if picked <= len(drafts):
            return open_draft(folder, drafts[picked].name if picked < len(drafts) else "")
        _throw_away(folder, asker, drafts, about)


def _fits(listed: "ListedDraft", wanted: str) -> bool:
    return not wanted or wanted in {listed.session.revises, listed.session.repeats}


def _throw_away(folder: Path, asker: "Talk", drafts: Sequence["ListedDraft"], about: Sequence[str]) -> None:
    """Ask which and whether, and remove it; nothing else goes with it."""
    from visitsafe.wizard.draft import open_draft

    which = 0 if len(drafts) == 1 else asker.pick("Which one is not needed any more?", about)
    if which is None:
        return
    sure = asker.pick(
        f"Throw away {about[which]}? Its answers cannot be got back.",
        ["Yes, throw it away", "No, keep it"],
    )
    if sure == 0:
        with open_draft(folder, drafts[which].name) as draft:
            draft.delete()
        asker.say("That draft is gone.")


def _about(listed: "ListedDraft", now: datetime, zone: "ZoneInfo") -> str:
    """A draft in a few words. Which case it is about is what its author knows it by."""
    from visitsafe.text.clock import moment

    session = listed.session
    kind = "the new plan"
    if session.revises:
        kind = f"the new version of {session.revises}"
    elif session.repeats:
        kind = f"the repeat of {session.repeats}"
    case = session.case or session.answers.get("case", "")
    start = session.answers.get("start", "")
    when = f", visit {moment(start, zone)}" if isinstance(start, str) and start else ""
    return f"{kind}{f' for case {case}' if case else ''}{when}, last changed {_ago(listed.changed, now)}"


def _ago(changed: datetime, now: datetime) -> str:
    minutes = int((now - changed).total_seconds()) // 60
    if minutes < 1:
        return "just now"
    if minutes < HOUR:
        return f"{things(minutes, 'minute')} ago"
    if minutes < DAY:
        return f"{things(minutes // HOUR, 'hour')} ago"
    return f"{things(minutes // DAY, 'day')} ago"


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
        wish = _FileFlags(repeat, revise, urgent, reason, another=another)
        _plan_from_file(context, answers, checklist, wish, yes=yes, json=json)
    else:
        talk(context, TalkFlags(repeat, revise, checklist or HOME_VISIT, resume, urgent, reason, plain))


class _FileFlags:
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
    context: typer.Context, path: str, named: str | None, wish: _FileFlags, *, yes: bool, json: bool
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
    context: typer.Context,
    desk: "Desk",
    file: "AnswersFile",
    questionnaire: "Questionnaire",
    wish: _FileFlags,
) -> "Intent":
    from visitsafe.planning.compose import Intent
    from visitsafe.planning.sign import standing_answers
    from visitsafe.wizard.answers_file import read_answers, taken_over

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
        meant = why_not_said(questionnaire.kept(intent.answers), fact)
        why = next((one.id for one in questionnaire if meant and one.meaning == meant), meant)
        if fact.value != DAYLIGHT or why:
            also = f" Your answer is another: say why under {why}, for your manager sees both." if why else ""
            say(f"to note: {fact.text}{also}")


def _known(
    context: typer.Context,
    desk: "Desk",
    file: "AnswersFile",
    questionnaire: "Questionnaire",
    wish: _FileFlags,
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

    from visitsafe.cli.team import ask_back
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


KEPT = "nothing was signed, and your draft is kept: visitsafe plan --resume"
WITHOUT_TERMINAL = "use: visitsafe plan --answers FILE --yes (--print-answers prints a file to fill in)"


class TalkFlags(NamedTuple):
    """What the flags of `visitsafe plan` ask for."""

    repeat: str | None
    revise: str | None
    checklist: str
    resume: bool
    urgent: bool
    reason: str
    plain: bool


def talk(context: typer.Context, wanted: TalkFlags) -> None:
    """Walk through the checklist and sign the plan.

    Raises:
        InterruptedByUserError: The person stopped; the draft is kept.
        UsageError: There is no terminal, or the flags do not fit together.
    """
    from visitsafe.cli.first_run import set_up
    from visitsafe.cli.prompts import talk_at
    from visitsafe.planning.sign import check_may_plan

    if wanted.repeat and wanted.revise:
        raise UsageError("a plan is repeated or revised, not both", hint="leave one of them out")
    asker = talk_at(invocation(context).environ, plain=wanted.plain, otherwise=WITHOUT_TERMINAL)
    set_up(context)
    with desk_of(context) as desk:
        check_may_plan(desk)
        with _draft(context, desk, wanted, asker) as draft:
            _plan(context, desk, draft, wanted, asker)


def _draft(context: typer.Context, desk: "Desk", wanted: TalkFlags, asker: "Talk") -> "Draft":
    """The unfinished plan to go on with, or a new one."""
    from visitsafe.record.refs import reference

    named = wanted.repeat or wanted.revise
    return choose_draft(
        settings_of(context).drafts,
        asker,
        invocation(context).now,
        zone_of(desk.roster),
        wanted=reference(desk.resolve(named)) if named else "",
        resume=wanted.resume,
    )


def _plan(context: typer.Context, desk: "Desk", draft: "Draft", wanted: TalkFlags, asker: "Talk") -> None:
    from visitsafe.checklists.questionnaire import compile_questionnaire
    from visitsafe.cli.prompts.talk import ask_all
    from visitsafe.planning.sign import signed_already

    signed = signed_already(desk, draft.name)
    if signed is not None:
        _signed_before(desk, draft, signed, asker)
        return
    session = _session(context, desk, draft, wanted, asker)
    checklists = checklist_named(context, session.checklist)
    questionnaire = compile_questionnaire(checklists, zone_of(desk.roster))
    draft.save(session)
    said = _before_a_new_version(desk, session)
    revises = desk.resolve(session.revises) if session.revises else ""
    if same := _revised_already(desk, checklists, questionnaire, session):
        _signed_before(desk, draft, same, asker)
        return
    wizard = _wizard(context, desk, questionnaire, revises, said)
    session = ask_all(wizard, session, asker.draw, draft.save, lambda: invocation(context).now)
    patiently = patient(later(context, desk), KEPT)
    done = _sign(context, patiently, checklists, questionnaire, session, draft.name)
    draft.delete()
    tell(desk, done)


def _signed_before(desk: "Desk", draft: "Draft", state: "PlanState", asker: "Talk") -> None:
    draft.delete()
    asker.say("This draft was signed before visitsafe stopped.")
    tell(desk, state)


def _revised_already(
    desk: "Desk", checklists: "ChecklistSet", questionnaire: "Questionnaire", session: "Session"
) -> "PlanState | None":
    """The plan of which a draft is the newest version already, signed since the draft was begun."""
    from visitsafe.planning.sign import signed_with
    from visitsafe.wizard.draft import DraftStage

    if not session.revises or session.stage is not DraftStage.SIGN:
        return None
    old = desk.sound_plan(desk.resolve(session.revises))
    if old.version.content.at < session.started:
        return None
    questionnaire = questionnaire.knowing(session.facts)
    return signed_with(desk, checklists, questionnaire, _intent_of(desk, questionnaire, session), old)


def _before_a_new_version(desk: "Desk", session: "Session") -> tuple[str, ...]:
    """For a new version: what the manager said about the one before, and what a new one costs.

    Raises:
        NotPermittedError: It can be changed no more since the draft was begun.
    """
    from visitsafe.planning.sign import check_may_revise, costs_of_revising
    from visitsafe.state.phrases import DECISION_WORDS
    from visitsafe.text.clock import moment

    if not session.revises:
        return ()
    state = desk.plan(desk.resolve(session.revises))
    check_may_revise(desk, state)
    cost = costs_of_revising(state, zone_of(desk.roster))
    costs = (f"{cost[:1].upper()}{cost[1:]}.",) if cost else ()
    if state.decision is None or state.decided is None:
        return costs
    at = moment(state.decision.entry.content.at, zone_of(desk.roster))
    decided = state.decided
    return (
        f"{DECISION_WORDS[decided.decision]} by {state.decision.name}, {at}: {decided.rationale}",
        *(f"Condition: {condition}" for condition in decided.conditions),
        *([f"Instead: {decided.purpose_met}"] if decided.purpose_met.strip() else []),
        *costs,
    )


def _session(
    context: typer.Context, desk: "Desk", draft: "Draft", wanted: TalkFlags, asker: "Talk"
) -> "Session":
    """Where the wizard begins: a draft as it was left, a plan to repeat or revise, or nothing."""
    from msgspec.structs import replace

    from visitsafe.checklists.questionnaire import compile_questionnaire
    from visitsafe.wizard.draft import DraftStage, refit

    try:
        session = draft.load()
    except NotFoundError:
        return _new_session(context, desk, wanted, asker)
    if session.stage is DraftStage.DONE:  # the yes was given, the signature failed: show again what is signed
        session = replace(session, stage=DraftStage.SIGN)
    if wanted.urgent:  # since it was begun the start may have passed
        session = replace(session, urgent=session.urgent or _urgent(wanted, asker))
    checklists = checklist_named(context, session.checklist)
    digest = checklists.digests[checklists.visit.id]
    if digest == session.digest:
        return session
    return refit(compile_questionnaire(checklists, zone_of(desk.roster)), session, digest)


def _new_session(context: typer.Context, desk: "Desk", wanted: TalkFlags, asker: "Talk") -> "Session":
    from visitsafe.checklists.questionnaire import compile_questionnaire
    from visitsafe.planning.compose import answers_of
    from visitsafe.planning.sign import standing_answers
    from visitsafe.text.clock import to_text
    from visitsafe.wizard.draft import begin, repeat, revise

    old = _old_plan(desk, wanted)
    named = wanted.checklist
    if old is not None and old.body.checklists:
        named = old.body.checklists[0].id
    checklists = checklist_named(context, named)
    questionnaire = compile_questionnaire(checklists, zone_of(desk.roster))
    fresh = begin(
        named,
        checklists.digests[checklists.visit.id],
        to_text(desk.now),
        standing=standing_answers(desk, questionnaire),
        urgent=_urgent(wanted, asker),
    )
    if old is None:
        return fresh
    take_over = revise if wanted.revise else repeat
    body = old.body
    return take_over(
        questionnaire, fresh, answers_of(questionnaire, body), body.controls, old.ref, body.known
    )


def _old_plan(desk: "Desk", wanted: TalkFlags) -> "PlanState | None":
    from visitsafe.planning.sign import check_may_revise

    named = wanted.repeat or wanted.revise
    if not named:
        return None
    state = desk.sound_plan(desk.resolve(named))
    if wanted.revise:
        check_may_revise(desk, state)
    return state


def _urgent(wanted: TalkFlags, asker: "Talk") -> str:
    from visitsafe.text.clean import clean

    reason = clean(wanted.reason, lines=True)
    while wanted.urgent and not reason:
        reason = asker.type("Why can this visit not wait for a manager?") or ""
    return reason


def _wizard(
    context: typer.Context, desk: "Desk", questionnaire: "Questionnaire", revises: str, said: tuple[str, ...]
) -> "Wizard":
    """The wizard for a plan: with daylight, and what is known, looked up when the visit's facts change."""
    from visitsafe.planning.known import daylight, knowing
    from visitsafe.wizard.step import Wizard

    place = desk.roster.place

    def propose(start: "datetime", due_back: "datetime") -> "Proposal | None":
        return daylight(place, start, due_back) if place else None

    return Wizard(
        questionnaire,
        zone_of(desk.roster),
        propose=propose,
        cite=citing(context, desk),
        known=lru_cache(maxsize=1)(knowing(desk, zone_of(desk.roster), desk.member(), but=revises)),
        said=said,
        team=tuple(desk.roster.members.values()),
        country=desk.roster.settings.country or "",
    )


def citing(context: typer.Context, desk: "Desk") -> "Callable[[tuple[Source, ...]], str]":
    """How a source is named: one that is past its review date says so."""
    from visitsafe.checklists.library import marked, past_review
    from visitsafe.checklists.questionnaire import cite

    try:
        past = past_review(library_of(context).documents().values(), desk.now.date())
    except VisitsafeError:
        past = frozenset()  # a broken list of documents is no reason not to plan; `checklist check` names it
    return lambda sources: marked(cite(sources), past)


def _sign(
    context: typer.Context,
    desk: "Desk",
    checklists: "ChecklistSet",
    questionnaire: "Questionnaire",
    session: "Session",
    nonce: str,
) -> "PlanState":
    from visitsafe.checklists.facts import Known
    from visitsafe.planning.sign import sign_new, sign_revision

    known = Known(session.known, session.facts)
    questionnaire = questionnaire.knowing(known.facts)
    intent = _intent_of(desk, questionnaire, session)
    desk, intent = with_details(context, desk, questionnaire, intent)
    if session.revises:
        old = desk.sound_plan(desk.resolve(session.revises))
        return sign_revision(desk, old, checklists, questionnaire, intent, known)
    return sign_new(desk, checklists, questionnaire, intent, nonce, known)


def _intent_of(desk: "Desk", questionnaire: "Questionnaire", session: "Session") -> "Intent":
    from visitsafe.planning.compose import Intent
    from visitsafe.wizard.draft import final, final_controls, final_standing

    return Intent(
        answers=final(questionnaire, session),
        controls=final_controls(questionnaire, session),
        standing=final_standing(questionnaire, session),
        urgent=session.urgent,
        repeats=desk.resolve(session.repeats) if session.repeats else "",
    )
