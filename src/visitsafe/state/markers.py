"""Warning markers by reference: where one stands, how long ago somebody looked, whether to look again. Pure.

Where a marker stands, never what it says (D14): what can be noted is short, and several sentences are taken
for words about a person. A marker whose review day has passed, or that nobody has looked up for a year, is
out of date: it may be unfair, or miss what has happened since. The year is our default, not law.
"""

import re
from datetime import UTC, date, datetime, time, timedelta

from visitsafe.errors import UsageError
from visitsafe.record.bodies import MarkedBody
from visitsafe.text.clean import clean, one_line
from visitsafe.text.clock import age, date_only

LONGEST = 60
"""Characters of a system's name, and of a reference."""
A_YEAR = timedelta(days=365)
WHERE_ONLY = "where the marker stands, never what it says"
ELSEWHERE = (
    f"note only {WHERE_ONLY}: --system 'case system' --reference 4417; what happened belongs in the "
    "marker's own record, where it can be reviewed and put right, or in: visitsafe incident REF"
)
_NEXT_SENTENCE = re.compile(r"[.!?;]\s+[^\W\d]{2,}\b")
"""The end of a sentence and a word behind it; `Ref. 4417` and `No. A12` are one reference."""


def place_of(flag: str, typed: str) -> str:
    """The name of a system, or a reference in it, on one line.

    Args:
        flag: Behind which it was typed.
        typed: As typed.

    Raises:
        UsageError: It is empty, or longer than the name of a place.
    """
    text = one_line(clean(typed))
    if not text:
        raise UsageError(f"{flag} says nothing", hint=ELSEWHERE)
    if len(text) > LONGEST or len(clean(typed, lines=True).splitlines()) > 1 or _NEXT_SENTENCE.search(text):
        raise UsageError(f"the text behind {flag} says more than where the marker stands", hint=ELSEWHERE)
    return text


def why_out_of_date(body: MarkedBody, today: date) -> str:
    """Why a marker has to be looked up again, in a few words; empty if it need not."""
    review = date.fromisoformat(body.review) if body.found and body.review else None
    if review is not None and review < today:
        return f"its review was due on {date_only(_noon(review), UTC)}"
    if today - date.fromisoformat(body.checked) > A_YEAR:
        return "nobody has looked for more than a year"
    return ""


def marker_says(body: MarkedBody, today: date) -> str:
    """Where a marker stood when somebody looked, how long ago that is, and whether it is out of date."""
    checked = date.fromisoformat(body.checked)
    what = f"Warning marker: {_where(body)}" if body.found else "No warning marker was found"
    review = (
        f"; review due on {date_only(_noon(date.fromisoformat(body.review)), UTC)}"
        if _will_be(body, today)
        else ""
    )
    why = why_out_of_date(body, today)
    doubt = f" OUT OF DATE: {why}. Look again before you set out." if why else ""
    return f"{what}; looked up on {date_only(_noon(checked), UTC)}, {_age(checked, today)}{review}.{doubt}"


def _where(body: MarkedBody) -> str:
    return ", ".join(filter(None, (one_line(body.system), one_line(body.reference))))


def _will_be(body: MarkedBody, today: date) -> bool:
    return body.found and bool(body.review) and date.fromisoformat(body.review) >= today


def _age(checked: date, today: date) -> str:
    return age(_noon(checked), datetime.combine(today, time(12), UTC))


def _noon(day: date) -> str:
    return f"{day}T12:00:00Z"
