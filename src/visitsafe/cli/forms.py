"""Filling in a form: at a terminal with a draft that is never lost, or from an answers file; then signing it.

One run for every kind of form, and the flags that all of them have. Drafts of forms lie in a folder of their
own, one for each form and what it is about or corrects: `plan --resume` and the list of unfinished plans
never see them, and the same command finds its own again. A draft goes when its entry is on the disk.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar

import typer

from visitsafe.cli.output import result, result_json, say, stands
from visitsafe.errors import InterruptedByUserError, NotFoundError, SettingsError, UsageError, VisitsafeError
from visitsafe.opening import invocation, later, library_of, settings_of, zone_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from visitsafe.checklists.assessment import Value
    from visitsafe.checklists.form_flow import Answered, FormSet
    from visitsafe.checklists.questionnaire import Questionnaire
    from visitsafe.cli.prompts.talk import Talk
    from visitsafe.desk import Desk
    from visitsafe.followup.forms import FormKind
    from visitsafe.opening import Context
    from visitsafe.record.bodies import AuditedBody, DebriefedBody, DocumentedBody, Filled, IncidentBody
    from visitsafe.state.fold import PlanState
    from visitsafe.state.visit import Event
    from visitsafe.wizard.draft import Draft, Session

    B = TypeVar("B", bound=IncidentBody | DebriefedBody | DocumentedBody)

FORMS = "forms"
"""The folder of these drafts, below that of the plans'."""
GO_ON, ANEW = "Go on with it", "Throw it away and begin anew"

Told = Annotated[str, typer.Option("--for", help="Whose word it is, if they told you.")]
KnownBy = Annotated[str, typer.Option("--known-by", help="With --for: how you know that it was them.")]
Correct = Annotated[
    bool, typer.Option("--correct", help="Correct or complete the newest one that you recorded.")
]


class PageFormat(StrEnum):
    """What a page to read or print is written as."""

    MD = "md"
    HTML = "html"


class How(NamedTuple):
    """How a form is to be filled in: the flags that every command has which fills one in."""

    answers: Annotated[
        Path | None, typer.Option("--answers", help="An answers file instead of questions; - reads it here.")
    ] = None
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --answers: sign without asking.")] = False
    print_answers: Annotated[
        bool, typer.Option("--print-answers", help="Print an answers file to fill in.")
    ] = False
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False
    plain: Annotated[bool, typer.Option("--plain", help="No colour, no cursor tricks.")] = False


def takes_a_form(command: "Callable[..., None]") -> "Callable[..., None]":
    """The same command with the flags of `How`, which reach it as `how`."""
    own = [one for one in signature(command).parameters.values() if one.name != "how"]
    flags = [
        Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=How._field_defaults[name], annotation=kind)
        for name, kind in How.__annotations__.items()
    ]

    @wraps(command)
    def run(**given: Any) -> None:
        how = How(*(given.pop(name) for name in How._fields))
        command(**given, how=how)

    run.__signature__ = Signature([*own, *flags])  # type: ignore[attr-defined]  # Typer reads it
    run.__annotations__ = {one.name: one.annotation for one in (*own, *flags)}
    return run


@dataclass(frozen=True)
class Task:
    """What is to be filled in.

    Attributes:
        form: The id of the form.
        about: What it is about, for the screen and to find its draft again: `K7Q2-M9`, or a team.
        command: The command that goes on with a draft, such as `visitsafe incident K7Q2-M9`.
        known: Answers that are known already, by meaning; they can be changed.
        said: What the record says about a question, by its meaning: shown with it.
        apart: What tells it apart from others about the same, each with its own draft: the entry that it
            corrects, whose word it is.
        signed: What was signed about the same before.
    """

    form: str
    about: str
    command: str
    known: "Mapping[str, Value]" = field(default_factory=dict)
    said: "Mapping[str, Sequence[str]]" = field(default_factory=dict)
    apart: str = ""
    signed: "Iterable[Event[Filled | AuditedBody]]" = ()


class Recorded(NamedTuple):
    """What to tell when an entry is on the disk.

    Attributes:
        where: What to say if the rest cannot be written: that it is recorded, and how to see it.
        lines: The screen; told only if it is wanted.
        shape: The JSON.
    """

    where: str
    lines: "Callable[[], Iterable[str]]"
    shape: "Callable[[], Any]"


def told(who: str, known_by: str) -> dict[str, str]:
    """Whose word it is, by --for and --known-by, as a form takes it.

    Raises:
        UsageError: One without the other, or a text that is too long.
    """
    from visitsafe.cli.output import flag_text

    who, known_by = who.strip(), flag_text("--known-by", known_by)
    if who and not known_by.strip():
        raise UsageError(
            "--for needs --known-by: how you knew that it was them", hint="--known-by 'rang from their phone'"
        )
    if known_by and not who:
        raise UsageError("--known-by goes with --for", hint="--for 'Sam Carter' --known-by '...'")
    return {"who": who, "known_by": known_by}


def fill_in_about(
    context: typer.Context,
    desk: "Desk",
    state: "PlanState",
    kind: "FormKind[B]",
    how: How,
    lines: "Callable[[Desk, PlanState, B], Iterable[str]]",
    shape: "Callable[[Desk, PlanState, B], Any]",
    look: "Callable[[Answered], Answered] | None" = None,
    see: str = "show",
) -> None:
    """Fill in and sign a form about a plan, and tell what was recorded; that they may is checked before.

    Args:
        context: The command.
        desk: Who fills it in.
        state: The plan.
        kind: What is recorded about it.
        how: By which way.
        lines: The screen, from the desk, the plan and the body.
        shape: The JSON, likewise.
        look: As in `fill_in`.
        see: The command that shows it.
    """
    from visitsafe.followup.forms import filled_in

    zone = zone_of(desk.roster)
    asked = Task(
        kind.form,
        state.ref,
        kind.command(state.ref),
        kind.known(desk, state),
        kind.said(desk, state, zone),
        kind.apart(desk, state),
        filled_in(state),
    )

    def sign(signing: "Desk", answered: "Answered") -> Recorded:
        body, done = kind.sign(signing, signing.plan(state.plan), answered, zone)
        return Recorded(
            f"it is recorded on {done.ref}; see: visitsafe {see} {done.ref}",
            lambda: lines(signing, done, body),
            lambda: shape(signing, done, body),
        )

    fill_in(context, desk, asked, how, sign, look)


def fill_in(
    context: typer.Context,
    desk: "Desk",
    asked: Task,
    how: How,
    sign: "Callable[[Desk, Answered], Recorded]",
    look: "Callable[[Answered], Answered] | None" = None,
) -> None:
    """Ask what a form asks, until the person says yes to signing it; sign it, and tell what was recorded.

    What the answers point out is shown before they sign; from a file, it is said.

    Args:
        context: The command.
        desk: Who fills it in.
        asked: What is to be filled in.
        how: By which way.
        sign: Signs it at a desk whose key asks for its passphrase.
        look: Looks at what was filled in before it is signed, and may have it changed.

    Raises:
        InterruptedByUserError: The person stopped; the draft is kept.
        UsageError: There is no terminal and no file, or the file says too little.
        ProblemsError: The form, or the file, cannot be used; all reasons are listed.
        typer.Exit: An answers file was printed, or the draft turned out to be recorded already.
    """
    from visitsafe.checklists.form_flow import beside, compile_form
    from visitsafe.opening import patient
    from visitsafe.text.clean import terminal

    form_set = beside(library_of(context).form_set(asked.form), asked.said)
    filling = _Filling(context, desk, asked, how, form_set, compile_form(form_set))
    answered = filling.answered()
    answered = look(answered) if look else answered
    recorded = sign(patient(later(context, desk), f"run it again: {asked.command}"), answered)
    with stands(recorded.where):
        if how.json:
            result_json(recorded.shape())
        else:
            result("\n".join(terminal(line) for line in recorded.lines()))
    filling.done()


@dataclass(frozen=True)
class _Filling:
    """A form on its way from its first question to the end of its draft."""

    context: typer.Context
    desk: "Desk"
    asked: Task
    how: How
    form_set: "FormSet"
    questionnaire: "Questionnaire"

    def answered(self) -> "Answered":
        """The form, once the person has said yes to signing it."""
        if self.how.print_answers:
            from visitsafe.wizard.answers_file import form_template

            result(form_template(self.form_set.form, self.questionnaire, self.asked.command), exact=True)
            raise typer.Exit(0)
        return self._at_a_terminal() if self.how.answers is None else self._from_file()

    def _now(self) -> "datetime":
        return invocation(self.context).now

    def _composed(self, answers: "Mapping[str, Value]") -> "Answered":
        from visitsafe.checklists.form_flow import compose_form

        return compose_form(self.form_set, answers, self._now(), zone_of(self.desk.roster))

    def _from_file(self) -> "Answered":
        from visitsafe.wizard.answers import AnswerContext
        from visitsafe.wizard.answers_file import read_form, taken_over

        if not self.how.yes:
            raise UsageError("an answers file is signed without asking", hint="if that is meant, add --yes")
        roster, asked = self.desk.roster, self.asked
        here = AnswerContext(
            now=self._now(), zone=zone_of(roster), form=True, country=roster.settings.country or ""
        )
        known = self.questionnaire.asked(asked.known)
        form = self.form_set.form
        given = read_form(str(self.how.answers), form, self.questionnaire, here, known, asked.command)
        answered = self._composed(given.answers)
        for line in taken_over(self.questionnaire, given):
            say(f"as it was before, for the file does not say: {line}")
        for sentences in asked.said.values():
            say(f"from the record: {' '.join(sentences)}")
        for finding in answered.findings:
            say(f"to note: {finding.text}")
        return answered

    def _at_a_terminal(self) -> "Answered":
        from visitsafe.cli.plan import citing
        from visitsafe.cli.prompts import talk_at
        from visitsafe.cli.prompts.talk import ask_all
        from visitsafe.wizard.draft import final, open_draft
        from visitsafe.wizard.step import Wizard

        form, command, settings = self.form_set.form, self.asked.command, self.desk.roster.settings
        otherwise = f"use: {command} --answers FILE --yes (--print-answers prints a file to fill in)"
        environ = invocation(self.context).environ
        asker = talk_at(environ, plain=self.how.plain, otherwise=otherwise, kept=command)
        with open_draft(_folder(self.context), self._name(), command) as draft:
            session = self._session(draft, asker)
            draft.save(session)
            asker.say("", f"{form.title}: {self.asked.about}", form.about, *(one.text for one in form.first))
            wizard = Wizard(
                self.questionnaire,
                zone_of(self.desk.roster),
                cite=citing(self.context, self.desk),
                command=command,
                form=True,
                country=settings.country or "",
                phone=settings.desk_phone or "",
            )
            session = ask_all(wizard, session, asker.draw, draft.save, self._now)
        return self._composed(final(self.questionnaire, session))

    def _session(self, draft: "Draft", asker: "Talk") -> "Session":
        """Where to begin: the draft as it was left, if there is one and the person wants it."""
        from visitsafe.text.clock import moment, to_text
        from visitsafe.wizard.draft import DraftStage, Session, begin_form, go_on_with_form

        asked, found = self.asked, _left(draft, asker)
        if found is not None:
            if found.stage is DraftStage.DONE:
                self._stop_if_recorded(draft, found)
            began = moment(found.started, zone_of(self.desk.roster))
            picked = asker.pick(f"You began this before, {began}. Nothing was signed.", [GO_ON, ANEW])
            if picked is None:
                raise InterruptedByUserError(
                    "stopped; your answers are kept", hint=f"to go on: {asked.command}"
                )
            if not picked:
                return go_on_with_form(self.form_set, self.questionnaire, found, asked.command)
        fresh = Session(about=asked.about, command=asked.command, started=to_text(self._now()))
        return begin_form(self.form_set, self.questionnaire, fresh, asked.known)

    def _stop_if_recorded(self, draft: "Draft", session: "Session") -> None:
        """The draft outlived a crash after its entry was written: nothing is recorded twice."""
        from visitsafe.followup.forms import recorded_already
        from visitsafe.wizard.draft import final

        answered = self._composed(final(self.questionnaire, session))
        if recorded_already(self.desk, self.asked.signed, answered, session.started):
            draft.delete()
            say("this was signed and recorded before visitsafe stopped; there is nothing left to do")
            raise typer.Exit(0)

    def done(self) -> None:
        """Delete the draft, for its entry is on the disk, and say what the form has for the end.

        Nothing that goes wrong here undoes what is signed: it is said, and the command goes on.
        """
        from visitsafe.wizard.draft import delete_draft

        try:
            delete_draft(_folder(self.context), self._name())
        except VisitsafeError as error:
            say(f"what you signed is recorded; {error.message}")
        for pointer in self.form_set.form.last:
            say(pointer.text)

    def _name(self) -> str:
        from visitsafe.wizard.draft import draft_name

        about, apart = self.asked.about, self.asked.apart
        return draft_name(self.asked.form, f"{about}\n{apart}" if apart else about)


def _left(draft: "Draft", asker: "Talk") -> "Session | None":
    """The draft as it was left; one that is damaged was set aside, and that is said."""
    try:
        return draft.load()
    except NotFoundError:
        return None
    except SettingsError as error:
        if draft.is_there:
            raise
        asker.say(error.message)
        return None


def _folder(context: "Context") -> Path:
    return settings_of(context).drafts / FORMS


def unfinished(context: "Context") -> list[tuple[str, str]]:
    """Forms begun on this computer and not signed: what each is about, and the command for it."""
    folder = _folder(context)
    if not folder.is_dir():
        return []  # the usual case, and reading drafts loads all that the wizard needs
    from visitsafe.wizard.draft import list_drafts

    return [(draft.session.about, draft.session.command) for draft in list_drafts(folder).drafts]
