"""Which alarms a visit has had, which is open, and what is open under duress (D15). Pure.

A stand-down ends what its author had seen and nothing else: a step that another watcher had raised meanwhile
stays open. Duress ends only by a manager's stand-down that follows it.
"""

from collections.abc import Sequence

from visitsafe.record.bodies import (
    AcknowledgedBody,
    EscalatedBody,
    IncidentBody,
    NotifiedBody,
    ReportBody,
    StoodDownBody,
)
from visitsafe.record.order import Order
from visitsafe.record.terms import ANSWERERS, Role
from visitsafe.state.events import Alarm, Event, said_in
from visitsafe.state.rules import Judged

Downs = Sequence[Event[StoodDownBody]]


def open_duress(order: Order, counted: Sequence[Judged], downs: Downs) -> Event[ReportBody] | None:
    """The first report under duress that no manager's stand-down has seen."""
    managers = [down.id for down in downs if Role.MANAGER in down.author.roles]
    said = [one for one in said_in(counted, ReportBody) if one.body.duress]
    return next((one for one in said if not any(order.seen(one.id, down) for down in managers)), None)


def unaware(
    order: Order, duress: Event[ReportBody] | None, owned: Sequence[Event[AcknowledgedBody]]
) -> set[str]:
    """Who took an alarm on without knowing of the duress: that takes nothing of it on."""
    if duress is None:
        return set()
    return {
        one.id for one in owned if one.author.roles.isdisjoint(ANSWERERS) or not order.seen(duress.id, one.id)
    }


def real_alarms(order: Order, counted: Sequence[Judged], downs: Downs) -> tuple[Alarm, ...]:
    """What was raised and taken on, by the first stand-down that had seen it; messages with their subject.

    Messages about an incident or a report belong to no alarm (`after`, `visit`).

    Args:
        order: The plan's entries.
        counted: Those that count.
        downs: The stand-downs that are no drill, in causal order.
    """

    def ended_by(name: str) -> int:
        return next((i for i, down in enumerate(downs) if order.seen(name, down.id)), len(downs))

    raised = [one for one in said_in(counted, EscalatedBody) if not one.body.drill]
    owned = [one for one in said_in(counted, AcknowledgedBody) if not one.body.drill]
    apart = {one.id for one in (*said_in(counted, IncidentBody), *said_in(counted, ReportBody))}
    sent = [one for one in said_in(counted, NotifiedBody) if not (one.body.drill or one.body.about in apart)]
    of = {one.id: ended_by(one.id) for one in (*raised, *owned)}
    of |= {down.id: index for index, down in enumerate(downs)}
    return tuple(
        Alarm(
            raised=tuple(one for one in raised if of[one.id] == index),
            sent=tuple(one for one in sent if of.get(one.body.about, len(downs)) == index),
            owned=tuple(one for one in owned if of[one.id] == index),
            over=downs[index] if index < len(downs) else None,
        )
        for index in range(len(downs) + 1)
    )


def drills_in(counted: Sequence[Judged]) -> dict[str, Alarm]:
    """The drills, by id; each ends with its first stand-down."""
    raised, sent = said_in(counted, EscalatedBody), said_in(counted, NotifiedBody)
    owned, downs = said_in(counted, AcknowledgedBody), said_in(counted, StoodDownBody)
    return {
        drill: Alarm(
            raised=tuple(one for one in raised if one.body.drill == drill),
            sent=tuple(one for one in sent if one.body.drill == drill),
            owned=tuple(one for one in owned if one.body.drill == drill),
            over=next((down for down in downs if down.body.drill == drill), None),
        )
        for drill in dict.fromkeys(one.body.drill for one in raised)
        if drill
    }
