"""`visitsafe plan` at a terminal: which draft, the wizard, and the signature."""

import sys
from typing import TYPE_CHECKING, NamedTuple

import typer

from visitsafe.cli.details import with_details
from visitsafe.cli.plan import checklist_named, tell
from visitsafe.errors import NotFoundError, UsageError, VisitsafeError
from visitsafe.opening import desk_of, invocation, later, library_of, patient, settings_of, zone_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from visitsafe.checklists.model import Source
    from visitsafe.checklists.questionnaire import ChecklistSet, Questionnaire
    from visitsafe.cli.prompts.talk import Talk
    from visitsafe.desk import Desk
    from visitsafe.planning.compose import Intent
    from visitsafe.state.fold import PlanState
    from visitsafe.wizard.draft import Draft, Session
    from visitsafe.wizard.run import Front, Proposal, Surroundings


KEPT = "nothing was signed, and your draft is kept: visitsafe plan --resume"
WITHOUT_TERMINAL = "use: visitsafe plan --answers FILE --yes (--print-answers prints a file to fill in)"


class Wanted(NamedTuple):
    """What the flags of `visitsafe plan` ask for."""

    repeat: str | None
    revise: str | None
    checklist: str
    resume: bool
    urgent: bool
    reason: str
    plain: bool


def talk(context: typer.Context, wanted: Wanted) -> None:
    """Walk through the checklist and sign the plan.

    Raises:
        InterruptedByUserError: The person stopped; the draft is kept.
        UsageError: There is no terminal, or the flags do not fit together.
    """
    from visitsafe.cli.first_run import set_up
    from visitsafe.cli.prompts.talk import talk_at
    from visitsafe.planning.sign import check_may_plan

    if wanted.repeat and wanted.revise:
        raise UsageError("a plan is repeated or revised, not both", hint="leave one of them out")
    asker = talk_at(invocation(context).environ, plain=wanted.plain, otherwise=WITHOUT_TERMINAL)
    set_up(context)
    with desk_of(context) as desk:
        check_may_plan(desk)
        with _draft(context, desk, wanted, asker) as draft:
            _plan(context, desk, draft, wanted, asker)


def _draft(context: typer.Context, desk: "Desk", wanted: Wanted, asker: "Talk") -> "Draft":
    """The unfinished plan to go on with, or a new one."""
    from visitsafe.cli.draft_talk import choose_draft
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


def _plan(context: typer.Context, desk: "Desk", draft: "Draft", wanted: Wanted, asker: "Talk") -> None:
    from visitsafe.checklists.questionnaire import compile_questionnaire
    from visitsafe.planning.sign import signed_already
    from visitsafe.wizard.run import run

    signed = signed_already(desk, draft.name)
    if signed is not None:
        _signed_before(desk, draft, signed, asker)
        return
    session = _session(context, desk, draft, wanted, asker)
    checklists = checklist_named(context, session.checklist)
    questionnaire = compile_questionnaire(checklists, zone_of(desk.roster))
    front = front_at(context, plain=wanted.plain)
    draft.save(session)
    if said := _said(desk, session):
        front.say(said)
    revises = desk.resolve(session.revises) if session.revises else ""
    if same := _revised_already(desk, checklists, questionnaire, session):
        _signed_before(desk, draft, same, asker)
        return
    session = run(questionnaire, session, front, _around(context, desk, draft, revises))
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
    return signed_with(desk, checklists, questionnaire, _intent(desk, questionnaire, session), old)


def _said(desk: "Desk", session: "Session") -> tuple[str, ...]:
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
    context: typer.Context, desk: "Desk", draft: "Draft", wanted: Wanted, asker: "Talk"
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


def _new_session(context: typer.Context, desk: "Desk", wanted: Wanted, asker: "Talk") -> "Session":
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


def _old_plan(desk: "Desk", wanted: Wanted) -> "PlanState | None":
    from visitsafe.planning.sign import check_may_revise

    named = wanted.repeat or wanted.revise
    if not named:
        return None
    state = desk.sound_plan(desk.resolve(named))
    if wanted.revise:
        check_may_revise(desk, state)
    return state


def _urgent(wanted: Wanted, asker: "Talk") -> str:
    from visitsafe.text.clean import clean

    reason = clean(wanted.reason, lines=True)
    while wanted.urgent and not reason:
        reason = asker.type("Why can this visit not wait for a manager?") or ""
    return reason


def front_at(context: typer.Context, *, plain: bool) -> "Front":
    """The way of asking that fits this terminal."""
    from visitsafe.cli.prompts.terminal import FrontEnd, choose_front_end, discard_typed_ahead

    if choose_front_end(invocation(context).environ, plain=plain) is FrontEnd.RICH:
        from visitsafe.cli.prompts.prompts_rich import RichFront

        return RichFront()
    from visitsafe.cli.prompts.lines import Lines
    from visitsafe.cli.prompts.prompts_plain import PlainFront

    return PlainFront(Lines(sys.stdin, sys.stdout, discard_typed_ahead))


def _around(context: typer.Context, desk: "Desk", draft: "Draft", revises: str) -> "Surroundings":
    """What the wizard needs from outside: a place to save, the time, daylight, what is known."""
    from visitsafe.planning.known import daylight, knowing
    from visitsafe.wizard.run import Surroundings

    place = desk.roster.place

    def propose(start: "datetime", due_back: "datetime") -> "Proposal | None":
        return daylight(place, start, due_back) if place else None

    return Surroundings(
        save=draft.save,
        now=lambda: invocation(context).now,
        zone=zone_of(desk.roster),
        propose=propose,
        cite=citing(context, desk),
        known=knowing(desk, zone_of(desk.roster), desk.member(), but=revises),
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
    intent = _intent(desk, questionnaire, session)
    desk, intent = with_details(context, desk, questionnaire, intent)
    if session.revises:
        old = desk.sound_plan(desk.resolve(session.revises))
        return sign_revision(desk, old, checklists, questionnaire, intent, known)
    return sign_new(desk, checklists, questionnaire, intent, nonce, known)


def _intent(desk: "Desk", questionnaire: "Questionnaire", session: "Session") -> "Intent":
    from visitsafe.planning.compose import Intent
    from visitsafe.wizard.draft import final, final_controls, final_standing

    return Intent(
        answers=final(questionnaire, session),
        controls=final_controls(questionnaire, session),
        standing=final_standing(questionnaire, session),
        urgent=session.urgent,
        repeats=desk.resolve(session.repeats) if session.repeats else "",
    )
