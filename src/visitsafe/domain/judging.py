"""Whether an entry of a plan counts: who may say what, as the record stood when they said it (D1, D5).

An entry that does not count stays in the record and is shown with the reason. Nothing here knows the time.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

import msgspec

from visitsafe.domain.doubt import Doubt
from visitsafe.domain.entries import body_of, from_text
from visitsafe.domain.order import Order
from visitsafe.domain.plan import (
    Companion,
    DecidedBody,
    OpenedBody,
    PlanBody,
    ResealedBody,
    WithdrawnBody,
)
from visitsafe.domain.refs import plan_id
from visitsafe.domain.roster import Member, Roster, as_heard, selves
from visitsafe.domain.terms import Decision, Kind, Role
from visitsafe.domain.verified import Verified
from visitsafe.errors import VerificationError

Bodies = PlanBody | DecidedBody | WithdrawnBody | OpenedBody | ResealedBody
FORMS: Mapping[str, type[Bodies]] = {
    Kind.PLANNED: PlanBody,
    Kind.REVISED: PlanBody,
    Kind.DECIDED: DecidedBody,
    Kind.WITHDRAWN: WithdrawnBody,
    Kind.OPENED: OpenedBody,
    Kind.RESEALED: ResealedBody,
}
"""The form of each kind's body. A new kind of entry begins here."""

PLANNERS = frozenset({Role.PRACTITIONER, Role.MANAGER})
OPENERS = frozenset({Role.MANAGER, Role.DUTY})
"""Who may open tracing details (D4)."""
EARLIEST, LATEST = "2000", "9000"
CLOCKS_APART = timedelta(minutes=10)
"""How much earlier a countersignature may claim to be than what it follows: clocks differ a little."""
_WORD = re.compile(r"\w+")
_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]*\w")
_AROUND_AT = re.compile(r"\s*@\s*")


class Judged(msgspec.Struct, frozen=True):
    """An entry of a plan and what the fold made of it.

    Attributes:
        entry: The entry.
        author: Who made it, as they were then; None for somebody who was not in the team.
        body: What it says; None if that cannot be read.
        why_not: Why it does not count; empty if it does.
        doubt: Why its time is in doubt, whether it counts or not; empty if it is not.
    """

    entry: Verified
    author: Member | None
    body: Bodies | None
    why_not: str = ""
    doubt: str = ""

    @property
    def name(self) -> str:
        """The author's name, or their key's fingerprint if the team does not know them."""
        return self.author.person.name if self.author else self.entry.content.by


def own_plan_id(by: str, nonce: str) -> str:
    """The plan id that belongs to an author and a nonce, so that nobody else can begin a plan under it."""
    return plan_id(hashlib.sha256(f"{by}\n{nonce}".encode()).digest())


def is_companion(member: Member, body: PlanBody, team: Iterable[Member] = ()) -> bool:
    """Whether a member goes along on the visit, by key, name or e-mail.

    A full name or an e-mail is seen among other words, such as "Nia Price (manager)"; a first name alone is
    not enough.

    Args:
        member: Who may be the companion.
        body: The plan.
        team: The other members, so that a second key or another spelling of the same person is seen.
    """
    people = selves(member, team)
    return any(_is(one, companion) for one in people for companion in body.visit.companions)


def is_self(member: Member, author: Member | None, team: Iterable[Member]) -> bool:
    """Whether two members are one person by any key and e-mail that the team ever had."""
    return any(one.same_person(author) for one in selves(member, team))


def _is(member: Member, companion: Companion) -> bool:
    if companion.key == member.fingerprint or member.answers_to(companion.name):
        return True
    name, said = words_of(member.person.name), words_of(companion.name)
    orders = {tuple(name), tuple(name[-1:] + name[:-1])}
    runs = {tuple(said[start : start + len(name)]) for start in range(len(said))}
    email = _ADDRESS.findall(seen_text(member.person.email))
    return (bool(name) and not runs.isdisjoint(orders)) or any(
        address in email for address in _ADDRESS.findall(seen_text(companion.name))
    )


def words_of(text: str) -> list[str]:
    """The words of a name as a person reads it: without capitals, punctuation and unseen characters."""
    return _WORD.findall(seen_text(text))


def seen_text(text: str) -> str:
    """A text without the characters that nobody sees, and without spaces around an @."""
    shown = "".join(character for character in text if unicodedata.category(character) != "Cf")
    return _AROUND_AT.sub("@", as_heard(shown))


def is_cautious(body: Bodies) -> bool:
    """Whether an entry can only hold a visit back: a new version, a withdrawal, a return, a refusal."""
    return not isinstance(body, DecidedBody) or body.decision is not Decision.COUNTERSIGN


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
    author = team.get(content.by)
    if content.plan != plan:
        return Judged(entry, author, None, "it belongs to another plan")
    if content.kind not in FORMS:
        return Judged(entry, author, None, f"this visitsafe does not know the kind {content.kind[:40]!r}")
    if author is None:
        return Judged(entry, None, None, _why_no_author(roster, content.by))
    try:
        body: Bodies = body_of(content, FORMS[content.kind])
    except VerificationError as error:
        return Judged(entry, author, None, error.message)
    earlier = [j for j in counted.values() if not linked or order.seen(j.entry.id, entry.id)]
    # Who a countersigner is, is judged by all that the team ever knew of them: leaving a second key out of
    # `after` must not help. What holds a visit back keeps to what its author knew, so that no later entry of
    # the team can take a refusal away.
    people = roster.known_to(content).values() if is_cautious(body) else roster.everyone
    why_not = _why_not(entry, author, body, earlier, people)
    if doubt is None:
        return Judged(entry, author, body, why_not)
    if doubt.late and not why_not and _must_be_proven(body):
        why_not = doubt.text
    return Judged(entry, author, body, why_not, doubt.text)


def _must_be_proven(body: Bodies) -> bool:
    """Whether an entry lets a visit go ahead, or says who can open the worker's details."""
    return isinstance(body, ResealedBody) or not is_cautious(body)


def _why_no_author(roster: Roster, by: str) -> str:
    if by in roster.known:
        return "its author's key was not in the team, or no longer, when it was made"
    return "its author was not in the team when it was made"


def _why_not(
    entry: Verified, author: Member, body: Bodies, earlier: Sequence[Judged], people: Iterable[Member]
) -> str:
    if isinstance(body, DecidedBody):
        return _why_not_decided(entry, author, body, earlier, people)
    if isinstance(body, OpenedBody | ResealedBody):
        return _why_not_opened(author, body, earlier)
    if isinstance(body, PlanBody) and not _has_times(body):
        return "its times are not those of a visit"
    if entry.content.kind != Kind.PLANNED:
        return _why_not_its_author(author, earlier)
    if isinstance(body, PlanBody) and own_plan_id(entry.content.by, body.nonce) != entry.content.plan:
        return "its author did not begin this plan"
    return "" if author.roles & PLANNERS else "its author may not plan visits"


def _why_not_opened(author: Member, body: OpenedBody | ResealedBody, earlier: Sequence[Judged]) -> str:
    of = next((j.body for j in earlier if j.entry.id == body.of), None)
    if not isinstance(of, PlanBody) or of.sealed is None:
        return "it names no sealed details that its author had seen"
    return "" if author.roles & OPENERS else "its author was not a manager or duty officer when it was made"


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
    return _why_not_the_words(entry, body, version.body) or _why_not_the_time(entry, earlier)


def _why_not_the_words(entry: Verified, body: DecidedBody, version: PlanBody) -> str:
    """What a countersignature must say, and until when."""
    if not body.rationale.strip():
        return "it gives no reasons"
    if entry.content.at > version.visit.start and not version.urgent:
        return "it was countersigned after the visit was to start"
    return ""


def _why_not_the_time(entry: Verified, earlier: Sequence[Judged]) -> str:
    """A countersignature cannot be dated back beyond what its author had seen."""
    newest = max((j.entry.content.at for j in earlier), default="")
    return "it says that it was made before what it follows" if is_earlier(entry.content.at, newest) else ""


def is_earlier(at: str, than: str) -> bool:
    """Whether a time lies before another by more than clocks differ; both UTC text."""
    return at < than and from_text(than) - from_text(at) > CLOCKS_APART
