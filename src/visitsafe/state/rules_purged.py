"""Whether an entry counts that removes the content of others (docs/adr/0019). Pure.

By the team's rule any manager or admin may; a shorter time counts only a week after it was agreed on, so that
nobody changes it and removes everything in one go. Before its time, as an erasure, nobody may remove a plan
of their own. It is judged by what stays: the kinds, times and signers of what is removed, and the team's
record. So it is the same before and after.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from visitsafe.errors import VerificationError
from visitsafe.record.bodies import (
    ERASURE,
    KEEP_DAYS,
    KEEP_DAYS_INCIDENT,
    MOST_REMOVED,
    AgreedBody,
    PurgedBody,
)
from visitsafe.record.entry import Content
from visitsafe.record.terms import PURGERS, Kind
from visitsafe.team.people import Member
from visitsafe.team.people import people as as_people
from visitsafe.team.roster import is_self
from visitsafe.text.clock import from_text, to_text

_VERSIONS = frozenset({Kind.PLANNED, Kind.REVISED})
_CLOCKS_APART = timedelta(minutes=10)
WAITING = timedelta(days=7)
"""How long ago a shorter time must have been agreed on before anything goes by it."""


def days_in_force(agreements: Sequence[tuple[str, AgreedBody]], at: str) -> AgreedBody:
    """The days by which records may be removed at a time: the longest that were agreed on in the week before.

    Args:
        agreements: As in `Roster.agreements`.
        at: UTC text.

    Returns:
        With the days alone; none where at some time in that week none were agreed on.
    """
    try:
        since = to_text(from_text(at) - WAITING)
    except (VerificationError, OverflowError):
        since = ""
    first = max((place for place, (then, _) in enumerate(agreements) if then <= since), default=0)
    stood = [agreed for _, agreed in agreements[first:]]
    plain, incident = (_longest(stood, rule) for rule in (KEEP_DAYS, KEEP_DAYS_INCIDENT))
    return AgreedBody(keep_days=plain or None, keep_days_incident=incident or None)


def _longest(stood: Iterable[AgreedBody], rule: str) -> int:
    days = [agreed_days(agreed, rule) for agreed in stood]
    return max(days) if all(days) else 0


def agreed_days(agreed: AgreedBody, rule: str) -> int:
    """For how many days a rule keeps a case; 0 if the team has agreed on none."""
    plain = max(agreed.keep_days or 0, 0)
    return plain if rule == KEEP_DAYS else max(plain, agreed.keep_days_incident or 0)


def why_not_purged(
    content: Content,
    author: Member,
    body: PurgedBody,
    agreements: Sequence[tuple[str, AgreedBody]],
    people: Iterable[Member],
) -> str:
    """Why such an entry does not count; empty if it does.

    Args:
        content: The entry.
        author: Who made it, as they were then.
        body: What it says.
        agreements: What the team had agreed on, as its author knew it.
        people: Everybody whom the team ever knew, for who is who.
    """
    if not author.roles & PURGERS:
        return "its author was not a manager or admin when it was made"
    if wrong := _why_not_the_words(body):
        return wrong
    if body.rule == ERASURE:
        return _why_not_erased(author, body, people)
    if body.rule not in {KEEP_DAYS, KEEP_DAYS_INCIDENT}:
        return f"this visitsafe does not know the rule {body.rule[:40]!r}"
    return _why_not_in_time(content, body, agreed_days(days_in_force(agreements, content.at), body.rule))


def _why_not_the_words(body: PurgedBody) -> str:
    ids = {gone.id for gone in body.removed}
    if not body.reason.strip():
        return "it gives no reason"
    if not ids or len(ids) != len(body.removed) or len(ids) > MOST_REMOVED:
        return "it names no entries, or one twice, or too many"
    if any(gone.kind == Kind.PURGED for gone in body.removed):
        return "what says that something was removed is never removed"
    return ""


def _why_not_erased(author: Member, body: PurgedBody, people: Iterable[Member]) -> str:
    people = as_people(people)
    planners = {gone.by for gone in body.removed if gone.kind in _VERSIONS}
    mine = any(is_self(author, member, people) for member in people if member.fingerprint in planners)
    return "nobody erases a plan of their own" if mine else ""


def _why_not_in_time(content: Content, body: PurgedBody, agreed: int) -> str:
    if not agreed or body.days < agreed:
        return "the team has not agreed to keep records for so short a time"
    try:
        at, since = from_text(content.at), from_text(body.since)
        newest = max(from_text(gone.at) for gone in body.removed)
    except VerificationError:
        return "its times are no times"
    if newest > since + _CLOCKS_APART:
        return "it removes entries that are younger than it says"
    try:
        over = at >= since + timedelta(days=body.days)
    except OverflowError:
        over = False
    return "" if over else "the time for which the team keeps records was not over"
