"""`visitsafe document`: what the procedures ask to be written down about a case, from a form to a page.

Between a filled-in document and its signature its days are read back, and how it reads to a family. Days that
cannot be read are asked for again at a terminal, and refused from a file, all at once. Sentences that may be
hard are pointed out; nothing is refused for them.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from visitsafe.cli.forms import How, PageFormat, fill_in_about, takes_a_form
from visitsafe.cli.output import deliver, result, result_json, say
from visitsafe.errors import InterruptedByUserError, NotFoundError, ProblemsError, UsageError, VisitsafeError
from visitsafe.opening import desk_of, invocation, library_of, zone_of
from visitsafe.record.terms import Document

if TYPE_CHECKING:
    from visitsafe.checklists.form_flow import Answered
    from visitsafe.checklists.model import CitedDocument
    from visitsafe.cli.prompts.talk import Talk
    from visitsafe.desk import Desk
    from visitsafe.followup.documents import Days, Writing
    from visitsafe.record.bodies import DocumentedBody
    from visitsafe.state.duties import CaseHistory
    from visitsafe.state.fold import PlanState
    from visitsafe.state.visit import Event

app = typer.Typer(
    help="Write a case's documents: the agreement with the family, plans, meetings.",
    rich_markup_mode=None,
    no_args_is_help=True,
)
SIGN, CHANGE = "Sign it as it is", "Change it first"
MOST = 8
"""How many sentences are pointed out at once."""
HELP = {
    Document.AGREEMENT: "Write the agreement with the family.",
    Document.RISK_REDUCTION: "Write the risk plan of all agencies.",
    Document.SUPERVISION: "Write what supervision agreed.",
    Document.MEETING: "Write down a professionals' meeting.",
    Document.TELLING: "Plan what the family is told, and how.",
}


@app.callback()
def callback() -> None:
    """Write a case's documents: the agreement with the family, plans, meetings."""


def _writes(document: Document) -> Callable[..., None]:
    """The command that writes one kind of document."""

    def write(
        context: typer.Context,
        ref: Annotated[str | None, typer.Argument(help="A plan of the case, by its reference.")] = None,
        case: Annotated[str, typer.Option("--case", help="The case; its newest plan is taken.")] = "",
        new_version: Annotated[
            bool, typer.Option("--new-version", help="Begin with the newest one's answers, and replace it.")
        ] = False,
        another: Annotated[bool, typer.Option("--another", help="Keep the one that there is.")] = False,
        *,
        how: How,
    ) -> None:
        if new_version and another:
            raise UsageError(
                "--new-version or --another, not both", hint="--new-version replaces the old one"
            )
        _write(context, (document, new_version, another), _named(ref, case), how)

    return write


def _write(
    context: typer.Context, what: tuple[Document, bool, bool], named: tuple[str, str], how: How
) -> None:
    from visitsafe.find import find_case
    from visitsafe.followup.document_pages import document_shape
    from visitsafe.followup.documents import Writing, seen_by
    from visitsafe.text.clock import from_text

    document, new_version, another = what
    with desk_of(context) as desk:
        state, whole = find_case(desk, *named)
        history = seen_by(desk, whole)
        writing = Writing(
            document=document, correct=new_version, another=another, history=history, now=desk.now
        )
        writing.check(desk, state)

        def shape(_: "Desk", done: "PlanState", body: "DocumentedBody") -> Any:
            newest = next(one for one in reversed(done.after.documents) if one.body == body)
            return document_shape(done, newest, from_text(newest.at))

        about = writing.replaced[0] if writing.replaced else state
        lines, look = partial(_lines, writing), partial(_looked_at, context, desk, writing, how, about.ref)
        fill_in_about(context, desk, about, writing, how, lines, shape, look, see="document list")


def _lines(writing: "Writing", _: "Desk", state: "PlanState", body: "DocumentedBody") -> list[str]:
    from visitsafe.followup.document_pages import document_title
    from visitsafe.text.days import said

    instead = " in the place of the one before" if writing.replaced else ""
    lines = [f"{document_title(body)}: signed{instead}, on {state.ref}, case {state.body.visit.case}."]
    lines += [f"- {one.what} ({one.who}{f', by {said(one.by)}' if one.by else ''})" for one in body.actions]
    lines += [f"Looked at again by {said(body.review)}."] if body.review else []
    how = f"visitsafe document show {state.ref} --document {body.document} --format html --out page.html"
    return [*lines, f"A page to print:  {how}"]


def _looked_at(
    context: typer.Context, desk: "Desk", writing: "Writing", how: How, ref: str, answered: "Answered"
) -> "Answered":
    """The form with days that can be read, as whoever signs it wants it.

    Raises:
        ProblemsError: It names the address; from a file, days that cannot be read, each with what to type.
        InterruptedByUserError: They want to change it first; the draft is kept.
    """
    writing.check_no_address(answered)
    zone = zone_of(desk.roster)
    days = writing.days(answered, zone)
    if how.answers is not None:
        if days.wrong:
            lines = [f"{one.id}: {one.sentence}" for one in days.wrong]
            raise ProblemsError("nothing was signed; these days cannot be read", lines, hint="mend the file")
        for line in _days_meant(answered, days):
            say(f"understood as {line}")
        for line in _remarks(answered, writing):
            say(line)
        return answered
    command = writing.command(ref)
    asker = _asker(context, how, command)
    while days.wrong:
        answered = _asked_again(asker, answered, days, command)
        days = writing.days(answered, zone)
    _confirm(asker, [*_days_meant(answered, days), *_remarks(answered, writing)], command)
    return answered


def _asker(context: typer.Context, how: How, command: str) -> "Talk":
    from visitsafe.cli.prompts import talk_at

    otherwise = "use: --answers FILE --yes (--print-answers prints a file to fill in)"
    return talk_at(invocation(context).environ, plain=how.plain, otherwise=otherwise, kept=command)


def _asked_again(asker: "Talk", answered: "Answered", days: "Days", command: str) -> "Answered":
    from visitsafe.followup.documents import retyped

    wrong = days.wrong[0]
    asker.say("", f"{wrong.label}: {wrong.sentence}.")
    typed = asker.type(f"{wrong.label}: which day?")
    if typed is None:
        raise _kept(command)
    return retyped(answered, wrong.id, typed)


def _days_meant(answered: "Answered", days: "Days") -> list[str]:
    """Days that were not typed in full, as they were understood."""
    from visitsafe.text.days import said

    labels = {one.id: one.label for one in answered.shown}
    return [
        f"{labels.get(name, name)}: {said(day)}"
        for name, day in days.read.items()
        if answered.answers.get(name) not in {day, said(day)}
    ]


def _remarks(answered: "Answered", writing: "Writing") -> list[str]:
    """Sentences of the family's page that may be hard to read."""
    from visitsafe.followup.document_pages import family_texts, hard_sentences

    if writing.document is not Document.AGREEMENT:
        return []
    hard = hard_sentences(family_texts(answered.answers, answered.shown))
    if not hard:
        return []
    lines = ["The family may find this hard to read. You can sign it all the same."]
    lines += [f"- {one.sentence}  ({'; '.join(one.why)})" for one in hard[:MOST]]
    return [*lines, *([f"... and {len(hard) - MOST} more sentences"] if len(hard) > MOST else [])]


def _confirm(asker: "Talk", lines: list[str], command: str) -> None:
    """Show what there is to say before it is signed; nothing is asked if there is nothing."""
    if not lines:
        return
    asker.say("", "Before it is signed:", *lines)
    if asker.pick("Sign it?", [SIGN, CHANGE]) != 0:
        raise _kept(command)


def _kept(command: str) -> InterruptedByUserError:
    return InterruptedByUserError("nothing was signed; your answers are kept", hint=f"to go on: {command}")


def list_documents(
    context: typer.Context,
    ref: Annotated[str | None, typer.Argument(help="A plan of the case, by its reference.")] = None,
    case: Annotated[str, typer.Option("--case", help="The case.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List a case's documents, and what is late."""
    from visitsafe.followup.document_pages import document_lines, documents_shape
    from visitsafe.text.clean import kept_line

    with desk_of(context) as desk:
        history = _history(desk, ref, case)
        if json:
            result_json(documents_shape(history, desk.now))
            return
        lines = list(document_lines(history, desk.now, zone_of(desk.roster)))
        result("\n".join(kept_line(line) for line in lines))
        if history.documents():
            say(f"to read one: visitsafe document show {history.plans[-1].ref} --number N")


def show(
    context: typer.Context,
    ref: Annotated[str | None, typer.Argument(help="A plan of the case, by its reference.")] = None,
    case: Annotated[str, typer.Option("--case", help="The case.")] = "",
    document: Annotated[Document | None, typer.Option(help="The newest of this kind.")] = None,
    number: Annotated[int | None, typer.Option(help="Its number in: document list.", min=1)] = None,
    form: Annotated[PageFormat, typer.Option("--format", help="md, or html to print.")] = PageFormat.MD,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write to this new file; - for standard output.")
    ] = None,
) -> None:
    """Write a document as a page to read or print."""
    from visitsafe.followup.document_pages import document_page, document_title
    from visitsafe.state.redaction import without_details

    if document is not None and number is not None:
        raise UsageError("--document or --number, not both", hint="see: visitsafe document list --case CASE")
    with desk_of(context) as desk:
        history = _history(desk, ref, case)
        whole, found = _the_document(history, document, number)
        state = without_details(whole)
        said = next(one for one in state.after.documents if one.id == found.id)
        team, phone = desk.roster.name, desk.roster.settings.desk_phone or ""
        cited = _cited(context)
        page = document_page(state, said, desk.now, zone_of(desk.roster), team, phone, cited)
        if form is PageFormat.HTML:
            page = _html(page, said.body.document, document_title(said.body))
    deliver(out, page)


def _history(desk: "Desk", ref: str | None, case: str) -> "CaseHistory":
    from visitsafe.find import find_case
    from visitsafe.followup.documents import seen_by

    return seen_by(desk, find_case(desk, *_named(ref, case))[1])


def _the_document(
    history: "CaseHistory", document: Document | None, number: int | None
) -> "tuple[PlanState, Event[DocumentedBody]]":
    """The document that is meant.

    Raises:
        NotFoundError: There is none, or several.
    """
    found = history.documents()
    hint = "see: visitsafe document list --case CASE"
    if number is not None:
        found = found[number - 1 : number]
    elif document is not None:
        found = [one for one in found if one[1].body.document == document][-1:]
    if not found:
        raise NotFoundError("there is no such document of this case", hint=hint)
    if len(found) > 1:
        raise NotFoundError(
            f"there are {len(found)} documents of this case", hint=f"add --document or --number; {hint}"
        )
    return found[0]


def _cited(context: typer.Context) -> "tuple[CitedDocument, ...]":
    """The documents that forms cite; a page goes without them rather than not at all."""
    try:
        return tuple(library_of(context).documents().values())
    except VisitsafeError as error:
        say(f"the page does not say which sources are past their review date: {error.message}")
        return ()


def _html(page: str, document: str, title: str) -> str:
    from visitsafe.text.html import FAMILY, html_page

    return html_page(page, title, style=FAMILY if document == Document.AGREEMENT else "")


def _named(ref: str | None, case: str) -> tuple[str, str]:
    """The reference or the case that was named: one of them, and not both.

    Raises:
        UsageError: Neither, or both.
    """
    if bool(ref) == bool(case.strip()):
        raise UsageError("name a plan or a case", hint="a reference such as K7Q2-M9, or: --case CF-1042")
    return ref or "", case.strip()


for each, sentence in HELP.items():
    app.command(each, help=sentence)(takes_a_form(_writes(each)))
app.command("list")(list_documents)
app.command()(show)
