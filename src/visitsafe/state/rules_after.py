"""Whether an entry about what came after a visit, or a removal of content, counts (4.10, 7.5, 9.5). Pure.

Anybody in the team may record an incident or where a marker stands: no near miss is lost for want of a
role. A debrief is the word of somebody who made the visit; who takes it down for them says so. Nothing here
forbids to be late. Content goes only by days that the team had agreed on a week before.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from visitsafe.errors import VerificationError
from visitsafe.record.bodies import (
    ERASURE,
    KEEP_DAYS,
    KEEP_DAYS_INCIDENT,
    MOST_REMOVED,
    AfterBody,
    AgreedBody,
    DebriefedBody,
    DocumentedBody,
    Duty,
    Filled,
    IncidentBody,
    MarkedBody,
    PlanBody,
    PurgedBody,
    SharedBody,
)
from visitsafe.record.entry import Content
from visitsafe.record.terms import PURGERS, Document, Kind, Role
from visitsafe.state.rules_visit import CLOCKS_APART, ONLY_WATCHES, is_time, only_watches
from visitsafe.team.people import Member
from visitsafe.team.people import people as as_people
from visitsafe.team.roster import is_companion, is_self
from visitsafe.text.clock import from_text, to_text

if TYPE_CHECKING:
    from visitsafe.state.rules import Judged


WRITERS = frozenset({Role.PRACTITIONER, Role.MANAGER})
"""Who may decide what is shared, and write documents of a case."""
SHARE, NOT_SHARE = "share", "not-share"


def why_not_after(
    content: Content, author: Member, body: AfterBody, earlier: "Sequence[Judged]", people: Iterable[Member]
) -> str:
    """Why an entry about what came after a visit does not count; empty if it does.

    Args:
        content: The entry.
        author: Who signed it, as they were then.
        body: What it says.
        earlier: The entries that count and that its author had seen.
        people: Everybody whom the team knows, for who is who.
    """
    versions = {one.entry.id: one for one in earlier if isinstance(one.body, PlanBody)}
    if not versions:
        return "it follows no plan"
    if only_watches(author):
        return ONLY_WATCHES
    if isinstance(body, SharedBody):
        return _why_not_shared(content, author, body, earlier)
    if body.of not in versions:
        return "it names a version of the plan that its author had not seen"
    if isinstance(body, MarkedBody):
        return _why_not_marked(content, body)
    return (
        _why_not_corrected(content, author, body, earlier, people)
        or _why_not_of_its_kind(author, body, versions, people)
        or _why_not_happened(content, body.happened)
    )


def _why_not_of_its_kind(
    author: Member, body: Filled, versions: "dict[str, Judged]", people: Iterable[Member]
) -> str:
    if isinstance(body, DocumentedBody):
        return _why_not_documented(author, body)
    if isinstance(body, DebriefedBody) and not _went(author, body, versions, people):
        return "only somebody who made the visit says how it was"
    return ""


def _why_not_corrected(
    content: Content, author: Member, body: Filled, earlier: "Sequence[Judged]", people: Iterable[Member]
) -> str:
    """What somebody wrote is corrected by themselves, by whom it quotes, or by a manager."""
    if not body.replaces:
        return ""
    old = next((one for one in earlier if one.entry.id == body.replaces), None)
    if old is None or old.entry.content.kind != content.kind:
        return "it corrects nothing that its author had seen"
    if isinstance(body, DocumentedBody) and _document(old) != body.document:
        return "it takes the place of another kind of document"
    people = tuple(people)
    mine = is_self(author, old.author, people) or Role.MANAGER in author.roles
    if mine or (isinstance(old.body, Filled) and is_quoted(author, old.body, people)):
        return ""
    return "only its author, whoever it quotes, or a manager corrects it"


def is_quoted(member: Member, body: Filled, people: Iterable[Member]) -> bool:
    """Whether what was written down is the word of this person, passed on by another."""
    people, heard = tuple(people), body.heard
    return heard is not None and any(
        is_self(member, one, people) for one in people if one.fingerprint == heard.person
    )


def _document(old: "Judged") -> str:
    return old.body.document if isinstance(old.body, DocumentedBody) else ""


def _went(author: Member, body: Filled, versions: "dict[str, Judged]", people: Iterable[Member]) -> bool:
    """Whether it is the word of the worker or of somebody who went along, said or passed on."""
    people, said_by = tuple(people), [author]
    if body.heard is not None:
        known = bool(body.heard.known_by.strip())
        said_by = [one for one in people if known and one.fingerprint == body.heard.person]
    plans = [(one, one.body) for one in versions.values() if isinstance(one.body, PlanBody)]
    return any(
        is_self(member, one.author, people) or is_companion(member, plan, people)
        for member in said_by
        for one, plan in plans
    )


def _why_not_happened(content: Content, happened: str) -> str:
    if not happened:
        return ""
    if not is_time(happened):
        return "it does not say when it happened"
    late = from_text(happened) - from_text(content.at) > CLOCKS_APART
    return "it was signed before it happened" if late else ""


def _why_not_shared(content: Content, author: Member, body: SharedBody, earlier: "Sequence[Judged]") -> str:
    if not author.roles & WRITERS:
        return "its author may not decide what is shared"
    if body.decision not in {SHARE, NOT_SHARE}:
        return "it does not say whether it was shared"
    if body.decision == NOT_SHARE and not body.reason.strip():
        return "it gives no reason why it was not shared"
    if body.decision == SHARE and not any(one.strip() for one in body.recipients):
        return "it does not say with whom it was shared"
    of = next((one.body for one in earlier if one.entry.id == body.of), None)
    duties = duties_in(of)
    if of is None or (body.trigger and body.trigger not in {duty.trigger for duty in duties}):
        return "it names no duty that its author had seen"
    return _why_not_happened(content, body.happened)


def duties_in(body: object) -> tuple[Duty, ...]:
    """What an entry says has to be shared."""
    return body.sharing if isinstance(body, PlanBody | IncidentBody | DebriefedBody) else ()


def _why_not_documented(author: Member, body: DocumentedBody) -> str:
    if not author.roles & WRITERS:
        return "its author may not write documents of a case"
    if body.document not in set(Document):
        return "it is no document that this visitsafe knows"
    days = (body.review, *(action.by for action in body.actions))
    return "" if all(not day or is_day(day) for day in days) else "it names a day that there is not"


def _why_not_marked(content: Content, body: MarkedBody) -> str:
    days = (body.checked, body.review) if body.review else (body.checked,)
    if not all(map(is_day, days)):
        return "it names a day that there is not"
    tomorrow = (from_text(content.at) + timedelta(days=1)).date()  # where the author is, it may be already
    if body.checked > tomorrow.isoformat():
        return "it was signed before the marker was looked at"
    return "" if not body.found or body.system.strip() else "it does not say which system the marker is in"


def is_day(text: str) -> bool:
    """Whether a text is a day, `2026-11-23`, within what every calendar can show."""
    return len(text) == len("2026-11-23") and is_time(f"{text}T00:00:00Z")


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
