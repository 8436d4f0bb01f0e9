"""What is in the store beside what the writers were told: the one judge of every fault.

Lost: acknowledged, and not there. Doubled: there more than once. Uninvited: there, although nobody began it,
or although its command failed; only of a command that said that it cannot know may it be there or not. Wrong:
anything that `verify` or a fresh fold says.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from reliability.children import broken
from reliability.ledger import MARK, Told, read
from reliability.town import Town
from visitsafe.desk import founding_entry, summariser_at
from visitsafe.record.chain import check_chain
from visitsafe.record.kinds import Kind
from visitsafe.record.stored import Store, Stored
from visitsafe.record.terms import TEAM_STREAM

WATCHERS = {Kind.ESCALATED, Kind.NOTIFIED}


@dataclass
class Outcome:
    """What came of trying one kind of fault, so many times.

    Attributes:
        what: The fault.
        on: The kind of store.
        tried: How often.
        acknowledged: Entries whose command said that it was done.
        said: How often each refusal was said.
    """

    what: str
    on: str
    tried: int = 0
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    uninvited: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)
    counted: Counter[str] = field(default_factory=Counter)

    @property
    def faults(self) -> list[str]:
        """Everything that must not be; empty if all is well."""
        named = {"lost": self.lost, "doubled": self.doubled, "uninvited": self.uninvited}
        found = [f"{name}: {mark}" for name, marks in named.items() for mark in marks]
        return [*found, *self.wrong]

    def judge(self, town: Town, folder: Path) -> None:
        """Compare a store with all ledgers of a folder, and verify it."""
        told = read(folder)
        self.wrong += broken(folder)
        self.said.update(told.said)
        self.acknowledged += len(told.done)
        with closing(town.open()) as store:
            rows = list(store.scan())
            self.wrong += _sound(store, rows)
        self.count(town, told, rows)
        verified = town.person("mo").run("verify")
        if verified.code:
            self.wrong.append(f"verify says {verified.code}: {verified.err.strip()}")

    def look(self, town: Town) -> None:
        """See that the store holds now; what comes after may hide what is wrong."""
        with closing(town.open()) as store:
            self.wrong += _sound(store, list(store.scan()))

    def count(self, town: Town, told: Told, rows: Sequence[Stored]) -> None:
        """Compare entries with what was told of them."""
        new = [row for row in rows if row.id not in town.before]
        kept = Counter(mark for row in new for mark in marks_of(row))
        self.lost += sorted(told.done - kept.keys())
        self.lost += sorted(town.before - {row.id for row in rows})
        self.doubled += [mark for mark, count in kept.items() if count > 1]
        self.uninvited += sorted(kept.keys() & told.refused) + sorted(kept.keys() - told.begun)
        self.uninvited += [row.id for row in new if not marks_of(row) and row.kind not in WATCHERS]
        self.doubled += _raised_twice(new)
        self.counted["recorded, and said: unknown"] += len(kept.keys() & told.unknown)


def marks_of(row: Stored) -> set[str]:
    """The marks that an entry carries."""
    return {found.decode() for found in MARK.findall(row.payload)}


def _raised_twice(rows: Sequence[Stored]) -> list[str]:
    """Steps that two watchers raised for the same time."""
    bodies = [(row.stream, row.entry.content.body) for row in rows if row.kind == Kind.ESCALATED]
    steps = Counter(f"{plan} {body['step']} due {body['due']}" for plan, body in bodies)
    return [step for step, count in steps.items() if count > 1]


def _sound(store: Store, rows: Sequence[Stored]) -> list[str]:
    """What does not hold: positions, the running hash, the tables, and the row of any plan."""
    wrong = [one.text for one in check_chain(rows)] + store.check_file()
    if [row.position for row in rows] != list(range(1, len(rows) + 1)):
        wrong.append("the positions have a gap")
    team = founding_entry(store)
    assert team is not None
    fresh = summariser_at(store, team.id)
    for plan in sorted({row.stream for row in rows} - {TEAM_STREAM}):
        if fresh(plan, store.history(plan)) != store.row(plan):
            wrong.append(f"the row of {plan} is not what its entries say")
    return wrong
