"""What the law may want reported or written down after somebody was hurt at work, and by when (RIDDOR). Pure.

Days are counted from the one on which it happened, which itself does not count. These are pointers for people
who then ask their health and safety lead: nothing here says whether anything has to be reported. The law is
that of Great Britain.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from visitsafe.record.bodies import Finding
from visitsafe.record.kinds import Answer, Level
from visitsafe.text.clock import DAYS, MONTHS

NOT_AT_ALL, UP_TO_THREE, OVER_SEVEN = "not-at-all", "up-to-three", "over-seven"
"""How long somebody is kept from their work, by the choices of the form; whatever else is not known yet."""
MAYBE = frozenset({Answer.YES, Answer.NOT_SURE})
SHOWS_THREE, SHOWS_SEVEN = 4, 8
"""The day on which it shows that it is more than three, or more than seven days."""
AT_ONCE, LATER = 10, 15
"""Days to report in full a death or serious injury; days to report an injury of more than seven days."""
CHECK = "Check with your health and safety lead"


def pointers(
    hurt: str, serious: str, off_work: str, day: date, today: date | None = None
) -> tuple[Finding, ...]:
    """What to look into, worst first; nothing if nobody was hurt.

    Args:
        hurt: Whether anybody was: `yes`, `no` or `not-sure`.
        serious: Whether anybody died or was injured seriously; likewise, or empty where nobody said.
        off_work: How long it keeps somebody from their work; empty where nobody said.
        day: The day on which it happened, where it happened.
        today: The day on which they are shown: a day before it is said to have passed.
    """
    if hurt not in MAYBE:
        return ()
    because = "Anybody hurt: yes" if hurt == Answer.YES else "Anybody hurt: not sure"
    return tuple(_pointers(serious, off_work, day, today or day, because))


def _pointers(serious: str, off_work: str, day: date, today: date, because: str) -> Iterator[Finding]:
    kept = "the injury keeps somebody from their normal work for more than"
    if serious != Answer.NO:
        yield _finding(
            "riddor-at-once",
            "If somebody died or is seriously injured, the law (RIDDOR) may want it reported at once, and in "
            f"full by {_day(day, AT_ONCE, today)}. {CHECK} today.",
            because,
            "Regulation 4(1)",
        )
    if off_work not in {NOT_AT_ALL, OVER_SEVEN}:
        yield _finding(
            "riddor-over-three-days",
            f"If {kept} three days, which shows on {_day(day, SHOWS_THREE, today)}, the law (RIDDOR) may "
            f"want a record of it. {CHECK}.",
            because,
            "Regulation 12",
        )
    if off_work not in {NOT_AT_ALL, UP_TO_THREE}:
        yield _finding(
            "riddor-over-seven-days",
            f"If {kept} seven days, which shows on {_day(day, SHOWS_SEVEN, today)}, the law (RIDDOR) may "
            f"want it reported by {_day(day, LATER, today)}. {CHECK}.",
            because,
            "Regulation 4(2)",
        )


def _finding(rule: str, text: str, because: str, paragraph: str) -> Finding:
    source = f'riddor-2013 "{paragraph}"; visitsafe-default "What an incident asks"'
    return Finding(rule=rule, level=Level.NOTE, text=text, source=source, because=(because,))


def _day(day: date, later: int, today: date) -> str:
    try:
        then = day + timedelta(days=later)
    except OverflowError:
        return "the last day that there is"
    passed = " (that day has passed)" if then < today else ""
    return f"{DAYS[then.weekday()]} {then.day} {MONTHS[then.month - 1]} {then.year}{passed}"
