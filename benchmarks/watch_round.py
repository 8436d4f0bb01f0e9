"""What a round of the watch costs: the first one, which reads all that is open, and a later one.

    python benchmarks/watch_round.py [--open 2000] [--closed 0]

Real signatures in a real SQLite store in a temporary folder; each visit is planned, countersigned and set out
on, and a closed one is back as well. The goal (issue 4): a round over 2,000 open visits takes under a second
and under 150 MB, and does not grow with closed visits. Memory is that of a fresh process that only watches.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from typing import TYPE_CHECKING

from story import Story
from story_plan import hostile_visit
from visit_story import DEE, LADDER, OLA, at, back, begun, departed, watched_plan
from visitsafe.desk import open_roster, summariser_at
from visitsafe.record.entry import Entry
from visitsafe.store.open import create_store, open_store
from watchers import CHANNELS

if TYPE_CHECKING:
    from visitsafe.watch.outbox import Contacts

BATCH = 200


def visits(team: Story, count: int, *, closed: bool) -> Iterator[list[Entry]]:
    """The entries of so many visits, each due back an hour from the moment of the rounds."""
    for number in range(count):
        body = watched_plan(nonce=f"{number:031x}{'c' if closed else '0'}", findings=hostile_visit().findings)
        story = replace(team, entries=(), plan="").planned(body=body).decided()
        story = departed(at(story, story.state.body.visit.start))
        if closed:
            story = back(story)
        yield [one.entry for one in story.entries]


def build(url: str, count: int, closed: int) -> Story:
    """Fill a store."""
    team = replace(begun().added(DEE, "duty").added(OLA, "practitioner"))
    store = create_store(url, team.at)
    store.append([one.entry for one in team.team], team.at, summariser_at(store, team.team[0].id))
    batch: list[Entry] = []
    for entries in (*visits(team, count, closed=False), *visits(team, closed, closed=True)):
        batch += entries
        if len(batch) > BATCH:
            store.append(batch, team.at, summariser_at(store, team.team[0].id))
            batch = []
    store.append(batch, team.at, summariser_at(store, team.team[0].id))
    store.close()
    return team


def megabytes(what: str) -> float:
    """Memory of this process by the kernel's count: VmRSS now, VmHWM at the most."""
    with Path("/proc/self/status").open(encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(what)) / 1024


def measure(url: str, team_id: str, rounds: int = 5) -> None:
    """Watch, in this process, and say what it cost."""
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from visitsafe.watch.watch_acting import Means
    from visitsafe.watch.watcher import Watching

    now = datetime(2026, 11, 23, 15, 40, tzinfo=UTC)
    contacts: Contacts = CHANNELS
    means = Means(
        signer=DEE.signer,
        contacts=contacts,
        send=lambda _channel, _text: "",
        now=lambda: now,
        zone=lambda _roster: ZoneInfo("Europe/London"),
        watcher="b" * 16,
        host="bench",
        pid=1,
        runs=lambda _pid: True,
        every=15,
    )
    store = open_store(url)
    watching = Watching(means, open_roster(store, team_id), lambda *_: None, lambda _gap: None)
    store.close()
    for number in range(rounds):
        began = time.perf_counter()
        store = open_store(url)
        found = watching.round(store)
        store.close()
        took = time.perf_counter() - began
        memory = megabytes("VmRSS")
        print(f"round {number + 1}: {took * 1000:8.1f} ms, {found.watched} watched, {memory:6.1f} MB")
        now += timedelta(seconds=15)
    print(f"most memory: {megabytes('VmHWM'):.1f} MB")


def main() -> None:
    """Build in one process, watch in another."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    words.add_argument("--open", type=int, default=2000)
    words.add_argument("--closed", type=int, default=0)
    words.add_argument("--watch", nargs=2, help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.watch:
        measure(*asked.watch)
        return
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/store.sqlite3"
        began = time.perf_counter()
        team = build(url, asked.open, asked.closed)
        print(f"{asked.open} open and {asked.closed} closed visits, {len(LADDER.steps)} steps each, ", end="")
        print(f"built in {time.perf_counter() - began:.0f} s")
        subprocess.run([sys.executable, __file__, "--watch", url, team.team[0].id], check=True)


if __name__ == "__main__":
    main()
