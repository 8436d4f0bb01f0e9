"""What people wait for in a store of many plans, beside the same in a store of few: the goal is at most 1.3.

    python benchmarks/growth.py [--few 1000] [--many 100000] [--runs 15]

In turn, so that a busy moment hits both alike: the board, what a review looks at, the queue of a manager, the
list, one plan by its reference, and a report that is signed and appended. Each opens the store and reads the
team, as a command does, and remembers nothing; starting Python comes on top of it. Appended to are copies.
Below stands what grows because it must: the full comparison of the list with the entries, which a watcher
makes when it starts.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parent))

from build_store import ADMIN, FOLDER, WORKERS, Built, build, cached, moment, worker

from visitsafe.desk import Desk, open_roster
from visitsafe.exchange.processes import share
from visitsafe.find import listed
from visitsafe.planning.decide import overruled, previous_plan
from visitsafe.planning.known import known_of
from visitsafe.record.bodies import ReportBody
from visitsafe.record.entry import verify_together
from visitsafe.record.kinds import Kind
from visitsafe.record.refs import reference
from visitsafe.record.ssh import Signer
from visitsafe.record.stored import Store
from visitsafe.store.open import open_store
from visitsafe.text.clock import from_text
from visitsafe.watch.board import board_of, look

LONDON = ZoneInfo("Europe/London")
Work = Callable[[Desk], object]


class Place:
    """A store that is measured, and a copy of it to append to."""

    def __init__(self, plans: int, folder: Path, copies: Path) -> None:
        self.url, self.built = cached(plans, folder)
        self.copy = copies / f"{plans}.sqlite3"
        shutil.copyfile(self.url.removeprefix("sqlite:///"), self.copy)
        with closing(open_store(self.url)) as store:
            self.open = [row.plan for row in store.plans(open_only=True)]
        self.moment = moment(self.built)

    def took(self, work: Work, *, appends: bool = False) -> float:
        """Seconds for one piece of work, from opening the store on."""
        verify_together([])  # what was remembered is forgotten
        self.moment += timedelta(seconds=1)
        began = time.perf_counter()
        with closing(open_store(str(self.copy) if appends else self.url)) as store:
            work(self._desk(store, self.built))
        return time.perf_counter() - began

    def _desk(self, store: Store, built: Built) -> Desk:
        roster = open_roster(store, built.team)
        me = worker(0)
        return Desk(store, roster, self.moment, roster.members[me.fingerprint], lambda: me.signer)


def board(desk: Desk) -> object:
    """The duty desk's board."""
    return board_of(look(desk), desk.now, LONDON)


def one_plan(desk: Desk) -> object:
    """A plan, by the reference of the first that is open."""
    plan = desk.store.plans(open_only=True)[0].plan
    return desk.plan(desk.resolve(reference(plan, 16)))


def report(desk: Desk) -> object:
    """`ok`, by the worker of an open visit."""
    row = desk.store.plans(open_only=True)[0]
    state = desk.sound_plan(row.plan)
    me = next(worker(n) for n in range(WORKERS) if worker(n).fingerprint == state.author.fingerprint)
    acting = Desk(desk.store, desk.roster, desk.now, state.author, lambda: me.signer)
    return acting.append(row.plan, Kind.OK, state.heads, ReportBody(of=state.version.id))


def review(desk: Desk) -> object:
    """What a manager's decision on an open plan looks at: its case, and other visits at its time."""
    state = desk.plan(desk.store.plans(open_only=True)[0].plan)
    known = known_of(desk, LONDON, state)
    return previous_plan(desk, state), overruled(desk, state), known, known_of(desk, LONDON, state)


WORK: dict[str, Work] = {
    "board": board,
    "review of a plan": review,
    "review queue, list": listed,
    "show": one_plan,
    "report and append": report,
    "full comparison of rows": lambda desk: desk.store.doubtful(),
}


def _itself(signer: Signer) -> Signer:
    return signer


def appending(url: str, team_id: str, now: str) -> Callable[[tuple[int, int, float]], int]:
    """In another process: a task is which of how many writers this is, and for how many seconds."""
    people = {worker(number).fingerprint: worker(number) for number in range(WORKERS)}

    def write(task: tuple[int, int, float]) -> int:
        which, of, seconds = task
        with closing(open_store(url, wait=60)) as store:
            looking = Desk(store, open_roster(store, team_id), from_text(now), None, lambda: ADMIN.signer)
            plans = [row.plan for row in store.plans(open_only=True)][which::of]
            count, end = 0, time.perf_counter() + seconds
            while time.perf_counter() < end:
                state = looking.sound_plan(plans[count % len(plans)])
                signer = people[state.author.fingerprint].signer
                at = looking.now + timedelta(seconds=count)
                acting = Desk(store, looking.roster, at, state.author, partial(_itself, signer))
                acting.append(state.plan, Kind.OK, state.heads, ReportBody(of=state.version.id))
                count += 1
        return count

    return write


def appends(url: str, built: Built, seconds: float = 8.0) -> None:
    """Reports a second that one and several writers add, each with all its checks and each on the disk."""
    for writers in (1, 4):
        todo = [(which, writers, seconds) for which in range(writers)]
        made = sum(share(appending, (url, built.team, built.now), todo, writers))
        print(f"{writers} writers: {made / seconds:.0f} reports a second")


def main() -> None:
    """Measure in turn and print a table."""
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--few", type=int, default=1000)
    words.add_argument("--many", type=int, default=100_000)
    words.add_argument("--runs", type=int, default=15)
    words.add_argument("--folder", type=Path, default=FOLDER)
    words.add_argument("--appends", metavar="URL", help="only: reports a second into this store, built anew")
    asked = words.parse_args()
    if asked.appends:
        appends(asked.appends, build(asked.appends, asked.few))
        return
    with tempfile.TemporaryDirectory() as copies:
        few = Place(asked.few, asked.folder, Path(copies))
        many = Place(asked.many, asked.folder, Path(copies))
        print(f"{'milliseconds, medians':<26} {asked.few:>9} {asked.many:>9}  ratio")
        for name, work in WORK.items():
            pairs = [
                (few.took(work, appends=work is report), many.took(work, appends=work is report))
                for _ in range(asked.runs)
            ]
            a, b = (statistics.median(one) * 1000 for one in zip(*pairs, strict=True))
            ratio = statistics.median(second / first for first, second in pairs)
            print(f"{name:<26} {a:9.1f} {b:9.1f} {ratio:6.2f}")


if __name__ == "__main__":
    main()
