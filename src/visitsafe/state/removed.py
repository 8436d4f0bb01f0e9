"""A plan whose content was removed: what stays of it, and when it counts as removed (docs/adr/0019). Pure.

A removal that is signed has no effect on how a plan is read while its content is still here: nobody can hide
a visit with it. Once content is gone, what is left is no plan any more, and nothing is decided by it. What is
empty and named by no such entry that counts is damage.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

import msgspec

from visitsafe.errors import VerificationError
from visitsafe.record.bodies import ERASURE, Gone, PlanBody, PurgedBody
from visitsafe.record.kinds import Kind
from visitsafe.record.order import Order
from visitsafe.record.refs import reference
from visitsafe.record.stored import PlanRow, Stored
from visitsafe.record.terms import Stage
from visitsafe.state.rules import Judged
from visitsafe.text.clean import things
from visitsafe.text.clock import from_text

REMOVED = "removed"
"""How lists show such a plan in place of a status."""
_A_DAY = timedelta(days=1)
NOT_CARRIED_OUT = (
    "some of it is not here because its removal is signed, and the rest is here still or again: run visitsafe"
    " store purge"
)
"""Says of a plan that entries are missing for which a removal stands in that counts: nothing to worry about
but that it was not carried out here, as after an old backup. Nobody should act by what is left of it."""
UNSIGNED = "its content is gone, and nobody who may has signed that it was removed"


class Removed(msgspec.Struct, frozen=True):
    """What stays of a plan whose content was removed.

    Attributes:
        plan: The plan's id.
        by: The entries that removed it and count, in causal order; there is one at least.
        gone: The entries that they name and whose content is not here.
        pending: The ids of entries that they name and whose content is still here.
        left: The ids of entries that came in since, or from elsewhere, and that nobody has removed yet.
        heads: What the next entry names in `after`.
        judged: The entries that can be read, counted or not.
        problems: Sentences about what does not hold.
    """

    plan: str
    by: tuple[Judged, ...]
    gone: tuple[Gone, ...]
    pending: tuple[str, ...]
    left: tuple[str, ...]
    heads: tuple[str, ...]
    judged: tuple[Judged, ...]
    problems: tuple[str, ...] = ()

    @property
    def ref(self) -> str:
        """The reference read over the telephone."""
        return reference(self.plan)

    @property
    def body(self) -> PurgedBody:
        """What the first of the entries says that removed it."""
        body = self.by[0].body
        assert isinstance(body, PurgedBody)  # noqa: S101 - narrowed by removal
        return body

    @property
    def at(self) -> str:
        """When it was signed that it is removed, UTC text."""
        return self.by[0].entry.content.at

    @property
    def named(self) -> dict[str, str]:
        """What is pending: each entry's id, and that of the entry that names it."""
        bodies = {one.entry.id: one.body for one in self.by if isinstance(one.body, PurgedBody)}
        return {
            gone.id: name for name, body in bodies.items() for gone in body.removed if gone.id in self.pending
        }

    @property
    def words(self) -> str:
        """When it was removed, by whom and why: `removed on 3 May 2031 by Mo Khan: ...`. Not escaped."""
        moment = from_text(self.at)
        day = f"{moment.day} {moment:%B %Y}"
        kept = f"retention, {self.body.days} days after the case's last visit"
        rule = "erasure" if self.body.rule == ERASURE else kept
        return f"removed on {day} by {self.by[0].name}: {rule} ({self.body.reason.strip()})"

    def ahead(self, rows: Sequence[Stored], now: str) -> list[str]:
        """A sentence for each entry that removed it and claims to be later than it was received, or than now.

        The time for which records are kept was not over then, whatever the entry says.
        """
        received = {row.id: row.received for row in rows}
        found = []
        for one in self.by:
            at, came = one.entry.content.at, received.get(one.entry.id, "")
            if _is_ahead(at, now):
                found.append(f"{self.ref}: what removed it says {at}, and it is only {now} now")
            elif _is_ahead(at, came):
                found.append(
                    f"{self.ref}: what removed it says {at}, and this store received it earlier, at {came}"
                )
        return found

    def row(self, rows: Sequence[Stored]) -> PlanRow:
        """What the store's list shows of it; open while something came in that is not removed yet."""
        planner = next((gone.by for gone in self.gone if gone.kind == Kind.PLANNED), "")
        return PlanRow(
            plan=self.plan,
            status=REMOVED,
            stage=Stage.PLANNED,
            closed="" if self.left else self.by[0].entry.id,
            by=planner,
            case_ref="",
            area="",
            start=self.body.start,
            due_back=self.body.due_back,
            level="",
            urgent=False,
            entries=len(rows),
            newest=rows[-1].id,
            owed="",
        )


class RemovedError(VerificationError):
    """A plan has no content any more, because it was removed by rule: no fault, and nothing to go on with.

    Who reads plans and does not know of this takes it for one that does not hold, which is the safe side.
    """

    exit_code = 1

    def __init__(self, removed: Removed) -> None:
        text = f"the record of {removed.ref} was {removed.words}"
        if removed.left:
            left = things(len(removed.left), "entry", "entries")
            text += f"; {left} came in since, and nobody can say what they mean"
        super().__init__(text, hint=f"what stays of it: visitsafe show {removed.ref}")
        self.removed = removed


def removal(
    plan: str, order: Order, judged: Mapping[str, Judged], blanked: Sequence[Gone]
) -> tuple[Removed | None, list[str]]:
    """Whether a plan's content was removed, and a sentence for each entry that was emptied unsigned.

    Args:
        plan: The plan's id.
        order: Its entries that can be read.
        judged: The same, judged.
        blanked: What the store has of entries without content.
    """
    by = [one for one in judged.values() if isinstance(one.body, PurgedBody) and not one.why_not]
    named = signed_away(by)
    unsigned = {gone.id for gone in blanked if named.get(gone.id) != gone}
    problems = [f"entry {gone.id[:12]} ({gone.kind}): {UNSIGNED}" for gone in blanked if gone.id in unsigned]
    gone = tuple(one for name, one in named.items() if name not in order.ids and name not in unsigned)
    has_version = any(isinstance(one.body, PlanBody) and not one.why_not for one in judged.values())
    really = len(blanked) > len(unsigned) or not has_version
    if not gone or not really:
        return None, problems
    own = {one.entry.id for one in by}
    known = named.keys() | {one.id for one in blanked}
    missing = [name for name in order.missing(own) if name not in known]
    problems += [f"an entry that others follow is not here: {name[:12]}" for name in missing]
    removed = Removed(
        plan=plan,
        by=tuple(by),
        gone=gone,
        pending=tuple(name for name in order.ids if name in named),
        left=tuple(name for name in order.ids if name not in named and name not in own),
        heads=tuple(order.heads_of(order.ids)),
        judged=tuple(judged.values()),
        problems=tuple(problems),
    )
    return removed, problems


def signed_away(judged: Iterable[Judged]) -> dict[str, Gone]:
    """What counted entries remove, by id, whether or not it is here."""
    return {
        gone.id: gone
        for one in judged
        if isinstance(one.body, PurgedBody) and not one.why_not
        for gone in one.body.removed
    }


def _is_ahead(at: str, received: str) -> bool:
    try:
        return from_text(at) - from_text(received) > _A_DAY
    except VerificationError:  # somebody altered it: the running hash says so
        return False


def blanked_in(rows: Iterable[Stored]) -> tuple[Gone, ...]:
    """What a store has of entries whose content is gone. Its columns are in the running hash."""
    return tuple(Gone(id=row.id, kind=row.kind, at=row.at, by=row.by) for row in rows if row.blank)
