"""Whether an entry about the visit under way counts: who may report, raise, take on and stand down. Pure.

A worker speaks for themselves. Anybody else in the team may pass on what they heard, and says so. A watcher
is a manager, a duty officer, or a computer that only watches and whose word counts for nothing else. Nobody
takes on or stands down the alarm about their own visit or one they are the companion on: somebody else must
have heard that they are safe.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from visitsafe.errors import VerificationError
from visitsafe.record.bodies import (
    AcknowledgedBody,
    BackBody,
    Comes,
    Companion,
    DecidedBody,
    EscalatedBody,
    ExtendedBody,
    NotifiedBody,
    PlanBody,
    ReportBody,
    StoodDownBody,
    VisitBody,
)
from visitsafe.record.entry import Content
from visitsafe.record.terms import ANSWERERS, WATCHERS, Because, Decision, Kind, Role
from visitsafe.team.people import Member
from visitsafe.team.people import people as as_people
from visitsafe.team.roster import is_one_of, is_self
from visitsafe.text.clock import from_text

if TYPE_CHECKING:
    from visitsafe.state.rules import Judged

OUT = frozenset({Kind.DEPARTED, Kind.ARRIVED, Kind.LEFT})
"""Whoever has arrived or left has set out."""
EARLIEST, LATEST = "2000", "9000"
CLOCKS_APART = timedelta(minutes=10)
LONGEST_EXTENSION = timedelta(hours=24)
"""How far ahead of its signing a new time due back may lie: a watch cannot be put off for days."""
MOST_ROUNDS = 1_000_000
# What is asked about for every entry. To make a union takes longer than to ask whether something is of it.
_RAISED = EscalatedBody | NotifiedBody
_TAKEN = AcknowledgedBody | StoodDownBody
ONLY_WATCHES = "a computer that only watches can say nothing else"
UNKNOWN_VOICE = "it does not say how its author knew who was speaking"


def why_not_visit(
    content: Content,
    author: Member,
    body: VisitBody,
    earlier: "Sequence[Judged]",
    people: Iterable[Member],
    team: Mapping[str, Member] = {},
) -> str:
    """Why an entry about a visit under way does not count; empty if it does.

    Args:
        content: The entry.
        author: Who signed it, as they were then.
        body: What it says.
        earlier: The entries that count and that its author had seen.
        people: Everybody whom the team knows, for who is who.
        team: Who was in the team as the author knew it, by fingerprint; who takes an alarm on must be.
    """
    versions = {j.entry.id: j for j in earlier if isinstance(j.body, PlanBody)}
    if not versions:
        return "it follows no plan"
    people = as_people(people)
    if isinstance(body, _RAISED):
        return _why_not_raised(author, body)
    if only_watches(author):
        return ONLY_WATCHES
    if isinstance(body, _TAKEN):
        return _why_not_taken(content, author, body, earlier, people, team)
    if body.of not in versions:
        return "it names a version of the plan that its author had not seen"
    worker = versions[body.of].author
    return _why_not_reported(author, body, worker, people) or (
        _why_not_until(content, author, body.until, earlier, people)
        if isinstance(body, ExtendedBody)
        else _why_not_happened(content, body)
    )


def only_watches(member: Member) -> bool:
    """Whether somebody is no person but a computer at which nobody sits."""
    return member.roles == {Role.WATCH}


def _why_not_raised(author: Member, body: EscalatedBody | NotifiedBody) -> str:
    if author.roles.isdisjoint(WATCHERS):
        return "its author did not watch for the team when it was made"
    if isinstance(body, NotifiedBody):
        known = 0 <= body.round <= MOST_ROUNDS and 1 <= body.attempt <= MOST_ROUNDS
        return "" if known else "it is no message that a watcher sends"
    if not is_time(body.due):
        return "it does not say when the step fell due"
    return "" if not body.unwatched_from or is_time(body.unwatched_from) else "it does not say since when"


def _why_not_reported(
    author: Member,
    body: ReportBody | BackBody | ExtendedBody,
    worker: Member | None,
    people: Sequence[Member],
) -> str:
    is_worker = is_self(author, worker, people)
    if body.heard is None:
        return "" if is_worker else "only the worker reports for themselves"
    if is_worker:
        return "the worker does not take down their own report"
    if not _is_key_of(body.heard.person, worker, people):
        return "it passes on the word of somebody who does not make this visit"
    # The phrase is believed whatever else was left out: whoever heard it had other things to think of.
    return "" if body.heard.known_by.strip() or _is_duress(body) else UNKNOWN_VOICE


def _is_duress(body: object) -> bool:
    return isinstance(body, ReportBody) and body.duress


def _why_not_happened(content: Content, body: ReportBody | BackBody) -> str:
    if not body.happened:
        return ""
    if not is_time(body.happened):
        return "it does not say when it happened"
    if from_text(body.happened) - from_text(content.at) > CLOCKS_APART:
        return "it was signed before it happened"
    return ""


def _why_not_until(
    content: Content, author: Member, until: str, earlier: "Sequence[Judged]", people: Sequence[Member]
) -> str:
    """A watch is not put off for days, nor by one wrong clock: others' times and the plan's bound it too.

    Of the plan, by what a manager agreed to or the worker set out on; of others, by managers and duty
    officers with no part in the visit. A worker, with or without a colleague, moves neither.
    """
    if not is_time(until):
        return "it does not say until when"
    known = _agreed_or_begun(earlier)
    plans = [one for one in earlier if isinstance(one.body, PlanBody)]
    due = [
        one.body.visit.due_back for one in plans if isinstance(one.body, PlanBody) and one.entry.id in known
    ]
    if not due:
        due = [one.body.visit.due_back for one in plans if isinstance(one.body, PlanBody)]
    clocks: dict[str, list[str]] = {}
    for one in earlier:
        if one.author and not one.author.roles.isdisjoint(ANSWERERS) and not author.same_person(one.author):
            clocks.setdefault(one.author.fingerprint, []).append(one.entry.content.at)
    who = {one.author.fingerprint: one.author for one in earlier if one.author}
    apart = [ats for key, ats in clocks.items() if not _why_not_apart(who[key], plans, people)]
    latest = min(content.at, max((*due, *(at for ats in apart for at in ats)), default=content.at))
    late = from_text(until) - from_text(latest) > LONGEST_EXTENSION
    return "it puts the time due back off by more than a day" if late else ""


def _agreed_or_begun(earlier: "Sequence[Judged]") -> set[str]:
    """The versions that were countersigned, and those on which each trip began."""
    found, under_way = set[str](), False
    for one in earlier:
        if isinstance(one.body, DecidedBody) and one.body.decision is Decision.COUNTERSIGN:
            found.add(one.body.of)
        elif isinstance(one.body, BackBody | StoodDownBody):
            under_way = False
        elif isinstance(one.body, ReportBody) and one.entry.content.kind in OUT and not under_way:
            found.add(one.body.of)
            under_way = True
    return found


def _why_not_taken(
    content: Content,
    author: Member,
    body: AcknowledgedBody | StoodDownBody,
    earlier: "Sequence[Judged]",
    people: Sequence[Member],
    team: Mapping[str, Member],
) -> str:
    versions = [one for one in earlier if isinstance(one.body, PlanBody)]
    along = joined(earlier)
    for who in (author, _owner(author, body, team)):
        why_not = _why_not_apart(who, versions, people, along)
        if why_not:
            return why_not
    if isinstance(body, StoodDownBody):
        return _why_not_stood_down(content, author, body, earlier, people)
    return "" if body.heard is None or body.heard.known_by.strip() else UNKNOWN_VOICE


def joined(earlier: "Sequence[Judged]") -> list[Companion]:
    """Those who came along after all, by the newest word on each."""
    said: dict[str, Comes] = {}
    for one in earlier:
        for who in (one.body.company or ()) if isinstance(one.body, ReportBody) else ():
            said[who.key or who.name] = who
    return [Companion(name=one.name, key=one.key) for one in said.values() if one.comes]


def _why_not_apart(
    who: Member | None,
    versions: "Sequence[Judged]",
    people: Sequence[Member],
    along: Sequence[Companion] = (),
) -> str:
    """Whether somebody has no part in the visit whose alarm they take on or stand down."""
    if who is None:
        return "it names somebody who is not in the team"
    if only_watches(who):
        return ONLY_WATCHES
    if any(is_self(who, version.author, people) for version in versions):
        return "nobody takes on or stands down the alarm about their own visit"
    bodies = [version.body for version in versions if isinstance(version.body, PlanBody)]
    if is_one_of(who, [*along, *(one for body in bodies for one in body.visit.companions)], people):
        return "nobody takes on or stands down the alarm about a visit that they go along on"
    return ""


def _owner(
    author: Member, body: AcknowledgedBody | StoodDownBody, team: Mapping[str, Member]
) -> Member | None:
    """Who takes it on: the signer, or whoever said so on the telephone."""
    if isinstance(body, StoodDownBody) or body.heard is None:
        return author
    return team.get(body.heard.person)


def _why_not_stood_down(
    content: Content,
    author: Member,
    body: StoodDownBody,
    earlier: "Sequence[Judged]",
    people: Sequence[Member],
) -> str:
    if author.roles.isdisjoint(ANSWERERS):
        return "its author was not a manager or duty officer when it was made"
    if body.drill:
        return "" if body.because is Because.TEST else "a drill is stood down as a test"
    if Role.MANAGER not in author.roles and any(_is_duress(j.body) for j in earlier):
        return "only a manager stands down an alarm under duress"
    return _why_not_until(content, author, body.until, earlier, people) if body.until else ""


def _is_key_of(fingerprint: str, worker: Member | None, people: Sequence[Member]) -> bool:
    if worker is None:
        return False
    return fingerprint == worker.fingerprint or any(
        one.fingerprint == fingerprint and is_self(one, worker, people) for one in people
    )


def is_time(text: str) -> bool:
    """Whether a text is a UTC time within what every clock can show."""
    try:
        from_text(text)
    except VerificationError:
        return False
    return EARLIEST < text < LATEST


def is_well_timed(start: str, due_back: str) -> bool:
    """Whether a visit's times are well formed, in order, and within what every clock can show."""
    return is_time(start) and is_time(due_back) and start < due_back
