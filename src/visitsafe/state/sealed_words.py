"""The words in which sealed tracing details are spoken of, without knowing what they say. Pure, unescaped."""

from collections.abc import Iterable
from datetime import datetime

from visitsafe.record.bodies import OpenedBody, ResealedBody
from visitsafe.state.rules import Judged
from visitsafe.state.sealed import SealedDetails, names
from visitsafe.team.details import is_old
from visitsafe.text.clock import age, exactly


def sealed_words(sealed: SealedDetails, now: datetime) -> str:
    """`sealed to Mo Adeyemi, Nia Price; looked over 12 days ago`."""
    openers, others = names(sealed.openers), names(sealed.others)
    to = f"sealed to {openers}" if openers else "sealed, and no manager or duty officer of now can open them"
    said = [
        to + (" (in an earlier version)" if sealed.earlier else ""),
        f"looked over {age(sealed.given, now)}" + (": past their date" * is_old(sealed.valid_until, now)),
        *([f"not sealed to {others}"] if others else []),
    ]
    return "; ".join(said)


def reason_of(judged: Judged) -> str:
    """Why tracing details were opened or sealed again; empty for any other entry."""
    return judged.body.reason if isinstance(judged.body, OpenedBody | ResealedBody) else ""


def opened_words(judged: Iterable[Judged]) -> list[str]:
    """A line for each opening that counts: who, when, why."""
    return [
        f"Opened by {one.name}, {exactly(one.entry.content.at)}: {one.body.reason}"
        for one in judged
        if isinstance(one.body, OpenedBody) and not one.why_not
    ]
