"""What counts about a visit, with the body's type known, and the alarms that it makes up. Pure."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Generic, Self, TypeVar

import msgspec

from visitsafe.record.bodies import (
    AcknowledgedBody,
    BackBody,
    EscalatedBody,
    ExtendedBody,
    NotifiedBody,
    ReportBody,
    StoodDownBody,
)
from visitsafe.record.terms import Kind
from visitsafe.state.rules import Judged
from visitsafe.team.people import Member

B = TypeVar("B", bound=msgspec.Struct)
B_co = TypeVar("B_co", bound=msgspec.Struct, covariant=True)
Reports = ReportBody | BackBody | ExtendedBody


class Event(msgspec.Struct, Generic[B_co], frozen=True):
    """A counted entry about the visit, with its body's type known.

    Attributes:
        id: The entry's id.
        kind: What happened.
        at: When it was signed, UTC text.
        author: Who signed it.
        body: What it says.
    """

    id: str
    kind: Kind
    at: str
    author: Member
    body: B_co

    @property
    def happened(self) -> str:
        """When it happened, by what the entry says; else when it was signed. UTC text."""
        return str(getattr(self.body, "happened", "")) or self.at

    @property
    def by_phone(self) -> bool:
        """Whether somebody else passed on what they had heard."""
        return getattr(self.body, "heard", None) is not None


class Alarm(msgspec.Struct, frozen=True):
    """What was raised from one stand-down to the next, who was told, and who took it on.

    Attributes:
        raised: The steps that were raised, in order.
        sent: The messages about them, about what was taken on, and about the end; sent or failed.
        owned: Who took which step on.
        over: The stand-down that ended it; None while it is open.
    """

    raised: tuple[Event[EscalatedBody], ...] = ()
    sent: tuple[Event[NotifiedBody], ...] = ()
    owned: tuple[Event[AcknowledgedBody], ...] = ()
    over: Event[StoodDownBody] | None = None


class Counted(tuple[Judged, ...]):  # noqa: SLOT001 - it keeps what it has sorted
    """The entries that count, sorted by what they say once: a fold asks for each form many times.

    Attributes:
        lapsed: Those that count no more and keep a visit watched all the same (`Judged.watches`).
    """

    lapsed: Sequence[Judged] = ()

    @classmethod
    def among(cls, judged: Sequence[Judged]) -> Self:
        """Those of a plan's entries that count, with those that lapsed."""
        counted = cls(one for one in judged if not one.why_not and one.author is not None)
        counted.lapsed = tuple(one for one in judged if one.watches)
        return counted

    @cached_property
    def _said(self) -> dict[type, list[Event[Any]]]:
        said: dict[type, list[Event[Any]]] = {}
        for one in self:
            if one.author is not None and one.body is not None:
                content = one.entry.content
                new: Event[Any] = Event(one.entry.id, Kind(content.kind), content.at, one.author, one.body)
                said.setdefault(type(one.body), []).append(new)
        return said

    def said(self, kind: type[B]) -> list[Event[B]]:
        """See `said_in`; no form is a kind of another."""
        return list(self._said.get(kind, ()))


def said_in(counted: Sequence[Judged], kind: type[B]) -> list[Event[B]]:
    """The entries that count whose body is of a kind, in their order."""
    if isinstance(counted, Counted):
        return counted.said(kind)
    return [
        Event(one.entry.id, Kind(one.entry.content.kind), one.entry.content.at, one.author, one.body)
        for one in counted
        if isinstance(one.body, kind) and one.author is not None
    ]
