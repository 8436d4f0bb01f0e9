"""`visitsafe export`: a plan's page, or a record in one file to be checked or taken in elsewhere."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visitsafe.cli.output import deliver, say
from visitsafe.errors import UsageError, VisitsafeError
from visitsafe.opening import desk_of, library_of, zone_of
from visitsafe.text.clean import json_text

if TYPE_CHECKING:
    from visitsafe.desk import Desk
    from visitsafe.state.fold import PlanState
    from visitsafe.state.removed import RemovedError


class Format(StrEnum):
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
        Format | None,
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
        if case is not None:
            from visitsafe.cli.export_case import case_content

            content = case_content(context, desk, case, form or Format.MD, include_details=include_details)
            deliver(out, content.decode())
            return
        if ref is None or form is Format.BUNDLE:
            plans = [desk.resolve(ref)] if ref else desk.store.find("") if every else []
            _write_bundle(desk, plans, out, "all" if every else "team")
            return
        try:
            state = hides_duress(desk.plan(desk.resolve(ref)), desk.me, desk.now)
            content = _exported(context, desk, state, form or Format.MD, include_details=include_details)
        except RemovedError as error:
            content = _removed(desk, error, form or Format.MD)
    deliver(out, content.decode())


def _refuse_unclear(named: tuple[bool, bool, bool, bool], form: Format | None) -> None:
    """Refuse what names nothing to export, or several things, or has no such form."""
    if sum(named) != 1:
        raise UsageError(
            "say what to export: a plan's reference, or --case, or --team, or --all",
            "see: visitsafe list --all",
        )
    ref, case, _, _ = named
    if case and form not in {None, Format.MD, Format.HTML, Format.JSON}:
        raise UsageError("a case is exported as md, html or json", "for a bundle, name one of its plans")
    if not (ref or case) and form not in {None, Format.BUNDLE}:
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


def _exported(
    context: typer.Context, desk: "Desk", state: "PlanState", form: Format, *, include_details: bool
) -> bytes:
    if form is Format.JSON:
        import json

        from visitsafe.supervision.shapes import plan_shape

        shape = plan_shape(state, desk.now, include_details=include_details)
        return (json_text(json.dumps(shape, indent=2, ensure_ascii=False)) + "\n").encode()
    if form is Format.ICS:
        from visitsafe.exchange.export import calendar

        return calendar(state, desk.now)
    if form is Format.CARD:
        return _card(desk, state, include_details=include_details)
    page = _page(context, desk, state, include_details=include_details)
    if form is Format.HTML:
        from visitsafe.text.html import html_page

        return html_page(page, f"Visit plan {state.ref}").encode()
    return page.encode()


def _removed(desk: "Desk", error: "RemovedError", form: Format) -> bytes:
    """What stays of a plan whose content was removed: a page or JSON; the other forms need a visit."""
    from visitsafe.supervision.shapes import removed_markdown, removed_shape

    if form is Format.JSON:
        import json

        shape = removed_shape(error.removed, desk.roster.known)
        return (json_text(json.dumps(shape, indent=2, ensure_ascii=False)) + "\n").encode()
    page = removed_markdown(error.removed, desk.roster.known)
    if form is Format.HTML:
        from visitsafe.text.html import html_page

        return html_page(page, f"Visit plan {error.removed.ref}").encode()
    if form is Format.MD:
        return page.encode()
    raise error


def _card(desk: "Desk", state: "PlanState", *, include_details: bool) -> bytes:
    from visitsafe.visits.desk_card import card_page, desk_card

    phone, team = desk.roster.settings.desk_phone or "", desk.roster.name
    card = desk_card(state, desk.now, zone_of(desk.roster), team, phone, include_details=include_details)
    return card_page(card).encode()


def _page(context: typer.Context, desk: "Desk", state: "PlanState", *, include_details: bool) -> str:
    from visitsafe.checklists.questionnaire import cite
    from visitsafe.cli.export_case import prompts_beside
    from visitsafe.cli.review_screen import known_now
    from visitsafe.supervision.page import supervision_page
    from visitsafe.supervision.page_sections import Prompt

    try:
        library = library_of(context)
        review = library.checklist_set(state.body.checklists[0].id).review
        documents = tuple(library.documents().values())
        prompts = [Prompt(item.text, cite(item.source)) for item in review.prompts] if review else []
    except (VisitsafeError, IndexError) as error:
        say(f"the page goes without supervision prompts and sources: {error}")
        documents, prompts = (), []
    prompts = [*prompts_beside(context, desk, state.body.visit.case), *prompts]
    zone = zone_of(desk.roster)
    facts = known_now(desk, state, zone).facts
    return supervision_page(
        state, desk.now, zone, prompts, documents, include_details=include_details, facts=facts
    )
