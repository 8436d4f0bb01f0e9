"""Filling in a form: at a terminal with a draft that is never lost, or from an answers file.

Drafts of forms lie in a folder of their own, one for each form and what it is about or corrects: `plan
--resume` and the list of unfinished plans never see them, and the same command finds its own again. A draft
goes when its entry is on the disk, which the caller says with `signed`.
"""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from visitsafe.cli.output import result, say
from visitsafe.errors import InterruptedByUserError, NotFoundError, SettingsError, UsageError, VisitsafeError
from visitsafe.opening import invocation, library_of, settings_of, zone_of
from visitsafe.text.clock import moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from visitsafe.checklists.assessment import Value
    from visitsafe.checklists.form_flow import Answered, FormSet
    from visitsafe.checklists.questionnaire import Questionnaire
    from visitsafe.cli.prompts.talk import Talk
    from visitsafe.desk import Desk
    from visitsafe.opening import Context
    from visitsafe.wizard.answers_file import CompleteAnswers
    from visitsafe.wizard.draft import Draft, Session
    from visitsafe.wizard.run import Surroundings

FORMS = "forms"
"""The folder of these drafts, below that of the plans'."""
GO_ON, ANEW = "Go on with it", "Throw it away and begin anew"


class How(NamedTuple):
    """How a form is to be filled in.

    Attributes:
        answers: An answers file, - for standard input; None at a terminal.
        yes: Sign without asking; only with an answers file.
        plain: Plain lines.
        print_answers: Print an answers file to fill in, and stop (`typer.Exit(0)`).
    """

    answers: Path | None = None
    yes: bool = False
    plain: bool = False
    print_answers: bool = False


class _Form(NamedTuple):
    """A form, what it is about, and the command that goes on with it."""

    form_set: "FormSet"
    questionnaire: "Questionnaire"
    about: str
    command: str
    known: "Mapping[str, Value]"
    apart: str
    said: "Mapping[str, Sequence[str]]"


def fill_in(
    context: typer.Context,
    desk: "Desk",
    form: str,
    about: str,
    command: str,
    how: How,
    known: "Mapping[str, Value] | None" = None,
    said: "Mapping[str, Sequence[str]] | None" = None,
    apart: str = "",
) -> "Answered":
    """Ask what a form asks, until the person says yes to signing it.

    What the answers point out is shown before they sign; from a file, it is said.

    Args:
        context: The command.
        desk: Who fills it in.
        form: The id of the form.
        about: What it is about, for the screen and to find its draft again: `K7Q2-M9`, or a case.
        command: The command that goes on with a draft, such as `visitsafe incident K7Q2-M9`.
        how: By which way.
        known: Answers that are known already; they can be changed.
        said: What the record says about a question, by its id: shown with it.
        apart: What tells it apart from others about the same, each with its own draft: the entry that it
            corrects, whose word it is.

    Raises:
        InterruptedByUserError: The person stopped; the draft is kept.
        UsageError: There is no terminal and no file, or the file says too little.
        ProblemsError: The form, or the file, cannot be used; all reasons are listed.
        typer.Exit: An answers file was printed, or the draft turned out to be recorded already.
    """
    from visitsafe.checklists.form_flow import beside, compile_form

    form_set = beside(library_of(context).form_set(form), said or {})
    filled = _Form(form_set, compile_form(form_set), about, command, known or {}, apart, said or {})
    if how.print_answers:
        _print_template(filled)
    if how.answers is not None:
        return _from_file(context, desk, filled, how)
    return _at_a_terminal(context, desk, filled, plain=how.plain)


def _print_template(filled: _Form) -> None:
    from visitsafe.wizard.answers_file import form_template

    result(form_template(filled.form_set.form, filled.questionnaire, filled.command), exact=True)
    raise typer.Exit(0)


def _from_file(context: typer.Context, desk: "Desk", filled: _Form, how: How) -> "Answered":
    from visitsafe.wizard.answers import AnswerContext
    from visitsafe.wizard.answers_file import read_form

    if not how.yes:
        raise UsageError("an answers file is signed without asking", hint="if that is meant, add --yes")
    country = desk.roster.settings.country or ""
    asked = AnswerContext(now=invocation(context).now, zone=zone_of(desk.roster), form=True, country=country)
    form = filled.form_set.form
    given = read_form(str(how.answers), form, filled.questionnaire, asked, filled.known, filled.command)
    answered = _composed(context, desk, filled, given.answers)
    for line in taken_over(filled.questionnaire, given):
        say(f"as it was before, for the file does not say: {line}")
    for sentences in filled.said.values():
        say(f"from the record: {' '.join(sentences)}")
    for finding in answered.findings:
        say(f"to note: {finding.text}")
    return answered


def taken_over(questionnaire: "Questionnaire", given: "CompleteAnswers") -> list[str]:
    """The answers that are signed although a file leaves them out: what is signed is shown before."""
    from visitsafe.checklists.assessment import in_words
    from visitsafe.text.clean import kept_line

    asked = [questionnaire.by_id[name] for name in given.taken]
    return [
        kept_line(f"{one.label}: {in_words(one, given.answers[one.id], questionnaire.zone)}") for one in asked
    ]


def _composed(
    context: typer.Context, desk: "Desk", filled: _Form, answers: "Mapping[str, Value]"
) -> "Answered":
    from visitsafe.checklists.form_flow import compose_form

    return compose_form(filled.form_set, answers, invocation(context).now, zone_of(desk.roster))


def _at_a_terminal(context: typer.Context, desk: "Desk", filled: _Form, *, plain: bool) -> "Answered":
    from visitsafe.cli.plan import front_at
    from visitsafe.cli.prompts.talk import talk_at
    from visitsafe.wizard.draft import final, open_draft
    from visitsafe.wizard.run import run

    otherwise = f"use: {filled.command} --answers FILE --yes (--print-answers prints a file to fill in)"
    environ = invocation(context).environ
    asker = talk_at(environ, plain=plain, otherwise=otherwise, kept=filled.command)
    name = _name(filled.form_set.form.id, filled.about, filled.apart)
    with open_draft(_folder(context), name, filled.command) as draft:
        session = _session(context, desk, filled, draft, asker)
        draft.save(session)
        form = filled.form_set.form
        asker.say("", f"{form.title}: {filled.about}", form.about, *(one.text for one in form.first))
        session = run(
            filled.questionnaire,
            session,
            front_at(context, plain=plain),
            _around(context, desk, filled, draft),
        )
    return _composed(context, desk, filled, final(filled.questionnaire, session))


def _folder(context: "Context") -> Path:
    return settings_of(context).drafts / FORMS


def _around(context: typer.Context, desk: "Desk", filled: _Form, draft: "Draft") -> "Surroundings":
    from visitsafe.cli.plan import citing
    from visitsafe.wizard.run import Surroundings

    return Surroundings(
        save=draft.save,
        now=lambda: invocation(context).now,
        zone=zone_of(desk.roster),
        cite=citing(context, desk),
        command=filled.command,
        form=True,
        country=desk.roster.settings.country or "",
        phone=desk.roster.settings.desk_phone or "",
    )


def _session(context: typer.Context, desk: "Desk", filled: _Form, draft: "Draft", asker: "Talk") -> "Session":
    """Where to begin: the draft as it was left, if there is one and the person wants it."""
    from visitsafe.wizard.draft import DraftStage, go_on_with_form

    found = _left(draft, asker)
    if found is None:
        return _fresh(context, filled)
    if found.stage is DraftStage.DONE:
        _stop_if_recorded(context, desk, filled, draft, found)
    began = moment(found.started, zone_of(desk.roster))
    picked = asker.pick(f"You began this before, {began}. Nothing was signed.", [GO_ON, ANEW])
    if picked is None:
        raise InterruptedByUserError("stopped; your answers are kept", hint=f"to go on: {filled.command}")
    if picked:
        return _fresh(context, filled)
    return go_on_with_form(filled.form_set, filled.questionnaire, found, filled.command)


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


def _fresh(context: typer.Context, filled: _Form) -> "Session":
    from visitsafe.text.clock import to_text
    from visitsafe.wizard.draft import Session, begin_form

    fresh = Session(about=filled.about, command=filled.command, started=to_text(invocation(context).now))
    return begin_form(filled.form_set, filled.questionnaire, fresh, filled.known)


def _stop_if_recorded(
    context: typer.Context, desk: "Desk", filled: _Form, draft: "Draft", session: "Session"
) -> None:
    """The draft outlived a crash after its entry was written: nothing is recorded twice."""
    from visitsafe.followup.form_recorded import recorded_already
    from visitsafe.wizard.draft import final

    answered = _composed(context, desk, filled, final(filled.questionnaire, session))
    if not recorded_already(desk, filled.about, answered, session.started):
        return
    draft.delete()
    say("this was signed and recorded before visitsafe stopped; there is nothing left to do")
    raise typer.Exit(0)


def unfinished(context: "Context") -> list[tuple[str, str]]:
    """Forms begun on this computer and not signed: what each is about, and the command for it."""
    folder = _folder(context)
    if not folder.is_dir():
        return []  # the usual case, and reading drafts loads all that the wizard needs
    from visitsafe.wizard.draft import list_drafts

    return [(draft.session.about, draft.session.command) for draft in list_drafts(folder).drafts]


def signed(context: typer.Context, form: str, about: str, apart: str = "") -> None:
    """Delete the draft, for its entry is on the disk, and say what the form has for the end.

    Nothing that goes wrong here undoes what is signed: it is said, and the command goes on.
    """
    try:
        _forget(context, _name(form, about, apart))
        for pointer in library_of(context).form_set(form).form.last:
            say(pointer.text)
    except VisitsafeError as error:
        say(f"what you signed is recorded; {error.message}")


def _forget(context: typer.Context, name: str) -> None:
    from visitsafe.wizard.draft import delete_draft

    delete_draft(_folder(context), name)


def _name(form: str, about: str, apart: str) -> str:
    from visitsafe.wizard.draft import draft_name

    return draft_name(form, f"{about}\n{apart}" if apart else about)
