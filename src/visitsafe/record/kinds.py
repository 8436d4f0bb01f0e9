"""One row for each kind of entry: what it says, who may sign it, and what it is called. Pure.

A new kind of entry begins here, with its body in `bodies`; what it means for a plan is in `state/`.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum

import msgspec

from visitsafe.record.bodies import (
    AcknowledgedBody,
    AddedBody,
    AgreedBody,
    AuditedBody,
    BackBody,
    Body,
    DebriefedBody,
    DecidedBody,
    DocumentedBody,
    EscalatedBody,
    ExtendedBody,
    FoundedBody,
    HeldBody,
    IncidentBody,
    KeyReplacedBody,
    MarkedBody,
    NotifiedBody,
    OpenedBody,
    PlanBody,
    PurgedBody,
    ReleasedBody,
    ReportBody,
    ResealedBody,
    RevokedBody,
    RoleChangedBody,
    SharedBody,
    StoodDownBody,
    WithdrawnBody,
)
from visitsafe.record.terms import ANSWERERS, PLANNERS, PURGERS, WATCHERS, WRITERS, Role, Stage


class Kind(StrEnum):
    """What an entry records. An unknown kind is kept and shown as unknown (D1)."""

    FOUNDED = "founded"
    ADDED = "added"
    ROLE_CHANGED = "role-changed"
    REVOKED = "revoked"
    KEY_REPLACED = "key-replaced"
    AGREED = "agreed"
    PLANNED = "planned"
    REVISED = "revised"
    WITHDRAWN = "withdrawn"
    DECIDED = "decided"
    OPENED = "opened"
    RESEALED = "resealed"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    OK = "ok"
    LEFT = "left"
    BACK = "back"
    EXTENDED = "extended"
    ESCALATED = "escalated"
    NOTIFIED = "notified"
    ACKNOWLEDGED = "acknowledged"
    STOOD_DOWN = "stood-down"
    INCIDENT = "incident"
    DEBRIEFED = "debriefed"
    SHARED = "shared"
    DOCUMENTED = "documented"
    MARKED = "marked"
    PURGED = "purged"
    HELD = "held"
    RELEASED = "released"
    AUDITED = "audited"


class EntryKind(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a kind of entry.

    Attributes:
        body: The form of what it says.
        heading: What it is called above an entry of the record, followed by who signed it.
        did: Of a report: what somebody did, in the past: `set out`.
        short: Of a report: the same where there is little room: `all right`.
        stage: Of a report: how far the visit has come with it. Whoever has arrived or left has set out.
        anyhow: It is signed although the team's record is damaged: a report, or what answers an alarm.
        closes: A plan can be closed after it.
        by_author: Only the plan's own author signs it, so anybody else's entry vouches for it.
        roles: One of these is needed to sign it; with none, anybody in the team signs it in a plan's record.
        lapses: Losing those roles later puts an entry in doubt, as the end of the key does.
    """

    body: type[Body]
    heading: str
    did: str = ""
    short: str = ""
    stage: Stage | None = None
    anyhow: bool = False
    closes: bool = False
    by_author: bool = False
    roles: AbstractSet[Role] = frozenset()
    lapses: bool = False

    def allows(self, roles: AbstractSet[Role]) -> bool:
        """Whether somebody with these roles may sign it."""
        return not self.roles or not self.roles.isdisjoint(roles)


TEAM_KINDS: Mapping[str, EntryKind] = {
    Kind.FOUNDED: EntryKind(body=FoundedBody, heading="Team founded"),
    Kind.ADDED: EntryKind(body=AddedBody, heading="Member added"),
    Kind.ROLE_CHANGED: EntryKind(body=RoleChangedBody, heading="Roles changed"),
    Kind.REVOKED: EntryKind(body=RevokedBody, heading="Revoked"),
    Kind.KEY_REPLACED: EntryKind(body=KeyReplacedBody, heading="Key replaced"),
    Kind.AGREED: EntryKind(body=AgreedBody, heading="Agreed"),
    Kind.HELD: EntryKind(body=HeldBody, heading="Held"),
    Kind.RELEASED: EntryKind(body=ReleasedBody, heading="Released"),
    Kind.AUDITED: EntryKind(body=AuditedBody, heading="Managers' audit"),
}
"""What stands in the team's own stream."""
PLAN_KINDS: Mapping[str, EntryKind] = {
    Kind.PLANNED: EntryKind(body=PlanBody, heading="Planned", by_author=True, roles=PLANNERS),
    Kind.REVISED: EntryKind(body=PlanBody, heading="New version", by_author=True),
    Kind.WITHDRAWN: EntryKind(body=WithdrawnBody, heading="Withdrawn", by_author=True, closes=True),
    Kind.DECIDED: EntryKind(
        body=DecidedBody, heading="Decided", roles=frozenset({Role.MANAGER}), lapses=True, closes=True
    ),
    Kind.OPENED: EntryKind(body=OpenedBody, heading="Tracing details opened", roles=ANSWERERS, anyhow=True),
    Kind.RESEALED: EntryKind(body=ResealedBody, heading="Tracing details sealed again", roles=ANSWERERS),
    Kind.DEPARTED: EntryKind(
        body=ReportBody, heading="Set out", did="set out", short="set out", stage=Stage.DEPARTED, anyhow=True
    ),
    Kind.ARRIVED: EntryKind(
        body=ReportBody, heading="Arrived", did="arrived", short="arrived", stage=Stage.ARRIVED, anyhow=True
    ),
    Kind.OK: EntryKind(
        body=ReportBody, heading="All right", did="reported being all right", short="all right", anyhow=True
    ),
    Kind.LEFT: EntryKind(
        body=ReportBody,
        heading="Left the address",
        did="left the address",
        short="left the address",
        stage=Stage.LEFT,
        anyhow=True,
    ),
    Kind.BACK: EntryKind(
        body=BackBody, heading="Back", did="was back", short="back", anyhow=True, closes=True
    ),
    Kind.EXTENDED: EntryKind(
        body=ExtendedBody,
        heading="New time due back",
        did="gave a new time due back",
        short="needs longer",
        anyhow=True,
    ),
    Kind.ESCALATED: EntryKind(body=EscalatedBody, heading="Step raised", roles=WATCHERS, lapses=True),
    Kind.NOTIFIED: EntryKind(body=NotifiedBody, heading="Message", roles=WATCHERS, lapses=True),
    Kind.ACKNOWLEDGED: EntryKind(body=AcknowledgedBody, heading="Taken on", anyhow=True),
    Kind.STOOD_DOWN: EntryKind(
        body=StoodDownBody, heading="Stood down", roles=ANSWERERS, lapses=True, anyhow=True, closes=True
    ),
    Kind.INCIDENT: EntryKind(body=IncidentBody, heading="Incident", anyhow=True),
    Kind.DEBRIEFED: EntryKind(body=DebriefedBody, heading="Talked over"),
    Kind.SHARED: EntryKind(body=SharedBody, heading="Other professionals", roles=WRITERS),
    Kind.DOCUMENTED: EntryKind(body=DocumentedBody, heading="Document", roles=WRITERS),
    Kind.MARKED: EntryKind(body=MarkedBody, heading="Warning marker"),
    Kind.PURGED: EntryKind(
        body=PurgedBody, heading="Content removed", roles=PURGERS, lapses=True, closes=True
    ),
}
"""What stands in the stream of a plan."""
KINDS: Mapping[str, EntryKind] = {**TEAM_KINDS, **PLAN_KINDS}
"""Every kind that this visitsafe knows. An entry of another is kept and shown as unknown (D1)."""
STAGES = {kind: row.stage for kind, row in KINDS.items() if row.stage is not None}
CLOSING = tuple(str(kind) for kind, row in KINDS.items() if row.closes)


def kind_words(kind: str) -> str:
    """What a kind of entry is called in a sentence; one that is not known, by its own name."""
    return KINDS[kind].heading.lower() if kind in KINDS else kind.lower()
