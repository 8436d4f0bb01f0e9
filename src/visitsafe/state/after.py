"""What was recorded after a visit, folded from the counted entries of a plan. Pure.

The same in whatever order they came. What was corrected does not count any more, and is kept beside. Of
corrections whose authors had not seen each other all stand, the worst first. An incident is talked over by a
debrief whose author had seen it: one that was signed at the same time elsewhere, or by somebody who was not
shown it, does not end it. What only completes an incident, such as a police reference that came later, is
still the same incident: who was told of it, and talked it over, need not again.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import msgspec

from visitsafe.record.bodies import (
    NOT_ASKED,
    DebriefedBody,
    DocumentedBody,
    Filled,
    IncidentBody,
    MarkedBody,
    NotifiedBody,
    SharedBody,
    Shown,
)
from visitsafe.record.meanings import Meaning
from visitsafe.record.order import Order
from visitsafe.record.terms import Answer
from visitsafe.state.rules import Judged
from visitsafe.state.visit import Counted, Event, said_in

F = TypeVar("F", bound=Filled)
_UNSAFE = (Answer.YES, Answer.NOT_SURE)


class AfterState(msgspec.Struct, frozen=True):
    """What was recorded after a visit; all in causal order.

    Attributes:
        incidents: Incidents and near misses, without those that were corrected.
        debriefs: How it was, in the words of those who went.
        shared: What was shared with other professionals, or decided not to be.
        documents: Written agreement, risk reduction plan and the like, without those that were replaced.
        markers: Where warning markers stand; the last one is the newest.
        not_talked_over: The incidents that no debrief has followed, by entry id.
        told: The messages about incidents, sent or failed.
        corrected: The incidents and debriefs that another one corrects; which does, its `replaces` says.
        same: What only completes something, to what it corrects; by entry id.
    """

    incidents: tuple[Event[IncidentBody], ...] = ()
    debriefs: tuple[Event[DebriefedBody], ...] = ()
    shared: tuple[Event[SharedBody], ...] = ()
    documents: tuple[Event[DocumentedBody], ...] = ()
    markers: tuple[Event[MarkedBody], ...] = ()
    not_talked_over: tuple[str, ...] = ()
    told: tuple[Event[NotifiedBody], ...] = ()
    corrected: tuple[Event[Filled], ...] = ()
    same: dict[str, str] = {}

    def versions(self, name: str) -> tuple[str, ...]:
        """An entry and the earlier ones that it only completes, newest first."""
        found = [name]
        while self.same.get(found[-1], name) not in found:
            found.append(self.same[found[-1]])
        return tuple(found)


NOTHING = AfterState()


def after_state(order: Order, counted: Sequence[Judged]) -> AfterState:
    """Fold what was recorded after a visit from the entries that count."""
    if not any(isinstance(one.body, Filled | SharedBody | MarkedBody) for one in counted):
        return NOTHING  # as for nearly every visit under way
    counted = Counted(counted)
    incidents, debriefs = said_in(counted, IncidentBody), said_in(counted, DebriefedBody)
    names = {one.id for one in incidents}
    after = AfterState(
        incidents=_worst_first(_standing(incidents)),
        debriefs=_standing(debriefs),
        shared=tuple(said_in(counted, SharedBody)),
        documents=_standing(said_in(counted, DocumentedBody)),
        markers=tuple(said_in(counted, MarkedBody)),
        told=tuple(one for one in said_in(counted, NotifiedBody) if one.body.about in names),
        corrected=(*_corrected(incidents), *_corrected(debriefs)),
        same=_same(incidents) | _same(debriefs),
    )
    talked_over = _talked_over(order, after.debriefs)
    waiting = [one.id for one in after.incidents if talked_over.isdisjoint(after.versions(one.id))]
    return msgspec.structs.replace(after, not_talked_over=tuple(waiting))


def _talked_over(order: Order, debriefs: Sequence[Event[DebriefedBody]]) -> set[str]:
    """What those who talked the visit over had before them: of what their entry follows, what it names.

    An entry follows all that the record had, and more of that may be there than its author was shown (D15):
    so one that names nothing, as another program may make it, talks nothing over.
    """
    found: set[str] = set()
    for one in debriefs:
        seen = order.seen_by([one.id])
        found |= seen.intersection(one.body.about or ())
    return found


def told_apart(after: AfterState) -> AfterState:
    """What tells whom to tell of incidents, without what they say: for a watcher's memory."""
    if not after.incidents:
        return NOTHING
    bare = (
        msgspec.structs.replace(
            one, body=msgspec.structs.replace(one.body, answers={}, shown=(), findings=())
        )
        for one in after.incidents
    )
    return AfterState(
        incidents=tuple(bare), not_talked_over=after.not_talked_over, told=after.told, same=after.same
    )


def _standing(said: Sequence[Event[F]]) -> tuple[Event[F], ...]:
    """Those that no later one corrects: `judging_after` sees to it that what corrects another had seen it."""
    corrected = {one.body.replaces for one in said}
    return tuple(one for one in said if one.id not in corrected)


def _corrected(said: Sequence[Event[F]]) -> Iterator[Event[F]]:
    standing = {one.id for one in _standing(said)}
    return (one for one in said if one.id not in standing)


def _worst_first(said: tuple[Event[IncidentBody], ...]) -> tuple[Event[IncidentBody], ...]:
    """Those that correct the same one change places among themselves, until the worst comes first."""
    sides: dict[str, list[Event[IncidentBody]]] = {}
    for one in said:
        sides.setdefault(one.body.replaces or one.id, []).append(one)
    for side in sides.values():
        side.sort(key=lambda one: _harm(one.body), reverse=True)
    return tuple(sides[one.body.replaces or one.id].pop(0) for one in said)


def _harm(body: IncidentBody) -> tuple[int, int, bool, int]:
    """How bad it was, for what is shown first."""
    serious = str(body.answers.get(Meaning.SERIOUS, ""))
    return _grave(body.hurt), _grave(serious), not body.near_miss, len(body.behaviours)


def _grave(answer: str) -> int:
    return 2 - _UNSAFE.index(Answer(answer)) if answer in _UNSAFE else int(answer == NOT_ASKED)


def _same(said: Sequence[Event[F]]) -> dict[str, str]:
    by_id = {one.id: one.body for one in said}
    return {
        one.id: one.body.replaces
        for one in said
        if one.body.replaces in by_id and not _tells_otherwise(one.body, by_id[one.body.replaces])
    }


def _tells_otherwise(new: Filled, old: Filled) -> bool:
    """Whether it says otherwise how bad it was, and does not only complete it.

    Not only for the worse: that it was not so bad after all wants to be heard of too.
    """
    if not isinstance(new, IncidentBody) or not isinstance(old, IncidentBody):
        return False
    return _how_bad(new) != _how_bad(old)


def _how_bad(body: IncidentBody) -> tuple[object, ...]:
    return body.near_miss, body.hurt, frozenset(body.behaviours), body.answers.get(Meaning.SERIOUS) or ""


CORRECTED = "corrected; it said before"
"""What stands before the words of an earlier one."""


def before(after: AfterState, name: str) -> Iterator[Event[Filled]]:
    """What an incident or debrief corrects, and what that one corrected, the newest first."""
    by_id: dict[str, Event[Filled]] = {one.id: one for one in (*after.incidents, *after.debriefs)}
    by_id |= {one.id: one for one in after.corrected}
    seen = {name}
    while name in by_id and by_id[name].body.replaces not in {"", *seen}:
        name = by_id[name].body.replaces
        seen.add(name)
        if name in by_id:
            yield by_id[name]


def answered(body: Filled) -> list[Shown]:
    """The questions of a form that were answered, in the order asked; what was passed over stays out."""
    return [one for one in body.shown if one.answer.strip() and body.answers.get(one.id, one.answer) != ""]


def words_of(body: Filled) -> Iterator[tuple[str, str]]:
    """What a form says: labels and answers in the order asked, and what they pointed out."""
    yield from ((one.label, one.answer) for one in answered(body))
    yield from _unasked(body)
    yield from (("Remember", one.text) for one in body.findings)


def _unasked(body: Filled) -> Iterator[tuple[str, str]]:
    """What a debrief says and does not show among its answers."""
    if isinstance(body, DebriefedBody):
        asked = {shown.answer for shown in body.shown}
        for label, text in (("Next time", body.next_time), ("Who was not seen", body.not_seen)):
            if text.strip() and text not in asked:
                yield label, text


def words_before(body: Filled) -> Iterator[tuple[str, str]]:
    """All that an earlier one said: labels and answers, and what is not among the answers shown."""
    yield from ((one.label, one.answer) for one in body.shown if one.answer.strip())
    ids = {one.id for one in body.shown}
    if isinstance(body, IncidentBody):
        if Meaning.NEAR_MISS not in ids and body.near_miss:
            yield "Near miss", "yes"
        if Meaning.HURT not in ids:
            yield "Anybody hurt", body.hurt.replace("-", " ")
        if Meaning.BEHAVIOURS not in ids and body.behaviours:
            yield "Behaviours", "; ".join(one.replace("-", " ") for one in body.behaviours)
    yield from _unasked(body)
    yield from (("Remember", one.text) for one in body.findings)
    for duty in body.sharing:
        yield "To be shared", "; ".join((duty.label, *duty.recipients))
