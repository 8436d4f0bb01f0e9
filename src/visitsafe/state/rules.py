"""Whether an entry of a plan counts: who may say what, as the record stood when they said it (D1, D5). Pure.

An entry that does not count stays in the record and is shown with the reason. One whose time is only its
author's word, because their key or role has ended since, is in doubt: what lets a visit go ahead then needs
somebody else who had built on it. Nothing here knows the time. In turn: the plan and what is decided on it,
the visit under way, what is recorded afterwards, and the removal of content.

A worker speaks for themselves. Anybody else in the team may pass on what they heard, and says so. Nobody
takes on or stands down the alarm about their own visit or one they go along on: somebody else must have heard
that they are safe. Anybody may record an incident or where a marker stands: no near miss is lost for want of
a role. Nothing forbids to be late. Content goes only by days that the team had agreed on a week before.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import cast

import msgspec

from visitsafe.errors import VerificationError
from visitsafe.record.bodies import (
    ERASURE,
    KEEP_DAYS,
    KEEP_DAYS_INCIDENT,
    MOST_REMOVED,
    AcknowledgedBody,
    AfterBody,
    AgreedBody,
    BackBody,
    Comes,
    Companion,
    DebriefedBody,
    DecidedBody,
    DocumentedBody,
    Duty,
    EscalatedBody,
    ExtendedBody,
    Filled,
    IncidentBody,
    MarkedBody,
    NotifiedBody,
    OpenedBody,
    PlanBody,
    PurgedBody,
    ReportBody,
    ResealedBody,
    SharedBody,
    StoodDownBody,
    VisitBody,
    WithdrawnBody,
)
from visitsafe.record.entry import Content, Verified, body_of
from visitsafe.record.kinds import KINDS, PLAN_KINDS, STAGES, Kind
from visitsafe.record.order import Order
from visitsafe.record.refs import plan_id
from visitsafe.record.terms import ANSWERERS, ROLE_WORDS, Because, Decision, Document, Role
from visitsafe.team.people import Member, has_left
from visitsafe.team.people import people as as_people
from visitsafe.team.resolve import Statement
from visitsafe.team.roster import Roster, is_companion, is_one_of, is_self
from visitsafe.text.clock import from_text, is_day, is_time, is_well_timed, to_text

Bodies = (
    PlanBody | DecidedBody | WithdrawnBody | OpenedBody | ResealedBody | PurgedBody | VisitBody | AfterBody
)
# What is asked about for every entry. To make a union takes longer than to ask whether something is of it.
_MILD = VisitBody | PurgedBody | DebriefedBody | SharedBody
_OPENING = OpenedBody | ResealedBody
_STEP = EscalatedBody | ExtendedBody
_RAISED = EscalatedBody | NotifiedBody
_TAKEN = AcknowledgedBody | StoodDownBody
CLOCKS_APART = timedelta(minutes=10)
"""How much earlier a countersignature may claim to be than what it follows: clocks differ a little."""
LONGEST_EXTENSION = timedelta(hours=24)
"""How far ahead of its signing a new time due back may lie: a watch cannot be put off for days."""
MOST_ROUNDS = 1_000_000
ONLY_WATCHES = "a computer that only watches can say nothing else"
UNKNOWN_VOICE = "it does not say how its author knew who was speaking"
SHARE, NOT_SHARE = "share", "not-share"
WAITING = timedelta(days=7)
"""How long ago a shorter time must have been agreed on before anything goes by it."""


class Doubt(msgspec.Struct, frozen=True):
    """Why an entry's time is in doubt.

    Attributes:
        text: A sentence.
        late: The entry reached this store after the end, so that what grants anything must not count.
    """

    text: str
    late: bool


def doubts(order: Order, roster: Roster, arrived: Mapping[str, int]) -> dict[str, Doubt]:
    """The doubts about the entries of a plan, by entry id.

    Args:
        order: The plan's entries.
        roster: The team.
        arrived: Entry id to its position in order of arrival, as far as that is known.
    """
    found: dict[str, Doubt] = {}
    if len(roster.order.entries) == 1:
        return found
    for entry in reversed(order.entries):  # so that a witness is judged before what it vouches for
        row = KINDS.get(entry.content.kind)
        for taking in roster.unseen_takings(entry.content, row.roles if row and row.lapses else frozenset()):
            if not _witnessed(entry, taking, order, roster, found):
                doubt = _doubt(entry, taking, order, roster, arrived)
                if doubt and not (entry.id in found and found[entry.id].late):
                    found[entry.id] = doubt
    return found


def _witnessed(
    entry: Verified, taking: Statement, order: Order, roster: Roster, found: Mapping[str, Doubt]
) -> bool:
    """Whether another member, whose own word is not in doubt, had built on an entry before the end."""
    author, row = roster.known.get(entry.content.by), KINDS.get(entry.content.kind)
    for later in order.entries:
        if later.content.at > taking.at or later.id in found or not order.seen(entry.id, later.id):
            continue
        witness = roster.as_seen_by(later.content).get(later.content.by)
        if witness is None or later.content.kind not in set(Kind) or witness.same_person(author):
            continue
        if (row is not None and row.by_author) or _is_apart(witness, order, roster):
            return True
    return False


def _is_apart(witness: Member, order: Order, roster: Roster) -> bool:
    """Whether somebody may vouch for a manager's entry: a manager or duty officer with no part in the visit.

    The author of the plan and whoever goes along could otherwise, with a revoked manager's key, let their
    own visit go ahead: their time, too, would be only their word.
    """
    if witness.roles.isdisjoint(ANSWERERS):
        return False
    for entry in order.entries:
        if entry.content.kind in {Kind.PLANNED, Kind.REVISED}:
            if witness.same_person(roster.known.get(entry.content.by)):
                return False
            try:
                body = body_of(entry.content, PlanBody)
            except VerificationError:
                continue
            if is_companion(witness, body, roster.known.values()):
                return False
    return True


def _doubt(
    entry: Verified, taking: Statement, order: Order, roster: Roster, arrived: Mapping[str, int]
) -> Doubt | None:
    what = "its author's key ended" if taking.ends else "its author lost the role for it"
    shown = [
        arrived[one.id]
        for one in order.entries
        if one.id in arrived and (one.id == entry.id or order.seen(entry.id, one.id))
    ]
    end = roster.arrived.get(taking.id)
    if end is None or not shown:
        return Doubt(f"only its author's word says that it was made before {what}", late=False)
    if min(shown) < end:
        return None
    return Doubt(f"it reached this store after {what}, and nothing shows that it is older", late=True)


class Judged(msgspec.Struct, frozen=True):
    """An entry of a plan and what the fold made of it.

    Attributes:
        entry: The entry.
        author: Who made it, as they were then; None for somebody who was not in the team.
        body: What it says; None if that cannot be read.
        why_not: Why it does not count; empty if it does.
        doubt: Why its time is in doubt, whether it counts or not; empty if it is not.
        called: The name of an author whose key was in the team at another time than this.
        watches: It counts no more because its author was removed, and the visit stays watched by it.
    """

    entry: Verified
    author: Member | None
    body: Bodies | None
    why_not: str = ""
    doubt: str = ""
    called: str = ""
    watches: bool = False

    @property
    def name(self) -> str:
        """The author's name, or their key's fingerprint if the team never knew them."""
        return self.author.person.name if self.author else self.called or self.entry.content.by


def own_plan_id(by: str, nonce: str) -> str:
    """The plan id that belongs to an author and a nonce, so that nobody else can begin a plan under it."""
    return plan_id(hashlib.sha256(f"{by}\n{nonce}".encode()).digest())


def is_cautious(body: Bodies) -> bool:
    """Whether an entry can only make people more careful: it holds a visit back, or has it watched."""
    if isinstance(body, DecidedBody):
        return body.decision is not Decision.COUNTERSIGN
    # A watcher's entries are no caution: a step that was said to be raised is not raised again. Nor is what
    # ends something that is owed: a debrief, a duty that was met.
    return isinstance(body, ReportBody) or not isinstance(body, _MILD)


def stands_alone(body: Bodies) -> bool:
    """Whether an entry counts even where the record no longer shows what it follows.

    A step that was raised stays open. A new time due back that follows no other can only bring it forward,
    and a manager who said that the visit goes on must not be lost.
    """
    if isinstance(body, StoodDownBody):
        return bool(body.until)
    return is_cautious(body) or isinstance(body, _STEP)


def judge(
    plan: str,
    entry: Verified,
    roster: Roster,
    order: Order,
    counted: Mapping[str, Judged],
    *,
    doubt: Doubt | None = None,
    linked: bool = True,
) -> Judged:
    """Judge one entry; all of what its author had seen that counts is in `counted` already.

    With `linked` false it is judged beside all entries, whether or not the record still shows that its author
    had seen them: what holds a visit back must not be lost because an entry between is missing. One
    that came too late to be believed counts if it holds a visit back, and not if it lets one go ahead.
    """
    content = entry.content
    team = roster.as_seen_by(content)
    author, knew = team.get(content.by), roster.as_known_to(content).get(content.by)
    if content.plan != plan:
        return Judged(entry, author, None, "it belongs to another plan")
    if content.kind not in PLAN_KINDS:
        return Judged(entry, author, None, f"this visitsafe does not know the kind {content.kind[:40]!r}")
    if knew is None:
        return _by_nobody(entry, roster)
    try:
        body = cast("Bodies", body_of(content, PLAN_KINDS[content.kind].body))
    except VerificationError as error:
        return Judged(entry, author, None, error.message)
    lapses = ""
    if author != knew and (is_cautious(body) or isinstance(body, _STEP) or _is_twofold(body)):
        # No clock takes away what holds a visit back or has it watched: only what it follows (D18).
        lapses = _by_the_clocks(author)
        author, doubt = knew, doubt or Doubt(lapses, late=False)
    if author is None:
        return _by_nobody(entry, roster)
    earlier = [
        j
        for j in counted.values()
        if order.seen(j.entry.id, entry.id) or not (linked or _is_forbidding(j.body, body))
    ]
    reason = why_not(content, author, body, earlier, roster)
    if doubt is None:
        return Judged(entry, author, body, reason)
    gone = doubt.text if doubt.late and _must_be_proven(body) else ""
    if _is_twofold(body):
        gone = gone or lapses
    watches = bool(gone) and not reason and _is_twofold(body)
    return Judged(entry, author, body, reason or gone, doubt.text, watches=watches)


def why_not(content: Content, author: Member, body: Bodies, earlier: Sequence[Judged], roster: Roster) -> str:
    """Why an entry does not count, or would not if it were signed; empty if it does.

    Args:
        content: The entry; its body is in `body`.
        author: Who signed it, as they were then.
        body: What it says.
        earlier: The entries that count and that its author had seen.
        roster: The team.
    """
    return _why_not_of_its_kind(content, author, body, earlier, roster) or _why_not_by_role(content, author)


def _why_not_of_its_kind(
    content: Content, author: Member, body: Bodies, earlier: Sequence[Judged], roster: Roster
) -> str:
    # Who a countersigner is, is judged by all that the team ever knew of them: leaving a second key out of
    # `after` must not help. What holds a visit back keeps to what its author knew, so that no later entry of
    # the team can take a refusal away.
    people = roster.known_to(content) if is_cautious(body) else roster.everyone
    if isinstance(body, VisitBody):
        return _why_not_visit(content, author, body, earlier, people, roster.as_seen_by(content))
    if isinstance(body, AfterBody):
        return _why_not_after(content, author, body, earlier, people)
    if isinstance(body, PurgedBody):
        return _why_not_purged(content, author, body, roster.agreements_seen_by(content), people)
    if isinstance(body, DecidedBody):
        return _why_not_decided(content, author, body, earlier, people)
    if isinstance(body, _OPENING):
        return _why_not_opened(body, earlier)
    if isinstance(body, PlanBody) and not is_well_timed(body.visit.start, body.visit.due_back):
        return "its times are not those of a visit"
    if isinstance(body, WithdrawnBody) and _is_left_behind(author, earlier, roster.as_known_to(content)):
        return ""
    if content.kind != Kind.PLANNED:
        return _why_not_its_author(author, earlier)
    if isinstance(body, PlanBody) and own_plan_id(content.by, body.nonce) != content.plan:
        return "its author did not begin this plan"
    return "" if KINDS[content.kind].allows(author.roles) else "its author may not plan visits"


def _why_not_by_role(content: Content, author: Member) -> str:
    row = KINDS[content.kind]
    if row.allows(author.roles):
        return ""
    roles = " or ".join(ROLE_WORDS[role] for role in Role if role in row.roles)
    return f"its author was not a {roles} when it was made"


def _is_forbidding(earlier: Bodies | None, body: Bodies) -> bool:
    """Whether an entry forbids another only if its author had seen it: duress, a stand-down.

    What says that a visit goes on must not be lost because somebody spoke the phrase at the same time.
    """
    return isinstance(body, StoodDownBody) and isinstance(earlier, ReportBody) and earlier.duress


def _is_twofold(body: Bodies) -> bool:
    """Whether an entry has a visit watched, and does more: it lets it go ahead, or ends an alarm.

    If its author was removed the first outlasts the second.
    """
    if isinstance(body, StoodDownBody):
        return bool(body.until) and not body.drill
    return isinstance(body, DecidedBody) and body.decision is Decision.COUNTERSIGN


def _must_be_proven(body: Bodies) -> bool:
    """Whether an entry lets a visit go ahead or ends its watch, or says who can open the worker's details."""
    return isinstance(body, ResealedBody) or not is_cautious(body)


def _by_nobody(entry: Verified, roster: Roster) -> Judged:
    known = roster.known.get(entry.content.by)
    what = "author's key was not in the team, or no longer," if known else "author was not in the team"
    called = known.person.name if known else ""
    return Judged(entry, None, None, f"its {what} when it was made", called=called)


def _by_the_clocks(author: Member | None) -> str:
    what = "had left the team, or their key had ended," if author is None else "had lost a role"
    return f"by the clocks its author {what} when it was made; they had not seen that"


def _why_not_opened(body: OpenedBody | ResealedBody, earlier: Sequence[Judged]) -> str:
    of = next((j.body for j in earlier if j.entry.id == body.of), None)
    sealed = isinstance(of, PlanBody) and of.sealed is not None
    return "" if sealed else "it names no sealed details that its author had seen"


def _is_left_behind(author: Member, earlier: Sequence[Judged], team: Mapping[str, Member]) -> bool:
    """Whether a manager withdraws the plan of somebody who, as they knew, had left the team."""
    began = [j.author for j in earlier if j.entry.content.kind == Kind.PLANNED and j.author]
    return Role.MANAGER in author.roles and bool(began) and all(has_left(one, team.values()) for one in began)


def _why_not_its_author(author: Member, earlier: Sequence[Judged]) -> str:
    began = [j for j in earlier if j.entry.content.kind == Kind.PLANNED]
    if not began:
        return "it follows no plan"
    return "" if all(author.same_person(j.author) for j in began) else "only its author may change a plan"


def _why_not_decided(
    content: Content,
    author: Member,
    body: DecidedBody,
    earlier: Sequence[Judged],
    people: Iterable[Member],
) -> str:
    version = next((j for j in earlier if j.entry.id == body.of), None)
    if version is None or not isinstance(version.body, PlanBody):
        return "it decides on a version that its author had not seen"
    if reason := _why_not_by_role(content, author):
        return reason
    if is_self(author, version.author, people):
        return "nobody decides on their own plan"
    if is_companion(author, version.body, people):
        return "nobody decides on a plan that they are the companion on"
    if body.decision is not Decision.COUNTERSIGN:
        return ""  # caution needs no form
    went_first = bool(version.body.urgent) or any(
        isinstance(j.body, ReportBody) and j.body.urgent for j in earlier
    )
    return _why_not_the_words(content, body, version.body, went_first) or _why_not_the_time(content, earlier)


def _why_not_the_words(content: Content, body: DecidedBody, version: PlanBody, went_first: bool) -> str:
    """What a countersignature must say, and until when."""
    if not body.rationale.strip():
        return "it gives no reasons"
    if content.at > version.visit.start and not went_first:
        return "it was countersigned after the visit was to start"
    return ""


def _why_not_the_time(content: Content, earlier: Sequence[Judged]) -> str:
    """A countersignature cannot be dated back beyond what its author had seen."""
    newest = max((j.entry.content.at for j in earlier), default="")
    return "it says that it was made before what it follows" if is_earlier(content.at, newest) else ""


def is_earlier(at: str, than: str) -> bool:
    """Whether a time lies before another by more than clocks differ; both UTC text."""
    return at < than and from_text(than) - from_text(at) > CLOCKS_APART


def _why_not_visit(
    content: Content,
    author: Member,
    body: VisitBody,
    earlier: Sequence[Judged],
    people: Iterable[Member],
    team: Mapping[str, Member],
) -> str:
    versions = {j.entry.id: j for j in earlier if isinstance(j.body, PlanBody)}
    if not versions:
        return "it follows no plan"
    people = as_people(people)
    if isinstance(body, _RAISED):
        return _why_not_raised(content, author, body)
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
        else _why_not_happened(content, body.happened)
    )


def only_watches(member: Member) -> bool:
    """Whether somebody is no person but a computer at which nobody sits."""
    return member.roles == {Role.WATCH}


def _why_not_raised(content: Content, author: Member, body: EscalatedBody | NotifiedBody) -> str:
    if not KINDS[content.kind].allows(author.roles):
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


def _why_not_happened(content: Content, happened: str) -> str:
    if not happened:
        return ""
    if not is_time(happened):
        return "it does not say when it happened"
    late = from_text(happened) - from_text(content.at) > CLOCKS_APART
    return "it was signed before it happened" if late else ""


def _why_not_until(
    content: Content, author: Member, until: str, earlier: Sequence[Judged], people: Sequence[Member]
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


def _agreed_or_begun(earlier: Sequence[Judged]) -> set[str]:
    """The versions that were countersigned, and those on which each trip began."""
    found, under_way = set[str](), False
    for one in earlier:
        if isinstance(one.body, DecidedBody) and one.body.decision is Decision.COUNTERSIGN:
            found.add(one.body.of)
        elif isinstance(one.body, BackBody | StoodDownBody):
            under_way = False
        elif isinstance(one.body, ReportBody) and one.entry.content.kind in STAGES and not under_way:
            found.add(one.body.of)
            under_way = True
    return found


def _why_not_taken(
    content: Content,
    author: Member,
    body: AcknowledgedBody | StoodDownBody,
    earlier: Sequence[Judged],
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


def joined(earlier: Sequence[Judged]) -> list[Companion]:
    """Those who came along after all, by the newest word on each."""
    said: dict[str, Comes] = {}
    for one in earlier:
        for who in (one.body.company or ()) if isinstance(one.body, ReportBody) else ():
            said[who.key or who.name] = who
    return [Companion(name=one.name, key=one.key) for one in said.values() if one.comes]


def _why_not_apart(
    who: Member | None,
    versions: Sequence[Judged],
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
    earlier: Sequence[Judged],
    people: Sequence[Member],
) -> str:
    if reason := _why_not_by_role(content, author):
        return reason
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


def _why_not_after(
    content: Content, author: Member, body: AfterBody, earlier: Sequence[Judged], people: Iterable[Member]
) -> str:
    versions = {one.entry.id: one for one in earlier if isinstance(one.body, PlanBody)}
    if not versions:
        return "it follows no plan"
    if only_watches(author):
        return ONLY_WATCHES
    if isinstance(body, SharedBody):
        return _why_not_shared(content, author, body, earlier)
    if body.of not in versions:
        return "it names a version of the plan that its author had not seen"
    return (
        (_why_not_corrected(content, author, body, earlier, people) if isinstance(body, Filled) else "")
        or (_why_not_documented(content, author, body) if isinstance(body, DocumentedBody) else "")
        or (_why_not_debriefed(author, body, versions, people) if isinstance(body, DebriefedBody) else "")
        or (_why_not_marked(content, body) if isinstance(body, MarkedBody) else "")
        or _why_not_happened(content, getattr(body, "happened", ""))
    )


def _why_not_debriefed(
    author: Member, body: DebriefedBody, versions: Mapping[str, Judged], people: Iterable[Member]
) -> str:
    """It is the word of the worker or of somebody who went along, said or passed on."""
    people, said_by = tuple(people), [author]
    if body.heard is not None:
        known = bool(body.heard.known_by.strip())
        said_by = [one for one in people if known and one.fingerprint == body.heard.person]
    made = any(makes_the_visit(member, versions.values(), people) for member in said_by)
    return "" if made else "only somebody who made the visit says how it was"


def makes_the_visit(member: Member, entries: Iterable[Judged], people: Iterable[Member]) -> bool:
    """Whether somebody is the worker or goes along, by any version of the plan among these entries."""
    return any(
        is_self(member, one.author, people) or is_companion(member, one.body, people)
        for one in entries
        if isinstance(one.body, PlanBody)
    )


def _why_not_corrected(
    content: Content, author: Member, body: Filled, earlier: Sequence[Judged], people: Iterable[Member]
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


def _document(old: Judged) -> str:
    return old.body.document if isinstance(old.body, DocumentedBody) else ""


def _why_not_shared(content: Content, author: Member, body: SharedBody, earlier: Sequence[Judged]) -> str:
    if not KINDS[content.kind].allows(author.roles):
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


def _why_not_documented(content: Content, author: Member, body: DocumentedBody) -> str:
    if not KINDS[content.kind].allows(author.roles):
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


def _why_not_purged(
    content: Content,
    author: Member,
    body: PurgedBody,
    agreements: Sequence[tuple[str, AgreedBody]],
    people: Iterable[Member],
) -> str:
    if wrong := _why_not_by_role(content, author) or _why_not_to_be_removed(body):
        return wrong
    if body.rule == ERASURE:
        return _why_not_erased(author, body, people)
    if body.rule not in {KEEP_DAYS, KEEP_DAYS_INCIDENT}:
        return f"this visitsafe does not know the rule {body.rule[:40]!r}"
    return _why_not_in_time(content, body, agreed_days(days_in_force(agreements, content.at), body.rule))


def _why_not_to_be_removed(body: PurgedBody) -> str:
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
    planners = {gone.by for gone in body.removed if gone.kind in {Kind.PLANNED, Kind.REVISED}}
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
    if newest > since + CLOCKS_APART:
        return "it removes entries that are younger than it says"
    try:
        over = at >= since + timedelta(days=body.days)
    except OverflowError:
        over = False
    return "" if over else "the time for which the team keeps records was not over"
