"""Whether an entry of a plan counts: who may say what, as the record stood when they said it (D1, D5).

An entry that does not count stays in the record and is shown with the reason. Nothing here knows the time.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from visitsafe.domain.entries import body_of, from_text
from visitsafe.domain.order import Order
from visitsafe.domain.plan import Companion, DecidedBody, PlanBody, WithdrawnBody
from visitsafe.domain.refs import plan_id
from visitsafe.domain.roster import Member, Members, Roster, as_heard
from visitsafe.domain.terms import Decision, Kind, Role
from visitsafe.domain.verified import Verified
from visitsafe.errors import VerificationError

Bodies = PlanBody | DecidedBody | WithdrawnBody
FORMS: Mapping[str, type[PlanBody] | type[DecidedBody] | type[WithdrawnBody]] = {
    Kind.PLANNED: PlanBody,
    Kind.REVISED: PlanBody,
    Kind.DECIDED: DecidedBody,
    Kind.WITHDRAWN: WithdrawnBody,
}
"""The form of each kind's body. A new kind of entry begins here."""

PLANNERS = frozenset({Role.PRACTITIONER, Role.MANAGER})
EARLIEST, LATEST = "2000", "9000"


class Judged(msgspec.Struct, frozen=True):
    """An entry of a plan and what the fold made of it; `why_not` is empty if it counts."""

    entry: Verified
    author: Member | None
    body: PlanBody | DecidedBody | WithdrawnBody | None
    why_not: str = ""

    @property
    def name(self) -> str:
        """The author's name, or their key's fingerprint if the team does not know them."""
        return self.author.person.name if self.author else self.entry.content.by


def own_plan_id(by: str, nonce: str) -> str:
    """The plan id that belongs to an author and a nonce, so that nobody else can begin a plan under it."""
    return plan_id(hashlib.sha256(f"{by}\n{nonce}".encode()).digest())


def is_companion(member: Member, body: PlanBody, team: Iterable[Member] = ()) -> bool:
    """Whether a member goes along on the visit, by key, name or e-mail.

    Args:
        member: Who may be the companion.
        body: The plan.
        team: The other members, so that a second key or another spelling of the same person is seen.
    """
    selves = [member, *(other for other in team if other.same_person(member))]
    return any(_is(one, companion) for one in selves for companion in body.visit.companions)


def _is(member: Member, companion: Companion) -> bool:
    words = {word.strip("<>()[],;") for word in as_heard(companion.name).split()}
    return (
        companion.key == member.fingerprint
        or member.answers_to(companion.name)
        or as_heard(member.person.email) in words
    )


def is_cautious(body: Bodies) -> bool:
    """Whether an entry can only hold a visit back: a new version, a withdrawal, a return, a refusal."""
    return not isinstance(body, DecidedBody) or body.decision is not Decision.COUNTERSIGN


def judge(
    plan: str,
    entry: Verified,
    roster: Roster,
    order: Order,
    judged: Mapping[str, Judged],
    *,
    linked: bool = True,
) -> Judged:
    """Judge one entry; everything that its author had seen is in `judged` already.

    With `linked` false it is judged beside all entries, whether or not the record still shows that its author
    had seen them: what holds a visit back must not be lost because an entry between is missing.
    """
    content = entry.content
    team = roster.as_seen_by(content)
    author = team.get(content.by)
    if content.plan != plan:
        return Judged(entry, author, None, "it belongs to another plan")
    if content.kind not in FORMS:
        return Judged(entry, author, None, f"this visitsafe does not know the kind {content.kind[:40]!r}")
    if author is None:
        return Judged(entry, None, None, "its author was not in the team when it was made")
    try:
        body: Bodies = body_of(content, FORMS[content.kind])
    except VerificationError as error:
        return Judged(entry, author, None, error.message)
    earlier = [
        j for j in judged.values() if not j.why_not and (not linked or order.seen(j.entry.id, entry.id))
    ]
    return Judged(entry, author, body, _why_not(entry, author, body, earlier, team))


def _why_not(entry: Verified, author: Member, body: Bodies, earlier: Sequence[Judged], team: Members) -> str:
    if isinstance(body, DecidedBody):
        return _why_not_decided(entry, author, body, earlier, team)
    if isinstance(body, PlanBody) and not _has_times(body):
        return "its times are not those of a visit"
    if entry.content.kind != Kind.PLANNED:
        return _why_not_its_author(author, earlier)
    if isinstance(body, PlanBody) and own_plan_id(entry.content.by, body.nonce) != entry.content.plan:
        return "its author did not begin this plan"
    return "" if author.roles & PLANNERS else "its author may not plan visits"


def _has_times(body: PlanBody) -> bool:
    """Whether the visit's times are well formed, in order, and within what every clock can show."""
    try:
        from_text(body.visit.start)
        from_text(body.visit.due_back)
    except VerificationError:
        return False
    return EARLIEST < body.visit.start < body.visit.due_back < LATEST


def _why_not_its_author(author: Member, earlier: Sequence[Judged]) -> str:
    began = [j for j in earlier if j.entry.content.kind == Kind.PLANNED]
    if not began:
        return "it follows no plan"
    return "" if all(author.same_person(j.author) for j in began) else "only its author may change a plan"


def _why_not_decided(
    entry: Verified, author: Member, body: DecidedBody, earlier: Sequence[Judged], team: Members
) -> str:
    version = next((j for j in earlier if j.entry.id == body.of), None)
    if version is None or not isinstance(version.body, PlanBody):
        return "it decides on a version that its author had not seen"
    if Role.MANAGER not in author.roles:
        return "its author was not a manager when it was made"
    if author.same_person(version.author):
        return "nobody decides on their own plan"
    if is_companion(author, version.body, team.values()):
        return "nobody decides on a plan that they are the companion on"
    return _why_not_the_words(entry, body, version.body)


def _why_not_the_words(entry: Verified, body: DecidedBody, version: PlanBody) -> str:
    """What a countersignature needs. A return or a refusal counts as it is: caution needs no form."""
    if body.decision is not Decision.COUNTERSIGN:
        return ""
    if not body.rationale.strip():
        return "it gives no reasons"
    if entry.content.at > version.visit.start and not version.urgent:
        return "it was countersigned after the visit was to start"
    return ""
