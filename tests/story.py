"""Signed histories in one readable line: `begun().planned().decided(by=MO)`.

A `Story` is what one copy of a record holds. It never changes: each step returns a longer one whose new
entry follows all that this copy has seen. Two copies that went on apart are joined with `|`, by set union.
Keys come from fixed seeds and time is always `NOW` or counted from it, so that every run is the same.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from story_plan import DUE_BACK, NOW, START, calm_visit, decision_on, hostile_visit, visit
from visitsafe.record.bodies import AddedBody, Companion, FoundedBody, Person, Place, PlanBody, WithdrawnBody
from visitsafe.record.entry import Verified, compose, seal_entry, verify_entry
from visitsafe.record.kinds import Kind
from visitsafe.record.order import Order
from visitsafe.record.ssh import KEY_TYPE, FileSigner, line_of, pack
from visitsafe.record.terms import TEAM_STREAM
from visitsafe.state.fold import PlanState, fold
from visitsafe.state.rules import own_plan_id
from visitsafe.team.roster import Roster

__all__ = [
    "ADA",
    "DUE_BACK",
    "EVE",
    "MO",
    "NIA",
    "NOW",
    "SAM",
    "SAM_AT_HOME",
    "START",
    "Actor",
    "Story",
    "begun",
    "calm_visit",
    "decision_on",
    "founded",
    "hostile_visit",
    "visit",
]


@dataclass(frozen=True)
class Actor:
    """Somebody with a key. `key` tells two keys of one person apart."""

    name: str
    email: str
    key: str = ""

    @cached_property
    def signer(self) -> FileSigner:
        """Signs with this actor's key."""
        seed = hashlib.sha256(f"{self.email} {self.key}".encode()).digest()
        private = Ed25519PrivateKey.from_private_bytes(seed)
        return FileSigner(line_of(pack(KEY_TYPE, private.public_key().public_bytes_raw())), private)

    @property
    def person(self) -> Person:
        """As the roster names them."""
        return Person(name=self.name, email=self.email, key=self.signer.public_line)

    @property
    def fingerprint(self) -> str:
        """What entries name in `by`."""
        return self.signer.fingerprint

    @property
    def companion(self) -> Companion:
        """The actor as somebody who goes along."""
        return Companion(name=self.name, key=self.fingerprint)


ADA = Actor("Ada Founder", "ada@example.org")
SAM = Actor("Sam Okafor", "sam@example.org")
SAM_AT_HOME = Actor("Sam Okafor", "Sam@example.org", key="second")
MO = Actor("Mo Khan", "mo@example.org")
NIA = Actor("Nia Price", "nia@example.org")
EVE = Actor("Eve Stranger", "eve@example.com")
TEAM = {SAM: ("practitioner",), MO: ("manager",), NIA: ("manager",)}


@dataclass(frozen=True)
class Story:
    """A copy of the record: the team's entries, those of one plan, and when the next one will be made."""

    team: tuple[Verified, ...] = ()
    entries: tuple[Verified, ...] = ()
    at: datetime = NOW
    plan: str = ""

    def __or__(self, other: "Story") -> "Story":
        """Both copies together."""
        team = {entry.id: entry for entry in (*self.team, *other.team)}
        entries = {entry.id: entry for entry in (*self.entries, *other.entries)}
        latest = max(self.at, other.at)
        return replace(self, team=tuple(team.values()), entries=tuple(entries.values()), at=latest)

    @cached_property
    def roster(self) -> Roster:
        """The team, folded."""
        return Roster(self.team, self.team[0].id)

    @cached_property
    def state(self) -> PlanState:
        """The plan, folded."""
        return fold(self.plan, self.entries, self.roster)

    @property
    def newest(self) -> Verified:
        """The entry made last."""
        return self.entries[-1]

    def added(self, who: Actor, *roles: str, by: Actor = ADA) -> "Story":
        """A member joins the team."""
        return self._team_entry(by, Kind.ADDED, AddedBody(person=who.person, roles=roles))

    def planned(self, by: Actor = SAM, body: PlanBody | None = None, at: datetime | None = None) -> "Story":
        """A plan begins; its id comes from its author and the body's nonce."""
        body = body or hostile_visit()
        story = replace(self, plan=self.plan or own_plan_id(by.fingerprint, body.nonce))
        return story.entry(by, Kind.PLANNED, body, at)

    def revised(self, by: Actor = SAM, body: PlanBody | None = None, at: datetime | None = None) -> "Story":
        """A new version."""
        return self.entry(by, Kind.REVISED, body or hostile_visit(nonce=""), at)

    def withdrawn(self, by: Actor = SAM, reason: str = "The family has moved away.") -> "Story":
        """The plan will not be carried out."""
        return self.entry(by, Kind.WITHDRAWN, WithdrawnBody(reason=reason))

    def decided(
        self, decision: str = "countersign", by: Actor = MO, at: datetime | None = None, **changes: Any
    ) -> "Story":
        """A manager decides on the version in force."""
        of = self.state.version.id if "of" not in changes else changes.pop("of")
        return self.entry(by, Kind.DECIDED, decision_on(of, decision, **changes), at)

    def entry(self, by: Actor, kind: str, body: msgspec.Struct, at: datetime | None = None) -> "Story":
        """Any entry of the plan's stream, fitting or not."""
        made = self._sealed(self.plan, by, kind, body, at)
        return replace(self, entries=(*self.entries, made), at=self.at + timedelta(minutes=1))

    def _team_entry(self, by: Actor, kind: str, body: msgspec.Struct) -> "Story":
        made = self._sealed(TEAM_STREAM, by, kind, body, None)
        return replace(self, team=(*self.team, made), at=self.at + timedelta(minutes=1))

    def _sealed(
        self, stream: str, by: Actor, kind: str, body: msgspec.Struct, at: datetime | None
    ) -> Verified:
        after = Order(self.team).heads if self.team else []
        if stream != TEAM_STREAM and self.entries:
            after = [*after, *Order(self.entries).heads]
        payload = compose(stream, kind, at or self.at, by.fingerprint, after, body)
        return verify_entry(seal_entry(payload, by.signer))


def founded(by: Actor = ADA, **changes: Any) -> Story:
    """A team with one member, an hour before `NOW`."""
    place = Place(name="Salford", latitude=53.49, longitude=-2.29, timezone="Europe/London")
    body = FoundedBody(
        **{"team": "Salford East", "person": by.person, "roles": ("admin",), "place": place, **changes}
    )
    return Story(at=NOW - timedelta(hours=1))._team_entry(by, Kind.FOUNDED, body)


def begun() -> Story:
    """A team of Ada (admin), Sam (practitioner), Mo and Nia (managers); the next entry is made at `NOW`."""
    story = founded()
    for who, roles in TEAM.items():
        story = story.added(who, *roles)
    return replace(story, at=NOW)
