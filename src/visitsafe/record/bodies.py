"""The body of a plan: what a practitioner signs, complete enough to be read without its checklist.

Structs, not pydantic: every command reads them. Times are UTC strings as in the entries,
`2026-11-23T15:30:00Z`.
What is added later is optional here, so that an older plan stays readable.
"""

import msgspec

from visitsafe.record.meanings import Meaning
from visitsafe.record.terms import Answer, Because, Company, Decision, Level, Outcome

LAST_TIME = "last-time-"
"""What the rule ids of findings begin with that come from earlier visits of the case (`last_time`)."""
LADDER_ALTERED = "ladder-altered"
"""The rule id of the finding that a plan's ladder is not its checklist's (`recheck`)."""
INCIDENT_BEFORE = f"{LAST_TIME}incident"


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """The base of all that stands in an entry: frozen, and lenient towards fields it does not know."""


class Suggestion(Body, frozen=True, kw_only=True):
    """A control measure that a rule suggests; `tell` is set if it concerns others who visit."""

    id: str
    text: str
    tell: bool | msgspec.UnsetType = msgspec.UNSET


class Finding(Body, frozen=True, kw_only=True):
    """What a rule says about the answers.

    Attributes:
        rule: The rule's id.
        level: How much it weighs.
        text: The sentence shown.
        source: Document and paragraph.
        because: The answers that raised it, in words.
        settle: The questions whose answers could settle it.
        suggest: Control measures to choose from.
    """

    rule: str
    level: Level
    text: str
    source: str
    because: tuple[str, ...] = ()
    settle: tuple[str, ...] = ()
    suggest: tuple[Suggestion, ...] = ()

    @property
    def from_before(self) -> bool:
        """Whether it comes from earlier visits of the case, and not from an answer."""
        return self.rule.startswith(LAST_TIME)


class Control(Body, frozen=True, kw_only=True):
    """A control measure: what is done, who does it, and the rule whose finding it answers."""

    rule: str
    text: str
    who: str


class Companion(Body, frozen=True, kw_only=True):
    """Who comes along on a joint visit; `key` if that person is in the team's roster."""

    name: str
    key: str | None = None


class Visit(Body, frozen=True, kw_only=True):
    """The facts of a visit. `start` and `due_back` are UTC; `case` is a reference, never a name (D14).

    `nobody` is set if it was asked who comes along, and the answer was nobody.
    """

    case: str
    area: str
    start: str
    due_back: str
    purpose: str
    address: str = ""
    companions: tuple[Companion, ...] = ()
    nobody: bool | msgspec.UnsetType = msgspec.UNSET
    person_visited: str = "the person visited"


class Shown(Body, frozen=True, kw_only=True):
    """A question as it was shown, and its answer in words, so that the plan outlives its checklist."""

    id: str
    section: str
    label: str
    ask: str
    answer: str
    source: str


class Duty(Body, frozen=True, kw_only=True):
    """What has to be shared with other professionals, by when, on what ground.

    Attributes:
        trigger: The id of the question that raised it.
        label: The question in a few words.
        ground: On what ground it is shared.
        recipients: Who is told, each by role and agency; empty while nobody is named.
        by: UTC, by when.
        decision: `share` or `not-share`.
        reason: Why not, if not.
        before: For each of those, in which earlier plan of the case, by its id, this duty stands: there it is
            met, and not in this one; "" where nobody is named.
    """

    trigger: str
    label: str
    ground: str
    recipients: tuple[str, ...]
    by: str
    decision: str
    source: str
    reason: str = ""
    before: dict[str, str] | msgspec.UnsetType = msgspec.UNSET


class KnownFact(Body, frozen=True, kw_only=True):
    """A fact that a plan was made with (`facts`): computed, or on record about the case (D17).

    Attributes:
        name: Its dotted name, such as `visit.light`.
        value: One of the values that it can have.
        text: What was shown, in words.
        entries: The ids of the entries behind it; none where it was computed.
        details: What it was computed from: for light `place`, `sunrise`, `sunset`, `dusk`, times in UTC.
    """

    name: str
    value: str
    text: str
    entries: tuple[str, ...] = ()
    details: dict[str, str] = {}


class Made(Body, frozen=True, kw_only=True):
    """A checklist that the plan was made with; `digest` is the SHA-256 of the file's bytes."""

    id: str
    version: str
    digest: str


class Rung(Body, frozen=True, kw_only=True):
    """A step of the escalation ladder as it stood.

    Attributes:
        after: Minutes after the time due back, or after the start.
        who: Roles, and names of people.
        counts_from: `start` if it counts from there; left out for the time due back.
        missing: The step falls away once this was reported: `departed`, `arrived` or `left`; else left out.
    """

    id: str
    after: int
    who: tuple[str, ...]
    do: str
    source: str
    acknowledge: bool = False
    counts_from: str | msgspec.UnsetType = msgspec.UNSET
    missing: str | msgspec.UnsetType = msgspec.UNSET

    @property
    def early(self) -> bool:
        """Whether it counts from the start: such a step only tells, and takes no other's place."""
        return self.counts_from == "start"


class Ladder(Body, frozen=True, kw_only=True):
    """The escalation that goes with the plan. `start` is the step at which it starts if it is high risk."""

    grace_minutes: int
    steps: tuple[Rung, ...]
    high_risk: bool = False
    start: str = ""


class Sealed(Body, frozen=True, kw_only=True):
    """Something encrypted in the age format (D4).

    Attributes:
        age: The age file, base64.
        to: The fingerprints of the members' keys that it is sealed to.
        given: UTC, when the details were last looked over by the worker.
        valid_until: UTC, after which they are flagged as old; empty if that is not known.
    """

    age: str
    to: tuple[str, ...]
    given: str
    valid_until: str = ""


class Attested(Body, frozen=True, kw_only=True):
    """What the manager confirmed, in the words shown."""

    id: str
    text: str


class Needs(Body, frozen=True, kw_only=True):
    """A countersignature must carry conditions if there are findings of these levels, or by these rules."""

    text: str
    levels: tuple[Level, ...] = ()
    rules: tuple[str, ...] = ()


class Countersigning(Body, frozen=True, kw_only=True):
    """What a manager confirms by countersigning, and when conditions are needed; `id`: the checklist."""

    id: str
    attest: tuple[Attested, ...]
    conditions: tuple[Needs, ...] = ()


class PlanBody(Body, frozen=True, kw_only=True):
    """The body of `planned` and `revised`.

    Attributes:
        standing: For each standing answer used: when it was given (UTC).
        shown: Questions and answers in words, in the order asked.
        urgent: Why the visit goes before it is countersigned; empty if it does not.
        repeats: The plan id that this one repeats.
        nonce: In `planned`: random hex that, with the author's key, makes the plan's id (`fold.own_plan_id`).
        sealed: The worker's tracing details (D4); None if the worker has given none.
        facts: What was known when it was made; read it by `known`. It is left out where nothing was.
        review: What deciding goes by, so that a manager needs no checklist of their own.
    """

    visit: Visit
    answers: dict[str, str | tuple[str, ...]]
    findings: tuple[Finding, ...] = ()
    controls: tuple[Control, ...] = ()
    sharing: tuple[Duty, ...] = ()
    standing: dict[str, str] = {}
    shown: tuple[Shown, ...] = ()
    checklists: tuple[Made, ...] = ()
    ladder: Ladder | None = None
    urgent: str = ""
    repeats: str = ""
    nonce: str = ""
    sealed: "Sealed | None" = None
    facts: tuple[KnownFact, ...] | msgspec.UnsetType = msgspec.UNSET
    review: Countersigning | msgspec.UnsetType = msgspec.UNSET

    @property
    def known(self) -> tuple[KnownFact, ...]:
        """The facts that it was made with."""
        return () if isinstance(self.facts, msgspec.UnsetType) else self.facts

    @property
    def company(self) -> Company:
        """Whether anybody comes along, as far as the worker was asked (D19)."""
        if self.visit.companions:
            return Company.WITH
        if self.visit.nobody is True:
            return Company.ALONE
        said = self.answers.get(Meaning.JOINT, "")
        known = {Answer.YES: Company.WITH, Answer.NO: Company.ALONE, Answer.NOT_SURE: Company.NOT_SURE}
        return known.get(Answer(said), Company.NOT_ASKED) if said in set(Answer) else Company.NOT_ASKED


class DecidedBody(Body, frozen=True, kw_only=True):
    """The body of `decided`.

    Attributes:
        of: The entry id of the plan's version that was decided on.
        rationale: The manager's reasons, in the manager's words.
        conditions: What must be so for the countersignature to hold.
        purpose_met: For a refusal: how the purpose of the visit will be met instead (D12).
        attested: What was confirmed by countersigning.
        checklist: The review checklist used.
    """

    of: str
    decision: Decision
    rationale: str
    conditions: tuple[str, ...] = ()
    purpose_met: str = ""
    attested: tuple[Attested, ...] = ()
    checklist: Made | None = None


class WithdrawnBody(Body, frozen=True, kw_only=True):
    """The body of `withdrawn`: the plan will not be carried out, and why."""

    reason: str


class OpenedBody(Body, frozen=True, kw_only=True):
    """The body of `opened`: the tracing details sealed in entry `of` were opened, and why."""

    of: str
    reason: str


class ResealedBody(Body, frozen=True, kw_only=True):
    """The body of `resealed`: the details sealed in entry `of`, sealed again to those who need them now."""

    of: str
    sealed: Sealed
    reason: str


class Person(Body, frozen=True, kw_only=True):
    """A member as the roster names them.

    Attributes:
        name: As colleagues know them.
        email: The work e-mail; two keys with the same e-mail belong to one person.
        key: An OpenSSH public key line without its comment, ssh-ed25519 or sk-ssh-ed25519@openssh.com.
        seal: An age recipient (`age1...`) for a person whose key cannot decrypt, such as one in hardware or
            only in an agent; empty where the key itself is sealed to.
    """

    name: str
    email: str
    key: str
    seal: str = ""


class Place(Body, frozen=True, kw_only=True):
    """The agency's place, for daylight and local time. Degrees north and east; an IANA time zone."""

    name: str
    latitude: float
    longitude: float
    timezone: str


class FoundedBody(Body, frozen=True, kw_only=True):
    """The body of `founded`, the first entry of the team's stream; its id is the team's id (D5)."""

    team: str
    person: Person
    roles: tuple[str, ...]
    place: Place | None = None


class AddedBody(Body, frozen=True, kw_only=True):
    """The body of `added`: a member and the roles they start with."""

    person: Person
    roles: tuple[str, ...]


class RoleChangedBody(Body, frozen=True, kw_only=True):
    """The body of `role-changed`: the roles that the member with this key has from now on."""

    key: str
    roles: tuple[str, ...]


class RevokedBody(Body, frozen=True, kw_only=True):
    """The body of `revoked`: the member's key counts no more, and why. `key` is its fingerprint."""

    key: str
    reason: str


class KeyReplacedBody(Body, frozen=True, kw_only=True):
    """The body of `key-replaced`: the new key of a person takes over the roles of the old one, which ends.

    Signed by the old key, which vouches for the new one, or by an admin if the old key is lost.
    """

    old: str
    person: Person


class AgreedBody(Body, frozen=True, kw_only=True):
    """The body of `agreed`: what everyone in the team must agree on (D15). What is None stays as it was.

    Attributes:
        place: For daylight and local time.
        desk_phone: The duty desk's telephone number.
        country: Whose telephone numbers are meant where none is named: two letters, such as `IE`.
        duress: The duress phrase, sealed to managers and duty officers.
        keep_days: Days for which a case's records are kept after its last visit.
        keep_days_incident: The same for a case with an incident, if that is longer.
    """

    place: Place | None = None
    desk_phone: str | None = None
    country: str | msgspec.UnsetType = msgspec.UNSET
    duress: Sealed | None = None
    keep_days: int | None = None
    keep_days_incident: int | None = None


class HeldBody(Body, frozen=True, kw_only=True):
    """The body of `held`: nothing of this case is removed until somebody releases it. By manager or admin."""

    case: str
    reason: str


class ReleasedBody(Body, frozen=True, kw_only=True):
    """The body of `released`: ends the holds on this case that its author had seen."""

    case: str
    reason: str = ""


class AuditedBody(Body, frozen=True, kw_only=True):
    """The body of `audited`: a manager looked at what managers owe to those whom they send (8.1).

    Attributes:
        form: The checklist of kind `form` that was asked.
        answers: By question id.
        shown: Questions and answers in words, in the order asked.
        findings: What the answers pointed out.
        wanting: The questions of which the answer is the unsafe one; not sure counts as that (D7).
        evidence: What the record said about a question, by its id: sentences, as they stood beside it.
        first: The first day that the evidence is about.
        last: The last day.
        remarks: Sentences about the evidence as a whole, such as what could not be counted.
    """

    form: Made
    answers: dict[str, str | tuple[str, ...]]
    shown: tuple[Shown, ...] = ()
    findings: tuple[Finding, ...] = ()
    wanting: tuple[str, ...] = ()
    evidence: dict[str, tuple[str, ...]] = {}
    first: str = ""
    last: str = ""
    remarks: tuple[str, ...] = ()


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


class Heard(Body, frozen=True, kw_only=True):
    """Somebody's word as another person took it down.

    Attributes:
        person: The fingerprint of a key of the person who spoke.
        known_by: How the signer knew that it was that person.
    """

    person: str
    known_by: str


class Condition(Body, frozen=True, kw_only=True):
    """A manager's condition, in the words shown, and whether it is met: `yes`, `no`, empty if nobody said."""

    text: str
    met: str = ""


class Comes(Body, frozen=True, kw_only=True):
    """Somebody who comes along after all, or does not; `key` if that person is in the team's roster."""

    name: str
    comes: bool
    key: str | None = None


class ReportBody(Body, frozen=True, kw_only=True):
    """The body of `departed`, `arrived`, `ok` and `left`.

    Attributes:
        of: The entry id of the plan's version that the signer had before them.
        happened: When it happened, if that is not when it was signed; else empty.
        heard: If somebody else than the worker signs: whose word it is.
        note: Anything to add.
        urgent: In `departed`: why the visit cannot wait for a countersignature.
        stopped: In `left`: the worker broke the visit off or turned back.
        duress: In `ok`: the team's duress phrase was spoken (D15).
        conditions: The conditions that were shown, and what was said of each; left out if there were none.
        company: Who comes along or does not, other than was planned; left out if nothing was said of it.
        findings: What the checklist's rules say of that and did not say of the plan; left out if nothing.
    """

    of: str
    happened: str = ""
    heard: Heard | None = None
    note: str = ""
    urgent: str = ""
    stopped: bool = False
    duress: bool = False
    conditions: tuple[Condition, ...] | msgspec.UnsetType = msgspec.UNSET
    company: tuple[Comes, ...] | msgspec.UnsetType = msgspec.UNSET
    findings: tuple[Finding, ...] | msgspec.UnsetType = msgspec.UNSET

    @property
    def differs(self) -> bool:
        """Whether a manager has to hear of it: a condition is not met, or others go along than planned."""
        return bool(self.company) or any(one.met == Answer.NO for one in self.conditions or ())


class BackBody(Body, frozen=True, kw_only=True):
    """The body of `back`: the worker has returned, or is home. Members as in `ReportBody`."""

    of: str
    happened: str = ""
    heard: Heard | None = None
    note: str = ""


class ExtendedBody(Body, frozen=True, kw_only=True):
    """The body of `extended`: the worker is due back at `until` now. Members as in `ReportBody`."""

    of: str
    until: str
    heard: Heard | None = None
    note: str = ""


class EscalatedBody(Body, frozen=True, kw_only=True):
    """The body of `escalated`: a step of the ladder was raised by a watcher.

    Attributes:
        of: The plan's version whose ladder it is.
        step: The step's id.
        due: When it fell due. A step is raised once for each time at which it falls due.
        watcher: Which run of `visitsafe watch` raised it.
        unwatched_from: If it was raised late because nobody was watching: since when.
        drill: The drill's id, if it is only a drill.
    """

    of: str
    step: str
    due: str
    watcher: str
    unwatched_from: str = ""
    drill: str = ""


class NotifiedBody(Body, frozen=True, kw_only=True):
    """The body of `notified`: a message went out, or could not.

    Attributes:
        about: The entry that it is about: `escalated`, `acknowledged`, `stood-down`, `back`, `incident`, or a
            report of something that was agreed otherwise.
        channel: The channel's label in the desk's settings, never its address.
        round: 0 for the first message about that entry, then 1, 2, 3: it goes on until somebody takes it on.
        attempt: 1, 2, 3 where a message was tried again.
        outcome: Whether it was handed over.
        why: Why not, in a few words.
        drill: The drill's id, if it is only a drill.
    """

    about: str
    channel: str
    outcome: Outcome
    round: int = 0
    attempt: int = 1
    why: str = ""
    drill: str = ""


class AcknowledgedBody(Body, frozen=True, kw_only=True):
    """The body of `acknowledged`: somebody other than the worker has taken this on.

    Attributes:
        step: The step of the ladder that they took on; it covers the steps before it too.
        heard: If somebody else than the owner signs: whose word it is.
        note: Anything to add.
        drill: The drill's id, if it is only a drill.
    """

    step: str
    heard: Heard | None = None
    note: str = ""
    drill: str = ""


class StoodDownBody(Body, frozen=True, kw_only=True):
    """The body of `stood-down`: the alarm is over.

    Attributes:
        because: Why.
        note: What was found out, and how.
        until: If the visit goes on: when the worker is due back now. Empty: the watch over this visit ends.
        drill: The drill's id, if only a drill was stood down.
    """

    because: Because
    note: str = ""
    until: str = ""
    drill: str = ""


class BeatBody(Body, frozen=True, kw_only=True):
    """The body of a watcher's heartbeat, signed by the desk's key, kept outside the record.

    Attributes:
        watcher: Which run of `visitsafe watch`, random hex.
        host: The computer's name. With `pid`, tells a watcher whether another one here has died.
        pid: The process.
        since: When this run began.
        every: Seconds between rounds; 0 for a single round.
        visits: How many visits it is watching.
        healthy: Whether the last round went well.
        trouble: What is wrong, in a sentence.
        gap_from: The last time that nobody was watching, as far as this run knows: from here,
        gap_until: until here.
        ended: This run has ended in order: it does not watch any more.
    """

    watcher: str
    host: str
    pid: int
    since: str
    every: int
    visits: int
    healthy: bool = True
    trouble: str = ""
    gap_from: str = ""
    gap_until: str = ""
    ended: bool = False


VisitBody = (
    ReportBody | BackBody | ExtendedBody | EscalatedBody | NotifiedBody | AcknowledgedBody | StoodDownBody
)


NOT_ASKED = "not-asked"
"""What an incident says of whether anybody was hurt where its form does not ask it."""


class Action(Body, frozen=True, kw_only=True):
    """What somebody will do: `who` by role and agency or name, `by` a day, empty where none was named."""

    what: str
    who: str
    by: str = ""


class Filled(Body, frozen=True, kw_only=True):
    """A form that was filled in: what an incident, a debrief and a document have in common.

    Attributes:
        of: The entry id of the plan's version that the signer had before them.
        form: The checklist of kind `form`.
        answers: By question id.
        shown: Questions and answers in words, in the order asked.
        findings: What the answers raised: pointers, never verdicts.
        heard: If somebody else than whom it happened to signs: whose word it is.
        happened: When it happened, if that is not when it was signed; else empty.
        sharing: What has to be shared with other professionals because of it.
        replaces: The entry that this one corrects; empty if none. Both stay in the record.
    """

    of: str
    form: Made
    answers: dict[str, str | tuple[str, ...]]
    shown: tuple[Shown, ...] = ()
    findings: tuple[Finding, ...] = ()
    heard: Heard | None = None
    happened: str = ""
    sharing: tuple[Duty, ...] = ()
    replaces: str = ""


class IncidentBody(Filled, frozen=True, kw_only=True):
    """The body of `incident`.

    Attributes:
        near_miss: Nothing came of it, and it might have.
        behaviours: Which kinds of threatening behaviour (6.2), by the ids of the form's choices.
        hurt: Whether anybody was hurt: `yes`, `no`, `not-sure`, or `not-asked`.
    """

    near_miss: bool = False
    behaviours: tuple[str, ...] = ()
    hurt: str = "no"


class DebriefedBody(Filled, frozen=True, kw_only=True):
    """The body of `debriefed`.

    Attributes:
        next_time: What changes next time, in the worker's words: carried to the next plan of the case.
        not_seen: Who was to be seen and was not.
        effects: How it felt, by the ids of the form's choices (6.6); empty if nothing was said.
        about: The incidents that its author was shown, by entry id; None if it does not say.
    """

    next_time: str = ""
    not_seen: str = ""
    effects: tuple[str, ...] = ()
    about: tuple[str, ...] | None = None


class DocumentedBody(Filled, frozen=True, kw_only=True):
    """The body of `documented`: a document of the case.

    Attributes:
        document: Which: a `terms.Document`.
        actions: Who does what by when.
        review: The day on which it is looked at again; empty if it names none.
    """

    document: str
    actions: tuple[Action, ...] = ()
    review: str = ""


class SharedBody(Body, frozen=True, kw_only=True):
    """The body of `shared`: a duty to tell other professionals was met, or it was decided not to.

    Attributes:
        of: The entry that made it a duty: a version of the plan, an incident or a debrief; for something
            shared without a duty, the version of the plan.
        trigger: The duty's trigger; empty if it was no duty.
        decision: `share` or `not-share`.
        recipients: Who was told, each by role and agency.
        how: By what way: by telephone, at a meeting, by letter.
        what: What was said: facts and precautions.
        reason: Why not, if not.
        happened: When, if that is not when it was signed; else empty.
    """

    of: str
    trigger: str = ""
    decision: str
    recipients: tuple[str, ...] = ()
    how: str = ""
    what: str = ""
    reason: str = ""
    happened: str = ""


class MarkedBody(Body, frozen=True, kw_only=True):
    """The body of `marked`: where a warning marker about the case stands, or that there is none (D14).

    Attributes:
        of: The entry id of the plan's version that the signer had before them.
        found: Whether there is a marker.
        system: The system that holds it.
        reference: Its reference there. Never what it says.
        checked: The day on which it was looked up.
        review: The day on which its review is due; empty if it names none.
    """

    of: str
    found: bool
    checked: str
    system: str = ""
    reference: str = ""
    review: str = ""


AfterBody = IncidentBody | DebriefedBody | DocumentedBody | SharedBody | MarkedBody
