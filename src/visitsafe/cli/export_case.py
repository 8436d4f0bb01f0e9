"""`visitsafe export --case`: the supervision pack of a case, and the prompts that its record suggests."""

from typing import TYPE_CHECKING

import typer

from visitsafe.cli.output import say
from visitsafe.errors import NotFoundError, VisitsafeError
from visitsafe.opening import library_of, zone_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from visitsafe.checklists.model import Pattern, SupervisionPrompt
    from visitsafe.desk import Desk
    from visitsafe.state.duties import CaseHistory
    from visitsafe.supervision.page_record import Cited
    from visitsafe.supervision.page_sections import Prompt

SUPERVISION = "supervision"
"""The id of the prompts; an agency may put its own in their place."""
MOST_BESIDE = 5
"""How many prompts of the case stand beside those of the review checklist on the page of one plan."""


def case_as_seen(desk: "Desk", case: str) -> "CaseHistory":
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


def case_content(
    context: typer.Context, desk: "Desk", case: str, form: str, *, include_details: bool
) -> bytes:
    """The pack as markdown, html or json.

    Raises:
        NotFoundError: The store has no plan for this case that can be read.
    """
    from visitsafe.supervision.patterns import patterns_in

    history, zone = case_as_seen(desk, case), zone_of(desk.roster)
    if not history.plans:
        raise _none(history, case)
    patterns = patterns_in(history, desk.now, zone)
    prompts, documents = _prompts(context, patterns)
    if form == "json":
        import json

        from visitsafe.supervision.pack import case_shape
        from visitsafe.text.clean import json_text

        shape = case_shape(history, patterns, prompts, desk.now, zone, include_details=include_details)
        return (json_text(json.dumps(shape, indent=2, ensure_ascii=False)) + "\n").encode()
    from visitsafe.supervision.pack import case_page

    page = case_page(history, patterns, prompts, documents, desk.now, zone, include_details=include_details)
    if form == "html":
        from visitsafe.text.html import html_page

        return html_page(page, f"Staff supervision: case {history.case}").encode()
    return page.encode()


def prompts_beside(context: typer.Context, desk: "Desk", case: str) -> "list[Prompt]":
    """The few prompts that the record of a case suggests, for the page of one of its plans."""
    from visitsafe.supervision.patterns import patterns_in, specific

    if not case.strip():
        return []
    history = case_as_seen(desk, case)
    patterns = patterns_in(history, desk.now, zone_of(desk.roster))
    return _cited(specific(_of_library(context), patterns, MOST_BESIDE))


def _prompts(
    context: typer.Context, patterns: "Collection[Pattern]"
) -> "tuple[list[Prompt], Sequence[Cited]]":
    from visitsafe.supervision.patterns import chosen

    prompts = _cited(chosen(_of_library(context), patterns))
    try:
        return prompts, tuple(library_of(context).documents().values())
    except VisitsafeError as error:
        say(f"the page goes without sources: {error}")
        return prompts, ()


def _of_library(context: typer.Context) -> "Sequence[SupervisionPrompt]":
    try:
        return library_of(context).supervision(SUPERVISION).prompts
    except VisitsafeError as error:
        say(f"the page goes without the prompts of its case: {error}")
        return ()


def _cited(prompts: "Sequence[SupervisionPrompt]") -> "list[Prompt]":
    from visitsafe.checklists.questionnaire import cite
    from visitsafe.supervision.page_sections import Prompt

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
