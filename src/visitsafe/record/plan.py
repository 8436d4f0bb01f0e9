"""The body of a plan: what a practitioner signs, complete enough to be read without its checklist.

Structs, not pydantic: every command reads them. Times are UTC strings as in the entries,
`2026-11-23T15:30:00Z`.
What is added later is optional here, so that an older plan stays readable.
"""

import msgspec

from visitsafe.record.terms import Answer, Company, Decision, Level

LAST_TIME = "last-time-"
"""What the rule ids of findings begin with that come from earlier visits of the case (`last_time`)."""
LADDER_ALTERED = "ladder-altered"
"""The rule id of the finding that a plan's ladder is not its checklist's (`recheck`)."""
INCIDENT_BEFORE = f"{LAST_TIME}incident"
JOINT = "joint-visit"
"""The question whether anybody comes along at all, under the id that every checklist may use for it."""


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
        said = self.answers.get(JOINT, "")
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
