"""How fast a whole store is verified, beside nothing but the Ed25519 library verifying as many signatures.

    python benchmarks/verify_speed.py [--plans 10000] [--runs 5] [--processes 2]

In turn: a bare loop of `Ed25519PublicKey.verify` over messages as long as the store's entries, with ready
keys, in so many processes; then `verify` of the store in as many, starting them included. Printed are the
medians, the ratio (the goal is 0.7) and the most memory that all processes of a verification took together.
The ratio is given by the clock and by processor time: on a machine that others use, rely on the second.
"""

import argparse
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

from build_store import FOLDER, Built, cached, moment
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from visitsafe.cli.verify import spread
from visitsafe.desk import Desk, open_roster
from visitsafe.exchange.processes import processors, share
from visitsafe.exchange.verify import verify_store
from visitsafe.store.open import open_store

SAMPLE = 3000
KEYS = 300


class Speed(NamedTuple):
    """So many a second: by the clock, all processes together; and of processor time, each."""

    clock: float
    processor: float


def bare(url: str) -> Callable[[int], Speed]:
    """In another process: sign messages of the sizes of a store's entries; a task verifies so many."""
    with closing(open_store(url)) as store:
        sizes = [len(row.payload) for row, _ in zip(store.scan(1000), range(SAMPLE), strict=False)]
    keys = [Ed25519PrivateKey.generate() for _ in range(KEYS)]
    ready = []
    for number, size in enumerate(sizes):
        message = os.urandom(size)
        key = keys[number % KEYS]
        ready.append((key.public_key(), key.sign(message), message))

    def loop(count: int) -> Speed:
        began, busy = time.perf_counter(), time.process_time()
        for _ in range(count // len(ready)):
            for key, signature, message in ready:
                key.verify(signature, message)
        done = count // len(ready) * len(ready)
        return Speed(done / (time.perf_counter() - began), done / (time.process_time() - busy))

    return loop


def bare_speed(url: str, count: int) -> Speed:
    """Signatures a second, over about two seconds."""
    speeds: list[Speed] = list(share(bare, (url,), [SAMPLE * 5] * count, count))
    return Speed(sum(one.clock for one in speeds), statistics.mean(one.processor for one in speeds))


def _busy() -> float:
    """Seconds of processor time of this process and of those that it started and that have ended."""
    return sum(os.times()[:4])


def verify_speed(url: str, built: Built, count: int) -> Speed:
    """Entries a second of a whole verification, with the starting of its processes."""
    with closing(open_store(url)) as store:
        roster = open_roster(store, built.team)
        desk = Desk(store, roster, moment(built), None, lambda: (_ for _ in ()).throw(AssertionError))
        began, busy = time.perf_counter(), _busy()
        report = verify_store(desk, (), spread(desk, url, lambda *_: None, count=count, worth_it=0))
        took, busy = time.perf_counter() - began, _busy() - busy
    if report.faults or report.entries != built.entries:
        sys.exit(f"the store does not hold: {report.faults[:1]}")
    return Speed(report.entries / took, report.entries / busy)


class Memory:
    """The most memory of this process and those that it started, in MB, by the kernel's count."""

    def __init__(self) -> None:
        self.most: dict[int, int] = {}
        self._over = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self._watching.start()

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            for process in [os.getpid(), *_children(os.getpid())]:
                with suppress(OSError, StopIteration):
                    self.most[process] = _peak(process)

    def end(self) -> float:
        """All together."""
        self._over.set()
        self._watching.join()
        return sum(self.most.values()) / 1024


def _children(process: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{process}/task").iterdir():
        with suppress(OSError):
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def _peak(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def tell(measured: str, of: str, bares: list[float], ours: list[float]) -> None:
    """Print medians: of a bare loop, of `verify`, and of what one is of the other."""
    ratios = [one / bare for one, bare in zip(ours, bares, strict=True)]
    print(f"{measured}, {of}:")
    print(f"  bare Ed25519 loop {statistics.median(bares):8.0f} a second")
    print(f"  visitsafe verify  {statistics.median(ours):8.0f} entries a second")
    print(f"  ratio             {statistics.median(ratios):8.2f}   ({min(ratios):.2f} to {max(ratios):.2f})")


def main() -> None:
    """Measure in turn and print."""
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--plans", type=int, default=10_000)
    words.add_argument("--runs", type=int, default=5)
    words.add_argument("--processes", type=int, default=processors())
    words.add_argument("--folder", type=Path, default=FOLDER)
    asked = words.parse_args()
    url, built = cached(asked.plans, asked.folder)
    bares, ours = [], []
    for _ in range(asked.runs):
        before = bare_speed(url, asked.processes)
        ours.append(verify_speed(url, built, asked.processes))
        after = bare_speed(url, asked.processes)
        bares.append(Speed(*map(statistics.mean, zip(before, after, strict=True))))
    watching = Memory()
    verify_speed(url, built, asked.processes)
    print(f"{built.plans} plans, {built.entries} entries, {asked.processes} processes, {asked.runs} runs")
    tell("by the clock", "all processes", [one.clock for one in bares], [one.clock for one in ours])
    tell("processor time", "each process", [one.processor for one in bares], [one.processor for one in ours])
    print(f"memory, all         {watching.end():8.0f} MB")


if __name__ == "__main__":
    main()
