"""The parts of the staff-supervision page that prove it: who signed what, the sources, how to check.

Every signature named here holds: entries that do not are no part of a plan's state, only of its problems.
"""

from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from typing import Protocol

from visitsafe.record.bodies import DecidedBody, PlanBody, VisitBody
from visitsafe.record.kinds import KINDS
from visitsafe.state.entry_words import reason_of, says
from visitsafe.state.fold import PlanState
from visitsafe.state.phrases import DECISION_WORDS
from visitsafe.state.rules import Judged
from visitsafe.supervision.page_sections import Prompt, bullets
from visitsafe.text.clean import markdown, markdown_line
from visitsafe.text.clock import MONTHS, exactly, moment, to_text


class Cited(Protocol):
    """A document that checklists cite; dates as `2013-01-31`."""

    @property
    def id(self) -> str:
        """What sources name it by."""

    @property
    def title(self) -> str:
        """Its title."""

    @property
    def issuer(self) -> str:
        """Who issued it."""

    @property
    def identifier(self) -> str | None:
        """The issuer's own number for it."""

    @property
    def issued(self) -> str:
        """When, to the month or the day."""

    @property
    def review_date(self) -> str | None:
        """The day after which it should have been replaced."""


def record(state: PlanState, verification: Sequence[str]) -> list[str]:
    """Who signed what, when, with which key, and whether it counts."""
    blocks = [
        "## Who signed what",
        "Each signature was checked when this page was made. Times are what the signer's own clock said.",
        bullets(_signed(state, judged) for judged in state.judged),
    ]
    if verification:
        blocks += ["What else was checked:", bullets(markdown(sentence, "  ") for sentence in verification)]
    return blocks


def _signed(state: PlanState, judged: Judged) -> str:
    content = judged.entry.content
    email = f" ({markdown_line(judged.author.person.email)})" if judged.author else ""
    row, unknown = KINDS.get(content.kind), "(a kind this visitsafe does not know)"
    kind = row.heading if row else f"{markdown_line(content.kind)} {unknown}"
    if isinstance(judged.body, DecidedBody):
        kind = DECISION_WORDS[judged.body.decision]
    by = ", signed by" if isinstance(judged.body, VisitBody) else " by"  # who signed need not be who went
    lines = [
        f"{kind}{by} {markdown_line(judged.name)}{email}, {exactly(content.at)}",
        *([f"Says: {markdown_line(said)}"] if (said := says(judged, state)) else []),
        *([f"Reason: {markdown_line(reason)}"] if (reason := reason_of(judged)) else []),
        *([f"**Does not count:** {markdown_line(judged.why_not)}"] if judged.why_not else []),
        *([f"**In doubt:** {markdown_line(judged.doubt)}"] if judged.doubt and not judged.why_not else []),
        f"Signature good, key {markdown_line(content.by)}",
        f"Entry {judged.entry.id}",
    ]
    return "\\\n  ".join(lines)


def sources(
    body: PlanBody, prompts: Sequence[Prompt], documents: Sequence[Cited], now: datetime
) -> list[str]:
    """The documents that this page cites, and which of them are past their review date."""
    texts = [
        *(finding.source for finding in body.findings),
        *(shown.source for shown in body.shown),
        *(duty.source for duty in body.sharing),
        *(rung.source for rung in (body.ladder.steps if body.ladder else ())),
        *(prompt.source for prompt in prompts),
    ]
    return cited_documents(texts, documents, now)


def cited_documents(texts: Sequence[str], documents: Sequence[Cited], now: datetime) -> list[str]:
    """Those of the documents that any of these texts cites."""
    used = [document for document in documents if any(document.id in text for text in texts)]
    return ["## Sources", bullets(_document(document, now.date()) for document in used)] if used else []


def _document(document: Cited, today: date) -> str:
    parts = [document.issuer, document.identifier or "", f"issued {_calendar(document.issued)}"]
    line = f"{markdown_line(document.id)}: {markdown_line(document.title)}. "
    line += markdown_line(", ".join(part for part in parts if part)) + "."
    if document.review_date and document.review_date < today.isoformat():
        line += f" **Past its review date ({_calendar(document.review_date)}): look for a newer one.**"
    return line


def _calendar(text: str) -> str:
    """`2013-01-31` as `31 January 2013`, `2011-01` as `January 2011`."""
    year, month, *rest = text.split("-")
    return " ".join([*(str(int(number)) for number in rest), MONTHS[int(month) - 1], year])


def how_to_check(state: PlanState, now: datetime, zone: tzinfo, *, include_details: bool) -> list[str]:
    """How anyone can verify, and what this page leaves out."""
    details = "The address is left out."
    if include_details:
        details = "It names the address." if state.body.visit.address.strip() else "No address was given."
    made = f"Made {moment(to_text(now), zone)}. Plan {state.plan}. Local times: {markdown_line(str(zone))}."
    return [
        "## How anyone can check this",
        "A page can be altered after it was made; the signed entries behind it cannot. To check them:",
        f"    visitsafe verify {state.ref}",
        "Without visitsafe, ask for the bundle; its README says how ssh-keygen checks every entry:",
        f"    visitsafe export {state.ref} --format bundle",
        f"{made} {details}",
    ]
