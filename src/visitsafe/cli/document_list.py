"""`visitsafe document list` and `show`: what there is of a case, what is late, and a page of each."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import deliver, result, result_json, say
from visitsafe.errors import NotFoundError, UsageError, VisitsafeError
from visitsafe.opening import desk_of, library_of, zone_of

if TYPE_CHECKING:
    from visitsafe.desk import Desk
    from visitsafe.record.bodies import DocumentedBody
    from visitsafe.state.duties import CaseHistory
    from visitsafe.state.fold import PlanState
    from visitsafe.state.visit import Event
    from visitsafe.supervision.page_record import Cited


class Form(StrEnum):
    """What a page is written as."""

    MD = "md"
    HTML = "html"


class Which(StrEnum):
    """The documents, as `terms.Document`."""

    AGREEMENT = "agreement"
    RISK_REDUCTION = "risk-reduction"
    SUPERVISION = "supervision"
    MEETING = "meeting"
    TELLING = "telling"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("list")(list_documents)
    app.command("show")(show)


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
    document: Annotated[Which | None, typer.Option(help="The newest of this kind.")] = None,
    number: Annotated[int | None, typer.Option(help="Its number in: document list.", min=1)] = None,
    form: Annotated[Form, typer.Option("--format", help="md, or html to print.")] = Form.MD,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write to this new file; - for standard output.")
    ] = None,
) -> None:
    """Write a document as a page to read or print."""
    from visitsafe.followup.document_pages import document_page, document_title
    from visitsafe.supervision.shapes import without_details

    if document is not None and number is not None:
        raise UsageError("--document or --number, not both", hint="see: visitsafe document list --case CASE")
    with desk_of(context) as desk:
        history = _history(desk, ref, case)
        whole, found = _one(history, document, number)
        state = without_details(whole)
        said = next(one for one in state.after.documents if one.id == found.id)
        team, phone = desk.roster.name, desk.roster.settings.desk_phone or ""
        cited = _cited(context)
        page = document_page(state, said, desk.now, zone_of(desk.roster), team, phone, cited)
        if form is Form.HTML:
            page = _html(page, said.body.document, document_title(said.body))
    deliver(out, page)


def _history(desk: "Desk", ref: str | None, case: str) -> "CaseHistory":
    from visitsafe.cli.documents import which
    from visitsafe.followup.documents import find_plan, seen_history

    named, case = which(ref, case)
    return seen_history(desk, find_plan(desk, named, case).body.visit.case if named else case)


def _one(
    history: "CaseHistory", document: Which | None, number: int | None
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
        found = [one for one in found if one[1].body.document == document.value][-1:]
    if not found:
        raise NotFoundError("there is no such document of this case", hint=hint)
    if len(found) > 1:
        raise NotFoundError(
            f"there are {len(found)} documents of this case", hint=f"add --document or --number; {hint}"
        )
    return found[0]


def _cited(context: typer.Context) -> "tuple[Cited, ...]":
    """The documents that forms cite; a page goes without them rather than not at all."""
    try:
        return tuple(library_of(context).documents().values())
    except VisitsafeError as error:
        say(f"the page does not say which sources are past their review date: {error.message}")
        return ()


def _html(page: str, document: str, title: str) -> str:
    from visitsafe.text.html import FAMILY, html_page

    return html_page(page, title, style=FAMILY if document == Which.AGREEMENT else "")
