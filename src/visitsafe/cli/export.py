"""`visitsafe export`: a plan's page, the supervision pack of a case, or a record to be checked elsewhere."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import deliver, say
from visitsafe.errors import NotFoundError, UsageError, VisitsafeError
from visitsafe.opening import desk_of, library_of, zone_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from visitsafe.checklists.model import CitedDocument, OrderedStep, SupervisionPrompt
    from visitsafe.desk import Desk
    from visitsafe.state.duties import CaseHistory
    from visitsafe.state.fold import PlanState
    from visitsafe.state.removed import RemovedError
    from visitsafe.supervision.page import Prompt

SUPERVISION = "supervision"
"""The id of the prompts; an agency may put its own in their place."""
MOST_BESIDE = 5
"""How many prompts of the case stand beside those of the review checklist on the page of one plan."""


class ExportFormat(StrEnum):
    """What a plan is exported as."""

    MD = "md"
    HTML = "html"
    JSON = "json"
    BUNDLE = "bundle"
    ICS = "ics"
    CARD = "card"


def export(
    context: typer.Context,
    ref: Annotated[str | None, typer.Argument(help="The plan's reference.")] = None,
    form: Annotated[
        ExportFormat | None,
        typer.Option(
            "--format", help="md (the page), html, json, bundle, ics (calendar) or card (the desk's page)."
        ),
    ] = None,
    case: Annotated[
        str | None,
        typer.Option(
            help="The supervision pack of this case: its visits, patterns, prompts; md, html or json."
        ),
    ] = None,
    team: Annotated[bool, typer.Option("--team", help="The team's record alone, for a new member.")] = False,
    every: Annotated[bool, typer.Option("--all", help="The team's record and every plan.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write to this new file; - for standard output.")
    ] = None,
    include_details: Annotated[
        bool, typer.Option("--include-details", help="With the address and other personal details.")
    ] = False,
) -> None:
    """Export a plan's page, the supervision pack of a case, or a bundle that OpenSSH alone can check."""
    from visitsafe.state.duress_redaction import hides_duress
    from visitsafe.state.removed import RemovedError

    _refuse_unclear((ref is not None, case is not None, team, every), form)
    with desk_of(context) as desk:
        if case is None and (ref is None or form is ExportFormat.BUNDLE):
            plans = [desk.resolve(ref)] if ref else desk.store.find("") if every else []
            _write_bundle(desk, plans, out, "all" if every else "team")
            return
        form = form or ExportFormat.MD
        try:
            if case is not None:
                text = _case(context, desk, case, form, include_details=include_details)
            else:
                state = hides_duress(desk.plan(desk.resolve(ref or "")), desk.me, desk.now)
                text = _plan(context, desk, state, form, include_details=include_details)
        except RemovedError as error:
            text = _removed(desk, error, form)
    deliver(out, text)


def _refuse_unclear(named: tuple[bool, bool, bool, bool], form: ExportFormat | None) -> None:
    """Refuse what names nothing to export, or several things, or has no such form."""
    if sum(named) != 1:
        raise UsageError(
            "say what to export: a plan's reference, or --case, or --team, or --all",
            "see: visitsafe list --all",
        )
    ref, case, _, _ = named
    if case and form not in {None, ExportFormat.MD, ExportFormat.HTML, ExportFormat.JSON}:
        raise UsageError("a case is exported as md, html or json", "for a bundle, name one of its plans")
    if not (ref or case) and form not in {None, ExportFormat.BUNDLE}:
        raise UsageError("--team and --all are exported as a bundle", "leave --format out")


def _write_bundle(desk: "Desk", plans: list[str], out: Path | None, name: str) -> None:
    from visitsafe.exchange.bundle import bundle
    from visitsafe.record.refs import reference
    from visitsafe.text.files import zipped

    if len(plans) == 1 and name != "all":
        name = reference(plans[0])
    made = bundle(desk, plans)
    out = out or Path(f"visitsafe-{name}.zip")
    deliver(out, zipped(made.files), f"; whoever gets it takes it in with: visitsafe import {out.name}")
    for sentence in made.left_out:
        say(f"left out: {sentence}")
    if plans:
        say("it holds everything that was signed, personal details too: keep it as you keep the case file")


def _written(form: ExportFormat, title: str, page: "Callable[[], str]", shape: "Callable[[], Any]") -> str:
    """A page as markdown or HTML, or the same as JSON."""
    if form is ExportFormat.JSON:
        import json

        from visitsafe.text.clean import json_text

        return json_text(json.dumps(shape(), indent=2, ensure_ascii=False)) + "\n"
    if form is ExportFormat.HTML:
        from visitsafe.text.html import html_page

        return html_page(page(), title)
    return page()


def _plan(
    context: typer.Context, desk: "Desk", state: "PlanState", form: ExportFormat, *, include_details: bool
) -> str:
    if form is ExportFormat.ICS:
        from visitsafe.exchange.export import calendar

        return calendar(state, desk.now).decode()
    if form is ExportFormat.CARD:
        from visitsafe.visits.desk_card import card_page, desk_card

        phone, team = desk.roster.settings.desk_phone or "", desk.roster.name
        zone = zone_of(desk.roster)
        return card_page(desk_card(state, desk.now, zone, team, phone, include_details=include_details))
    from visitsafe.supervision.shapes import plan_shape

    return _written(
        form,
        f"Visit plan {state.ref}",
        lambda: _page(context, desk, state, include_details=include_details),
        lambda: plan_shape(state, desk.now, include_details=include_details),
    )


def _removed(desk: "Desk", error: "RemovedError", form: ExportFormat) -> str:
    """What stays of a plan whose content was removed: a page or JSON; the other forms need a visit."""
    from visitsafe.supervision.shapes import removed_markdown, removed_shape

    if form not in {ExportFormat.MD, ExportFormat.HTML, ExportFormat.JSON}:
        raise error
    removed, people = error.removed, desk.roster.known
    return _written(
        form,
        f"Visit plan {removed.ref}",
        lambda: removed_markdown(removed, people),
        lambda: removed_shape(removed, people),
    )


def _page(context: typer.Context, desk: "Desk", state: "PlanState", *, include_details: bool) -> str:
    from visitsafe.cli.review_screen import known_now
    from visitsafe.supervision.page import supervision_page
    from visitsafe.supervision.patterns import patterns_in, specific

    zone = zone_of(desk.roster)
    try:
        library = library_of(context)
        review = library.checklist_set(state.body.checklists[0].id).review
        documents = tuple(library.documents().values())
        prompts = _prompts(review.prompts) if review else []
    except (VisitsafeError, IndexError) as error:
        say(f"the page goes without supervision prompts and sources: {error}")
        documents, prompts = (), []
    if state.body.visit.case.strip():
        patterns = patterns_in(_history(desk, state.body.visit.case), desk.now, zone)
        beside = specific(_of_the_case(context), patterns, MOST_BESIDE)
        prompts = [*_prompts(beside), *prompts]
    facts = known_now(desk, state, zone).facts
    return supervision_page(
        state, desk.now, zone, prompts, documents, include_details=include_details, facts=facts
    )


def _case(
    context: typer.Context, desk: "Desk", case: str, form: ExportFormat, *, include_details: bool
) -> str:
    """The supervision pack of a case.

    Raises:
        NotFoundError: The store has no plan for this case that can be read.
    """
    from visitsafe.supervision.pack import case_page, case_shape
    from visitsafe.supervision.patterns import chosen, patterns_in

    history, zone = _history(desk, case), zone_of(desk.roster)
    if not history.plans:
        raise _none(history, case)
    patterns = patterns_in(history, desk.now, zone)
    prompts = _prompts(chosen(_of_the_case(context), patterns))
    documents = _documents(context)
    details = include_details
    return _written(
        form,
        f"Staff supervision: case {history.case}",
        lambda: case_page(history, patterns, prompts, documents, desk.now, zone, include_details=details),
        lambda: case_shape(history, patterns, prompts, desk.now, zone, include_details=details),
    )


def _history(desk: "Desk", case: str) -> "CaseHistory":
    """A case in every spelling, as whoever asks may see it; with no plans if there are none.

    Args:
        desk: Who asks.
        case: Its reference, in whatever capitals.
    """
    from msgspec.structs import replace

    from visitsafe.find import case_history
    from visitsafe.state.duress_redaction import hides_duress

    history = case_history(desk, case)
    return replace(history, plans=tuple(hides_duress(state, desk.me, desk.now) for state in history.plans))


def _of_the_case(context: typer.Context) -> "Sequence[SupervisionPrompt]":
    try:
        return library_of(context).supervision(SUPERVISION).prompts
    except VisitsafeError as error:
        say(f"the page goes without the prompts of its case: {error}")
        return ()


def _documents(context: typer.Context) -> "tuple[CitedDocument, ...]":
    try:
        return tuple(library_of(context).documents().values())
    except VisitsafeError as error:
        say(f"the page goes without sources: {error}")
        return ()


def _prompts(prompts: "Iterable[OrderedStep | SupervisionPrompt]") -> "list[Prompt]":
    from visitsafe.checklists.questionnaire import cite
    from visitsafe.supervision.page import Prompt

    return [Prompt(one.text, cite(one.source)) for one in prompts]


def _none(history: "CaseHistory", case: str) -> NotFoundError:
    if history.removed:
        return NotFoundError(
            f"what was recorded about the case {case[:60]!r} was removed by rule",
            hint="what stays of it: visitsafe list --all",
        )
    return NotFoundError(
        f"no plan in this store is for the case {case[:60]!r}", hint="see: visitsafe list --all"
    )
