"""An office that many work in at once: its people, visits under way, visits overdue, on either store.

Made once with the real command line, then copied: the homes are shared, the store is another one each time.
"""

import shutil
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from office import NOW, Office, Someone
from visitsafe.desk import founding_entry, summariser_at
from visitsafe.record.stored import Store, Stored
from visitsafe.store.open import open_store
from visitsafe.text.clock import from_text

WORKERS = ("sam", "ola", "kit", "lou")
MANAGERS = ("mo", "max")
WATCHER = "dee"
LATER = NOW + timedelta(minutes=90)
"""When everybody is at work: some visits are overdue, the others are under way."""
KNOWN = ("--known-by", "rang back on the work number")
_LATE = {"start": '"23 November 2026 08:10"', "due_back": '"08:40"'}


@dataclass(frozen=True)
class Visit:
    """A visit that everybody knows of."""

    ref: str
    worker: str


@dataclass(frozen=True)
class Town:
    """A store with a team and visits in it.

    Attributes:
        folder: Where everybody's home is.
        url: The store.
        shared: Visits under way, on which all report.
        overdue: Visits whose steps fall due, on which only watchers act.
        before: The ids of the entries that were there at the beginning.
    """

    folder: Path
    url: str
    shared: tuple[Visit, ...] = ()
    overdue: tuple[Visit, ...] = ()
    before: frozenset[str] = frozenset()

    def person(self, name: str, now: datetime = LATER) -> Someone:
        """Somebody at their own computer."""
        return Someone(name, self.folder / name, self.url, now)

    def open(self, wait: float = 30.0) -> Store:
        """The store itself."""
        return open_store(self.url, wait=wait)

    @property
    def path(self) -> Path:
        """The file of a SQLite store."""
        return Path(self.url.removeprefix("sqlite:///"))

    @property
    def on(self) -> str:
        """The kind of store, for people."""
        return "SQLite" if self.url.startswith("sqlite") else "PostgreSQL"

    def copied(self, folder: Path) -> "Town":
        """The same with a store of its own, in a file in this folder."""
        copy = folder / "store.sqlite3"
        shutil.copy(self.path, copy)
        return replace(self, url=f"sqlite:///{copy}")

    def moved(self, url: str) -> "Town":
        """The same with a store of its own, in an empty store that is there."""
        with closing(self.open()) as old, closing(open_store(url)) as new:
            team = founding_entry(old)
            assert team is not None
            for row in old.scan():
                new.append([row.entry], from_text(row.received), summariser_at(new, team.id))
        return replace(self, url=url)


def rows(town: Town) -> list[Stored]:
    """All entries."""
    with closing(town.open()) as store:
        return list(store.scan())


def founded(folder: Path) -> Town:
    """Found a team, plan and countersign visits, and set out."""
    office = Office(folder).found()
    for name in ("ola", "kit", "lou"):
        office.join(office.person(name), "practitioner")
    office.join(office.person("max"), "manager")
    office.duty()
    shared = tuple(_under_way(office, name) for name in WORKERS)
    overdue = tuple(_under_way(office, name, **_LATE) for name in WORKERS[:3])
    town = Town(folder, office.sam.store, shared, overdue)
    return replace(town, before=frozenset(row.id for row in rows(town)))


def _under_way(office: Office, name: str, **changes: str) -> Visit:
    worker = office.person(name)
    planned = worker.done("plan", "--answers", office.answers(**changes), "--yes", "--another", "--json")
    ref = str(planned.json["ref"])
    office.mo.done("review", ref, "--decision", "countersign", "--reason", "Well thought through.")
    worker.done("depart", ref)
    return Visit(ref, name)
