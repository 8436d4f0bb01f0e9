"""Marking a source as past its review date wherever it is cited, on a page or a screen.

What is signed keeps the plain citation: whether a document has been replaced since is a fact of the day on
which somebody reads it.
"""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Protocol

import msgspec

from visitsafe.record.bodies import PlanBody

MARK = " (past its review date)"


class Reviewed(Protocol):
    """A document that may have a review date, as `2013-01-31`."""

    @property
    def id(self) -> str:
        """What sources name it by."""

    @property
    def review_date(self) -> str | None:
        """The day after which it should have been replaced."""


def past_review(documents: Iterable[Reviewed], today: date) -> frozenset[str]:
    """The ids of the documents that are past their review date."""
    return frozenset(
        document.id
        for document in documents
        if document.review_date and document.review_date < today.isoformat()
    )


def marked(sources: str, past: Collection[str]) -> str:
    """Sources as `cite` writes them, each document that is past its review date with a mark."""
    return "; ".join(f"{one}{MARK if one.split(' ')[0] in past else ''}" for one in sources.split("; "))


def marked_body(body: PlanBody, past: Collection[str]) -> PlanBody:
    """A plan to be shown, with the mark at everything that it cites."""
    if not past:
        return body
    replace = msgspec.structs.replace
    ladder = body.ladder and replace(
        body.ladder, steps=tuple(replace(one, source=marked(one.source, past)) for one in body.ladder.steps)
    )
    return replace(
        body,
        findings=tuple(replace(one, source=marked(one.source, past)) for one in body.findings),
        shown=tuple(replace(one, source=marked(one.source, past)) for one in body.shown),
        sharing=tuple(replace(one, source=marked(one.source, past)) for one in body.sharing),
        ladder=ladder,
    )
