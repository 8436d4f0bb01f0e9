"""Many at once, and faults: tried for minutes on SQLite and on a PostgreSQL server of its own; a table.

    python benchmarks/faults.py [--times 1.0] [--processes 50] [--seconds 60] [--seed 1] [--only WORD]

Everything that is killed or stopped was started here, in temporary folders. Exits 1 if an entry that was
acknowledged is lost, if one is there twice, or if a record does not hold. What was tried is explained in
docs/reliability.md. A smaller campaign is run by the tests in tests/reliability.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import postgres
from reliability import full, synced
from reliability.damage import damaged
from reliability.kills import at_each_statement, at_random
from reliability.lives import COMMANDS
from reliability.many import crowd
from reliability.outages import cut_at_each_message, stopped
from reliability.power import copied, cut
from reliability.town import Town, founded
from reliability.truth import Outcome

Try = tuple[str, Callable[[Town, Path], Outcome]]
LONG_AWAY = 8.0  # seconds: longer than a command waits for a server


def folder(prefix: str = "try-") -> Path:
    """A folder of its own."""
    return Path(tempfile.mkdtemp(prefix=prefix))


@contextmanager
def server() -> Iterator["postgres.Cluster | None"]:
    """A PostgreSQL server, if it is installed."""
    binaries = postgres._binaries()  # noqa: SLF001 - the tests' own
    if binaries is None:
        print("PostgreSQL is not installed: SQLite only", flush=True)
        yield None
        return
    cluster = postgres.Cluster(binaries, folder("vs-pg-"))
    try:
        yield cluster
    finally:
        cluster.stop(signal.SIGQUIT)


def on_both(asked: argparse.Namespace) -> list[Try]:
    """What is tried on either store."""
    times, seed = asked.times, asked.seed
    writers = partial(crowd, processes=asked.processes, seconds=asked.seconds, seed=seed)
    kills = partial(at_random, kills=round(300 * times), seed=seed)
    statements = [("statement", partial(at_each_statement, command=command)) for command in COMMANDS]
    return [("many", writers), ("kill", kills), *statements]


def on_sqlite(asked: argparse.Namespace) -> list[Try]:
    """What is tried on files."""
    times, seed = asked.times, asked.seed
    tries: list[Try] = [
        ("damage", partial(damaged, times=round(300 * times), seed=seed)),
        ("power", partial(cut, times=round(100 * times), seed=seed, held=False)),
        ("power", partial(cut, times=round(100 * times), seed=seed, held=True)),
        ("copy", partial(copied, times=round(60 * times), seed=seed, held=True)),
        ("copy", partial(copied, times=round(200 * times), seed=seed, held=False)),
    ]
    if reason := synced.why_not():
        print(f"not tried: power cuts by calls: {reason}", flush=True)
    else:
        lost = partial(synced.unsynced_lost, times=round(500 * times), seed=seed, turns=25)
        tries += [("power", partial(lost, held=held)) for held in (False, True)]
    if reason := full.why_not():
        print(f"not tried: a full disk: {reason}", flush=True)
    else:
        tries.append(("full", partial(full.sqlite_full, times=round(40 * times), seed=seed)))
    return tries


def on_postgres(asked: argparse.Namespace, cluster: postgres.Cluster) -> list[Try]:
    """What is tried on servers."""
    times, seed = asked.times, asked.seed
    stops = round(25 * times)
    tries: list[Try] = [
        ("stop", partial(stopped, cluster, stops=stops, seed=seed)),
        ("stop", partial(stopped, cluster, stops=round(4 * times), seed=seed, longest=LONG_AWAY)),
    ]
    tries += [("cut", partial(cut_at_each_message, cluster, command=command)) for command in COMMANDS]
    if not full.why_not():
        binaries = postgres._binaries()  # noqa: SLF001 - the tests' own
        assert binaries is not None  # noqa: S101 - there is a server
        tries.append(("full", partial(full.postgres_full, binaries, times=round(12 * times), seed=seed)))
    return tries


def tell(outcome: Outcome, took: float) -> None:
    """A row of the table, and what else there is to know."""
    counts = [outcome.tried, outcome.acknowledged, len(outcome.lost), len(outcome.doubled)]
    cells = [outcome.what, outcome.on, *map(str, counts), str(len(outcome.uninvited) + len(outcome.wrong))]
    print(f"| {' | '.join(cells)} |  {took:.0f} s", flush=True)
    for what, count in (outcome.counted + outcome.said).most_common(12):
        print(f"    {count:6}  {what}", flush=True)
    for fault in outcome.faults[:5]:
        print(f"    FAULT: {fault}", flush=True)


def campaign(asked: argparse.Namespace) -> bool:
    """Try everything; whether all was well."""
    sound = True
    made = founded(folder())
    print("| fault | store | tried | acknowledged | lost | doubled | wrong |", flush=True)
    with server() as cluster:
        tries = [(name, "SQLite", each) for name, each in (*on_both(asked), *on_sqlite(asked))]
        if cluster is not None:
            both = (*on_both(asked), *on_postgres(asked, cluster))
            tries += [(name, "PostgreSQL", each) for name, each in both]
        for name, store, each in tries:
            if asked.only not in f"{name} {store}":
                continue
            place, began = folder(), time.perf_counter()
            on_server = store == "PostgreSQL" and name != "full" and cluster is not None
            town = made.moved(cluster.url(cluster.store())) if on_server and cluster else made.copied(place)
            outcome = each(town, place)
            tell(outcome, time.perf_counter() - began)
            sound = sound and not outcome.faults
    return sound


def main() -> None:
    """Read what is asked, and try it."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    words.add_argument("--times", type=float, default=1.0, help="how many times as much")
    words.add_argument("--processes", type=int, default=50)
    words.add_argument("--seconds", type=float, default=60.0)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument(
        "--only", default="", help="many, kill, statement, damage, power, copy, full, stop, cut"
    )
    asked = words.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the server is stopped and all taken away
    with tempfile.TemporaryDirectory(prefix="vs-faults-", ignore_cleanup_errors=True) as root:
        Path(root).chmod(0o755)  # PostgreSQL runs as somebody else
        tempfile.tempdir = root
        sound = campaign(asked)
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
