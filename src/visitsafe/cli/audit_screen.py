"""A signed audit at a terminal, and what the record says about its questions; readable at 40 columns."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from visitsafe.cli.output import QUIET, heading, item, put
from visitsafe.supervision.audit_page import (
    ALL_WELL,
    RECORD,
    TITLE,
    WANTING,
    by_section,
    days_of,
    head,
    labels_wanting,
    will_change,
)
from visitsafe.text.clean import one_line

if TYPE_CHECKING:
    from rich.console import Console

    from visitsafe.supervision.auditing import Evidence
    from visitsafe.supervision.audits import Audit

INDENT = 2


def draw(console: "Console", team: str, found: "Audit", zone: tzinfo) -> None:
    """Write an audit, what is not as it should be first."""
    body = found.body
    put(console, (TITLE, "bold"))
    for line in head(team, found.at, found.author.person.name, body, zone):
        put(console, line)
    for remark in body.remarks:
        put(console, (remark, QUIET))
    labels = labels_wanting(body)
    heading(console, WANTING if labels else ALL_WELL)
    for label in labels:
        item(console, one_line(label))
    if change := will_change(body):
        heading(console, one_line(change.label))
        put(console, change.answer)
        for sentence in body.evidence.get(change.id, ()):
            item(console, one_line(sentence))
    for section, asked in by_section(body):
        heading(console, one_line(section))
        for shown in asked:
            put(console, f"{one_line(shown.ask)} ", (one_line(shown.answer) or "not answered", "bold"))
            for sentence in body.evidence.get(shown.id, ()):
                item(console, f"{RECORD}: {one_line(sentence)}", indent=INDENT)


def draw_evidence(console: "Console", found: "Evidence", asked: Sequence[tuple[str, str]]) -> None:
    """Write what the record says.

    Args:
        console: Where.
        found: The evidence.
        asked: The questions: their ids and labels, in order.
    """
    days = days_of(found.period.first.isoformat(), found.period.last.isoformat())
    put(console, (f"What the record says, {days}", "bold"))
    for remark in found.remarks:
        put(console, (remark, QUIET))
    for name, label in asked:
        if said := found.said.get(name, ()):
            heading(console, one_line(label))
            for sentence in said:
                item(console, sentence)
    silent = [one_line(label) for name, label in asked if not found.said.get(name)]
    if found.said and silent:
        heading(console, "Only you can say")
        for label in silent:
            item(console, label)
