"""A signed audit as sections, as a markdown page and as JSON. Pure.

What was asked, answered and counted stands in the entry as it was shown; nothing is counted again.
"""

from collections.abc import Iterator
from datetime import UTC, tzinfo
from typing import Any

from visitsafe.record.bodies import AuditedBody, Shown
from visitsafe.record.meanings import Meaning
from visitsafe.text.blocks import (
    Block,
    Bullets,
    Heading,
    Quiet,
    Quote,
    RuledLine,
    Say,
    Strong,
    as_markdown,
    sourced,
    titled,
)
from visitsafe.text.clean import members, one_line, plain
from visitsafe.text.clock import date_only, is_day

TITLE = "What managers owe: the yearly look"
WANTING = "Not as it should be, or not sure"
RECORD = "From the record"
ALL_WELL = "Every question was answered as it should be."


def days_of(first: str, last: str) -> str:
    """`24 November 2025 to 23 November 2026`; empty if the entry names no days."""
    if not (is_day(first) and is_day(last)):
        return ""
    return f"{date_only(f'{first}T12:00:00Z', UTC)} to {date_only(f'{last}T12:00:00Z', UTC)}"


def labels_wanting(body: AuditedBody) -> list[str]:
    """The labels of the questions of which the answer is the unsafe one."""
    return [shown.label for shown in body.shown if shown.id in body.wanting]


def by_section(body: AuditedBody) -> Iterator[tuple[str, list[Shown]]]:
    """The questions below their headings, in the order asked; without what goes before them all."""
    sections: dict[str, list[Shown]] = {}
    for shown in body.shown:
        if shown.id != Meaning.WILL_CHANGE:
            sections.setdefault(shown.section, []).append(shown)
    yield from sections.items()


def will_change(body: AuditedBody) -> Shown | None:
    """What is to change: it comes before all questions; None if the form did not ask it."""
    return next((shown for shown in body.shown if shown.id == Meaning.WILL_CHANGE), None)


def was_written(shown: Shown, body: AuditedBody) -> bool:
    """Whether an answer is in somebody's own words."""
    value = body.answers.get(shown.id, "")
    return isinstance(value, str) and one_line(value) == one_line(shown.answer) and " " in value.strip()


def head(team: str, at: str, by: str, body: AuditedBody, zone: tzinfo) -> tuple[str, str]:
    """Whose audit it is and who signed it when, and which days the record was asked about."""
    days = days_of(body.first, body.last)
    about = f" What the record says is about {days}." if days else ""
    return (
        f"{one_line(team)}. Signed by {one_line(by)} on {date_only(at, zone)}.",
        f"For the team.{about}",
    )


def audit_markdown(team: str, entry: str, at: str, by: str, body: AuditedBody, zone: tzinfo) -> str:
    """The page.

    Args:
        team: The team's name.
        entry: The id of the signed entry.
        at: When it was signed, UTC text.
        by: Who signed it, by name.
        body: What was signed.
        zone: Whose days.
    """
    blocks = [
        Heading(TITLE, 1),
        Say(" ".join(head(team, at, by, body, zone))),
        *map(Say, body.remarks),
        *_summary(body),
    ]
    for section, asked in by_section(body):
        blocks += [Heading(section), *(block for shown in asked for block in _question(shown, body))]
    signed = f"Signed entry {entry} of the team's record; to check it: visitsafe verify"
    return as_markdown([*blocks, RuledLine(), Say(Quiet(signed))])


def _summary(body: AuditedBody) -> Iterator[Block]:
    yield from titled(WANTING, labels_wanting(body)) or [Say(ALL_WELL)]
    if change := will_change(body):
        yield Heading(change.label)
        yield Quote(change.answer)
        yield Bullets(body.evidence.get(change.id, ()))


def _question(shown: Shown, body: AuditedBody) -> Iterator[Block]:
    yield Heading(shown.label, 3)
    if was_written(shown, body):
        yield Say(shown.ask)
        yield Quote(shown.answer)
    else:
        yield Say([f"{shown.ask} ", Strong(one_line(shown.answer) or "not answered")])
    if said := body.evidence.get(shown.id, ()):
        yield Say(f"{RECORD}:")
        yield Bullets(said)
    yield Say(sourced(shown.source))


def audit_shape(entry: str, at: str, by: str, body: AuditedBody) -> dict[str, Any]:
    """What `audit --show --json` prints (docs/json.md)."""
    return {
        "entry": entry,
        "at": at,
        "by": by,
        "from": body.first,
        "to": body.last,
        "form": members(body.form, "id version"),
        "remarks": list(body.remarks),
        "wanting": list(body.wanting),
        "questions": [
            {
                **members(shown, "id section label ask"),
                "value": plain(body.answers.get(shown.id, "")),
                "answer": shown.answer,
                "evidence": list(body.evidence.get(shown.id, ())),
                "source": shown.source,
            }
            for shown in body.shown
        ],
        "findings": [plain(members(one, "rule level text source")) for one in body.findings],
    }
