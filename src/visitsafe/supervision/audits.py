"""The managers' audits that were signed, and when the next one is due (8.1, 8.2).

They stand in the team's record. What it costs follows that, not the plans.
"""

from datetime import datetime, timedelta
from itertools import islice

from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError
from visitsafe.record.bodies import AuditedBody
from visitsafe.record.entry import body_of
from visitsafe.record.kinds import Kind
from visitsafe.record.refs import is_plan_id
from visitsafe.state.visit import Event
from visitsafe.team.roster import Roster
from visitsafe.text.clock import to_text

A_YEAR = timedelta(days=365)
"""How long an audit holds, and after how long a team is first asked for one. Our default, not law."""
FIRST_ROWS = 1_000
"""How many of the store's first entries are looked at for the first plan: the team's come before."""


def audits(roster: Roster) -> list[Event[AuditedBody]]:
    """The audits that count, in causal order, the newest last."""
    entries = [one for one in roster.counted if one.content.kind == Kind.AUDITED]
    return [
        Event(
            one.id,
            Kind.AUDITED,
            one.content.at,
            roster.known[one.content.by],
            body_of(one.content, AuditedBody),
        )
        for one in entries
    ]


def newest_audit(roster: Roster) -> Event[AuditedBody]:
    """The newest audit.

    Raises:
        NotFoundError: There is none yet.
    """
    found = audits(roster)
    if not found:
        raise NotFoundError("no audit has been signed yet", hint="a manager runs: visitsafe audit")
    return found[-1]


def audit_due(desk: Desk) -> str:
    """Why managers should look at what they owe, in a few words; empty if they need not yet.

    A team that has not been at it for a year is not asked.
    """
    signed = audits(desk.roster)
    if signed:
        old = signed[-1].at < to_text(desk.now - A_YEAR)
        return f"the last time was on {signed[-1].at[:10]}" if old else ""
    return "it has never been done" if _has_old_plans(desk, desk.now - A_YEAR) else ""


def _has_old_plans(desk: Desk, before: datetime) -> bool:
    """Whether the first plan that this store holds was signed before a time."""
    first = (row.at for row in islice(desk.store.scan(), FIRST_ROWS) if is_plan_id(row.stream))
    return next(first, to_text(desk.now)) < to_text(before)
