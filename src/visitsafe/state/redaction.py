"""A plan as somebody may see it: in other words, or without its address. Pure.

The state that comes of it is for showing: nothing is signed from it. Duress is in `duress_redaction`.
"""

import re
from collections.abc import Mapping
from typing import Any, TypeVar, cast

import msgspec

from visitsafe.state.after import AfterState
from visitsafe.state.fold import PlanState
from visitsafe.state.visit import Alarm, Event, VisitState
from visitsafe.text.redact import LEFT_OUT, naming

B = TypeVar("B", bound=msgspec.Struct)
T = TypeVar("T")


def with_bodies(value: T, bodies: Mapping[str, Any]) -> T:
    """What was said on the way or afterwards with other bodies, by entry id."""
    new: Any = value
    if isinstance(value, Event):
        new = msgspec.structs.replace(value, body=bodies.get(value.id, value.body))
    elif isinstance(value, VisitState | AfterState | Alarm):
        parts = {name: with_bodies(getattr(value, name), bodies) for name in value.__struct_fields__}
        new = msgspec.structs.replace(value, **parts)
    elif isinstance(value, tuple):
        new = tuple(with_bodies(one, bodies) for one in value)
    elif isinstance(value, dict):
        new = {name: with_bodies(one, bodies) for name, one in value.items()}
    return cast("T", new)


def without_details(state: PlanState) -> PlanState:
    """The same plan without the address, also where an answer or a decision repeats it or a part of it."""
    pattern = naming(state.body.visit.address)
    judged = tuple(
        msgspec.structs.replace(one, body=_without(one.body, pattern)) if one.body else one
        for one in state.judged
    )
    by_id = {one.entry.id: one for one in judged}
    bodies = {name: one.body for name, one in by_id.items()}
    body = _without(state.body, pattern)
    return msgspec.structs.replace(
        state,
        body=msgspec.structs.replace(body, visit=msgspec.structs.replace(body.visit, address="")),
        withdrawn=pattern.sub(LEFT_OUT, state.withdrawn),
        judged=judged,
        decision=by_id[state.decision.entry.id] if state.decision else None,
        visit=with_bodies(state.visit, bodies),
        after=with_bodies(state.after, bodies),
    )


def _without(body: B, pattern: re.Pattern[str]) -> B:
    return msgspec.convert(_substituted(msgspec.to_builtins(body), pattern), type(body))


def _substituted(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(LEFT_OUT, value)
    if isinstance(value, list | tuple):
        return [_substituted(one, pattern) for one in value]
    if isinstance(value, dict):
        return {name: _substituted(one, pattern) for name, one in value.items()}
    return value
