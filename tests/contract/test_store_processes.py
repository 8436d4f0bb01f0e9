"""Several processes on one store, and processes that are killed: nothing lost, nothing doubled."""

import os
import signal
import subprocess
import sys
from typing import Protocol

from patience import LIMIT
from visitsafe.record.chain import check_chain
from visitsafe.record.stored import Store


class Backend(Protocol):
    @property
    def url(self) -> str: ...


WRITER = """
import sys
from datetime import UTC, datetime
from visitsafe.store.open import open_store
from visitsafe.record.entry import Entry, compose
from visitsafe.record.stored import PlanRow
import msgspec
class Body(msgspec.Struct):
    who: str
    number: int
url, who, first, last = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
now = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
def counted(plan, history):
    newest = history[-1].id
    return PlanRow(plan, "awaiting", "planned", "", "", "", "", "", "", "", False, len(history), newest)
for number in range(first, last):
    bodies = Body(who, number), Body("all", number)
    mine, ours = (Entry(compose("K7Q2M9K7Q2M9K7Q2", "noted", now, "x", (), body), "s") for body in bodies)
    store = open_store(url, wait=60)
    store.append([mine, ours], now, counted)
    store.close()
    print(mine.id, ours.id, flush=True)
"""


def writer(url: str, who: str, first: int, last: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, url, who, str(first), str(last)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_that_write_at_once_lose_nothing_and_double_nothing(store: Store, backend: Backend) -> None:
    writers = [writer(backend.url, who, 0, 20) for who in ("anne", "ben", "carol", "dan")]
    outputs = [one.communicate(timeout=LIMIT)[0] for one in writers]
    assert [one.returncode for one in writers] == [0, 0, 0, 0]
    acknowledged = {name for output in outputs for name in output.split()}
    kept = [one.id for one in store.scan()]
    assert len(kept) == len(set(kept)) == 4 * 20 + 20
    assert set(kept) == acknowledged
    assert (list(check_chain(store.scan())), store.check_file()) == ([], [])
    assert [one.entries for one in store.plans()] == [100]


def test_what_was_acknowledged_survives_kill_9_of_its_writer(store: Store, backend: Backend) -> None:
    acknowledged: set[str] = set()
    for attempt in range(8):
        running = writer(backend.url, "anne", attempt * 1000, attempt * 1000 + 1000)
        assert running.stdout is not None
        for _ in range(1 + attempt * 3):
            acknowledged.update(running.stdout.readline().split())
        os.kill(running.pid, signal.SIGKILL)
        acknowledged.update(running.communicate(timeout=LIMIT)[0].split())
        assert running.returncode == -signal.SIGKILL
        kept = {one.id for one in store.scan()}
        assert acknowledged <= kept
        assert (list(check_chain(store.scan())), store.check_file()) == ([], [])
        assert [one.entries for one in store.plans()] == [len(kept)]
    assert len(acknowledged) >= 8 * 2
