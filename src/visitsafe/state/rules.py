"""Whether an entry of a plan counts: who may say what, as the record stood when they said it (D1, D5). Pure.

An entry that does not count stays in the record and is shown with the reason. One whose time is only its
author's word, because their key or role has ended since, is in doubt: what lets a visit go ahead then needs
somebody else who had built on it. Nothing here knows the time.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import cast

import msgspec

from visitsafe.errors import VerificationError
from visitsafe.record.bodies import (
    AfterBody,
    DebriefedBody,
    DecidedBody,
    EscalatedBody,
    ExtendedBody,
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
from visitsafe.record.entry import Verified, body_of
from visitsafe.record.kinds import KINDS, PLAN_KINDS
from visitsafe.record.order import Order
from visitsafe.record.refs import plan_id
from visitsafe.record.terms import ANSWERERS, PLANNERS, Decision, Kind, Role
from visitsafe.state.rules_after import why_not_after, why_not_purged
from visitsafe.state.rules_visit import is_well_timed, why_not_visit
from visitsafe.team.people import Member, has_left
from visitsafe.team.resolve import Statement
from visitsafe.team.roster import Roster, is_companion, is_self
from visitsafe.text.clock import from_text


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
    for entry, row in [
        (one, KINDS.get(one.content.kind)) for one in reversed(order.entries)
    ]:  # so that a witness is judged before what it vouches for
        for taking in roster.unseen_takings(entry.content, row.needs if row else frozenset()):
            if not _witnessed(entry, taking, order, roster, found):
                doubt = _doubt(entry, taking, order, roster, arrived)
                if doubt and not (entry.id in found and found[entry.id].late):
                    found[entry.id] = doubt
    return found


def _witnessed(
    entry: Verified, taking: Statement, order: Order, roster: Roster, found: Mapping[str, Doubt]
) -> bool:
    """Whether another member, whose own word is not in doubt, had built on an entry before the end."""
    author = roster.known.get(entry.content.by)
    for later in order.entries:
        if later.content.at > taking.at or later.id in found or not order.seen(entry.id, later.id):
            continue
        witness = roster.as_seen_by(later.content).get(later.content.by)
        if witness is None or later.content.kind not in set(Kind) or witness.same_person(author):
            continue
        if KINDS[entry.content.kind].by_author or _is_apart(witness, order, roster):
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


Bodies = (
    PlanBody | DecidedBody | WithdrawnBody | OpenedBody | ResealedBody | PurgedBody | VisitBody | AfterBody
)
# What is asked about for every entry. To make a union takes longer than to ask whether something is of it.
_MILD = VisitBody | PurgedBody | DebriefedBody | SharedBody
_OPENING = OpenedBody | ResealedBody
_STEP = EscalatedBody | ExtendedBody

CLOCKS_APART = timedelta(minutes=10)
"""How much earlier a countersignature may claim to be than what it follows: clocks differ a little."""


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
    # Who a countersigner is, is judged by all that the team ever knew of them: leaving a second key out of
    # `after` must not help. What holds a visit back keeps to what its author knew, so that no later entry of
    # the team can take a refusal away.
    people = roster.known_to(content) if is_cautious(body) else roster.everyone
    if isinstance(body, VisitBody):
        why_not = why_not_visit(content, author, body, earlier, people, team)
    elif isinstance(body, AfterBody):
        why_not = why_not_after(content, author, body, earlier, people)
    elif isinstance(body, PurgedBody):
        why_not = why_not_purged(content, author, body, roster.agreements_seen_by(content), people)
    else:
        why_not = _why_not(entry, author, body, earlier, people, roster.as_known_to(content).values())
    if doubt is None:
        return Judged(entry, author, body, why_not)
    gone = doubt.text if doubt.late and _must_be_proven(body) else ""
    if _is_twofold(body):
        gone = gone or lapses
    watches = bool(gone) and not why_not and _is_twofold(body)
    return Judged(entry, author, body, why_not or gone, doubt.text, watches=watches)


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


def _why_not(
    entry: Verified,
    author: Member,
    body: Bodies,
    earlier: Sequence[Judged],
    people: Iterable[Member],
    team: Collection[Member],
) -> str:
    if isinstance(body, DecidedBody):
        return _why_not_decided(entry, author, body, earlier, people)
    if isinstance(body, _OPENING):
        return _why_not_opened(author, body, earlier)
    if isinstance(body, PlanBody) and not is_well_timed(body.visit.start, body.visit.due_back):
        return "its times are not those of a visit"
    if isinstance(body, WithdrawnBody) and _is_left_behind(author, earlier, team):
        return ""
    if entry.content.kind != Kind.PLANNED:
        return _why_not_its_author(author, earlier)
    if isinstance(body, PlanBody) and own_plan_id(entry.content.by, body.nonce) != entry.content.plan:
        return "its author did not begin this plan"
    return "" if author.roles & PLANNERS else "its author may not plan visits"


def _why_not_opened(author: Member, body: OpenedBody | ResealedBody, earlier: Sequence[Judged]) -> str:
    of = next((j.body for j in earlier if j.entry.id == body.of), None)
    if not isinstance(of, PlanBody) or of.sealed is None:
        return "it names no sealed details that its author had seen"
    return "" if author.roles & ANSWERERS else "its author was not a manager or duty officer when it was made"


def _is_left_behind(author: Member, earlier: Sequence[Judged], team: Collection[Member]) -> bool:
    """Whether a manager withdraws the plan of somebody who, as they knew, had left the team."""
    began = [j.author for j in earlier if j.entry.content.kind == Kind.PLANNED and j.author]
    return Role.MANAGER in author.roles and bool(began) and all(has_left(one, team) for one in began)


def _why_not_its_author(author: Member, earlier: Sequence[Judged]) -> str:
    began = [j for j in earlier if j.entry.content.kind == Kind.PLANNED]
    if not began:
        return "it follows no plan"
    return "" if all(author.same_person(j.author) for j in began) else "only its author may change a plan"


def _why_not_decided(
    entry: Verified,
    author: Member,
    body: DecidedBody,
    earlier: Sequence[Judged],
    people: Iterable[Member],
) -> str:
    version = next((j for j in earlier if j.entry.id == body.of), None)
    if version is None or not isinstance(version.body, PlanBody):
        return "it decides on a version that its author had not seen"
    if Role.MANAGER not in author.roles:
        return "its author was not a manager when it was made"
    if is_self(author, version.author, people):
        return "nobody decides on their own plan"
    if is_companion(author, version.body, people):
        return "nobody decides on a plan that they are the companion on"
    if body.decision is not Decision.COUNTERSIGN:
        return ""  # caution needs no form
    went_first = bool(version.body.urgent) or any(
        isinstance(j.body, ReportBody) and j.body.urgent for j in earlier
    )
    return _why_not_the_words(entry, body, version.body, went_first) or _why_not_the_time(entry, earlier)


def _why_not_the_words(entry: Verified, body: DecidedBody, version: PlanBody, went_first: bool) -> str:
    """What a countersignature must say, and until when."""
    if not body.rationale.strip():
        return "it gives no reasons"
    if entry.content.at > version.visit.start and not went_first:
        return "it was countersigned after the visit was to start"
    return ""


def _why_not_the_time(entry: Verified, earlier: Sequence[Judged]) -> str:
    """A countersignature cannot be dated back beyond what its author had seen."""
    newest = max((j.entry.content.at for j in earlier), default="")
    return "it says that it was made before what it follows" if is_earlier(entry.content.at, newest) else ""


def is_earlier(at: str, than: str) -> bool:
    """Whether a time lies before another by more than clocks differ; both UTC text."""
    return at < than and from_text(than) - from_text(at) > CLOCKS_APART
