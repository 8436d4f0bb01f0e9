"""Disks that fill up: a small tmpfs with a SQLite store, or with a whole PostgreSQL cluster, on it.

Mounting needs root; elsewhere the reason is said. The mount is in a temporary folder and taken away again.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from random import Random

from patience import until
from postgres import Cluster
from reliability.children import Child
from reliability.lives import writes
from reliability.town import Town
from reliability.truth import Outcome

_READING = (["list"], ["board"], ["verify"])


def why_not() -> str:
    """Why no small disk can be made here; empty if one can."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "a tmpfs can only be mounted by root on Linux"
    try:
        with small_disk("64k"):
            return ""
    except subprocess.CalledProcessError:
        return "this machine does not let a tmpfs be mounted"


@contextmanager
def small_disk(size: str) -> Iterator[Path]:
    """A disk of its own for a while."""
    folder = Path(tempfile.mkdtemp(prefix="vs-disk-"))
    tmpfs = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", str(folder)]
    try:
        subprocess.run(tmpfs, check=True, capture_output=True)
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)
    finally:
        folder.rmdir()


@contextmanager
def filled(disk: Path, room: int) -> Iterator[None]:
    """Only so many bytes are left on a disk, for a while."""
    filler = disk / "filler"
    with filler.open("wb") as file, suppress(OSError):
        file.write(b"\0" * max(0, shutil.disk_usage(disk).free - room))
    try:
        yield
    finally:
        filler.unlink()


def sqlite_full(town: Town, folder: Path, times: int, seed: int) -> Outcome:
    """Three writers until nothing fits any more; then room is made, and they go on."""
    outcome, chance = Outcome("disk full", "SQLite"), Random(seed)
    with small_disk("24m") as disk:
        small = town.copied(disk)
        for number in range(times):
            with filled(disk, chance.randrange(0, 300_000)):
                _together(outcome, small, folder, 10 * number, 25)
                for words in _READING:
                    ran = small.person("mo").run(*words)
                    said = ran.err.splitlines()[0] if ran.code in {1, 3} else "as ever"
                    outcome.counted[f"meanwhile {words[0]}: {_plain(said, disk)}"] += 1
            _together(outcome, small, folder, 10 * number + 5, 4)
            outcome.tried += 1
        outcome.judge(small, folder)
    return outcome


def _plain(said: str, disk: Path) -> str:
    return said.replace(str(disk), "")


def _together(outcome: Outcome, town: Town, folder: Path, first: int, turns: int) -> None:
    """Three writers, each for some turns."""
    people = [Child(folder, partial(writes, town, folder, first + each, 1, turns)) for each in range(3)]
    if any(child.wait() is None for child in people):
        outcome.wrong.append("a writer never ended")


def postgres_full(binaries: Path, town: Town, folder: Path, times: int, seed: int) -> Outcome:
    """The same on a cluster of its own; each second time what does not fit is the log (pg_wal)."""
    outcome, chance = Outcome("disk of the server full (data, pg_wal)", "PostgreSQL"), Random(seed)
    with small_disk("400m") as disk:
        home = disk / "pg"
        home.mkdir()
        cluster = Cluster(binaries, home)
        try:
            shared = town.moved(cluster.url(cluster.store()))
            for number in range(times):
                _fill(outcome, cluster, shared, folder, disk, number, chance)
            outcome.judge(shared, folder)
        finally:
            cluster.stop()
    return outcome


def _fill(
    outcome: Outcome, cluster: Cluster, town: Town, folder: Path, disk: Path, number: int, chance: Random
) -> None:
    with filled(disk, chance.randrange(0, 60_000)):
        if number % 2:
            with suppress(Exception):  # the server may not survive it, which is the point
                cluster.execute("SELECT pg_logical_emit_message(false, 'full', repeat('x', 20000000))")
        _together(outcome, town, folder, 10 * number, 12)
    outcome.counted["the server had to be started again"] += _up_again(cluster)
    _together(outcome, town, folder, 10 * number + 5, 4)
    outcome.tried += 1


def _up_again(cluster: Cluster) -> bool:
    """Wait until the server has recovered; start it if it gave up. Whether that was needed."""

    def gave_up() -> bool:
        return cluster._server is None or cluster._server.poll() is not None

    def recovered() -> bool:
        with suppress(Exception):
            cluster.execute("SELECT 1")
            return True
        return False

    until(lambda: gave_up() or recovered(), "the server to recover or to stop")
    if ended := gave_up():
        cluster.start()
    return ended
