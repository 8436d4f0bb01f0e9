"""What an entry says that removes others: which, by which rule and why (docs/adr/0019). Pure.

Structs, as in `plan`. It is kept for good, with everything in it: no word of it may be about the person
visited. What is added later is optional here.
"""

from visitsafe.record.plan import Body

KEEP_DAYS, KEEP_DAYS_INCIDENT = "keep_days", "keep_days_incident"
"""The rules: the team's settings by which the time has come."""
ERASURE = "erasure"
"""Not by a time, but because somebody asked for it, or by a court's order."""
MOST_REMOVED = 2000
"""The most entries that one entry removes, so that it stays well below the size of any entry."""


class Gone(Body, frozen=True, kw_only=True):
    """What stays of an entry whose content is removed: as in the store's columns, and in the entry."""

    id: str
    kind: str
    at: str
    by: str


class PurgedBody(Body, frozen=True, kw_only=True):
    """The body of `purged`, in the stream of the plan whose entries it removes.

    Attributes:
        rule: `keep_days`, `keep_days_incident` or `erasure`.
        reason: Why, in words.
        days: For a rule of days: how many the case was kept.
        since: For a rule of days: when they began, UTC text: the time due back of the case's last visit, or
            the newest entry about the case, if that is later.
        start: When the visit was to start, UTC text; empty if that is not known any more.
        due_back: The same for its end.
        removed: The entries whose content is removed.
    """

    rule: str
    reason: str
    days: int = 0
    since: str = ""
    start: str = ""
    due_back: str = ""
    removed: tuple[Gone, ...]
