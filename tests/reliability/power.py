"""Power cuts under a SQLite store: its files as they are at a moment among writers, opened elsewhere.

All writers stand still while the files are copied, as in a power cut; what had not reached the disk by then
is torn or missing. And copies made one file after the other while writing goes on, which are no backup
unless somebody reads in it meanwhile.
"""

import time
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from patience import until
from reliability import wal
from reliability.children import Child
from reliability.ledger import acknowledged, read
from reliability.lives import watches, writes
from reliability.town import Town, rows
from reliability.truth import Outcome, marks_of
from visitsafe.errors import VisitsafeError
from visitsafe.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable

Files = dict[str, bytes]
_LONG = 3600.0
_NAMES = ("", "-wal", "-shm")


def files_of(path: Path, names: tuple[str, ...] = _NAMES) -> Files:
    """The store's files that are there, read in this order."""
    found = {}
    for name in names:
        with suppress(FileNotFoundError):
            found[name] = Path(f"{path}{name}").read_bytes()
    return found


def opened_elsewhere(town: Town, folder: Path, files: Files) -> Town:
    """The files put into another folder."""
    there = folder / "store.sqlite3"
    for name in _NAMES:
        Path(f"{there}{name}").unlink(missing_ok=True)
        if name in files:
            Path(f"{there}{name}").write_bytes(files[name])
    return Town(town.folder, f"sqlite:///{there}", town.shared, town.overdue, town.before)


def cut(town: Town, folder: Path, times: int, seed: int, *, held: bool) -> Outcome:
    """Stop everybody at a moment chosen by chance, copy, go on; look at what the copies hold.

    Args:
        town: Its store is written to.
        folder: For ledgers and copies.
        times: How many moments.
        seed: Of the chances.
        held: Somebody reads meanwhile, so that the -wal file lasts; else it comes and goes.
    """
    what = "power cut, -wal torn, copying back half done" if held else "power cut"
    outcome, chance = Outcome(what, "SQLite"), Random(seed)
    people = _at_work(town, folder, seed, held=held)
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    try:
        while outcome.tried < times:
            time.sleep(chance.uniform(0.0, 0.15))
            for child in people:
                child.stop()
            files, done = files_of(town.path), read(folder).done
            for name, after in _states(files, done, chance, _last(town, elsewhere, files), held=held):
                _look(outcome, opened_elsewhere(town, elsewhere, after), done, name)
            for child in people:
                child.go_on()
            outcome.tried += 1
    finally:
        for child in people:
            child.kill()
    outcome.judge(town, folder)
    return outcome


def _at_work(town: Town, folder: Path, seed: int, *, held: bool) -> list[Child]:
    lives: list[Callable[[], object]] = [partial(writes, town, folder, number, seed) for number in range(3)]
    lives.append(lambda: watches(town, folder))
    people = [Child(folder, lambda: holds(town))] if held else []
    people += [Child(folder, life) for life in lives]
    until(lambda: acknowledged(folder) > 5, "the writers to get on")
    if held:
        log = Path(f"{town.path}-wal")
        until(lambda: log.exists() and len(wal.commits(log.read_bytes())) > 1, "a log that is kept")
    return people


def holds(town: Town) -> None:
    """Read in the store for long: meanwhile nothing is copied back from the -wal file."""
    with closing(town.open()) as store:
        assert isinstance(store, SqliteStore)
        with store.transaction():
            store.head()
            time.sleep(_LONG)


def _last(town: Town, elsewhere: Path, files: Files) -> set[str]:
    """The marks of the last commit in the -wal file."""
    ends = wal.commits(files.get("-wal", b""))
    if len(ends) < 2:
        return set()
    before = files | {"-wal": files["-wal"][: ends[-2]]}
    less = {row.id for row in rows(opened_elsewhere(town, elsewhere, before))}
    every = rows(opened_elsewhere(town, elsewhere, files))
    return {mark for row in every if row.id not in less for mark in marks_of(row)}


def _states(
    files: Files, done: set[str], chance: Random, last: set[str], *, held: bool
) -> list[tuple[str, Files]]:
    """What the disk may hold after the power came back."""
    without = {name: content for name, content in files.items() if name != "-shm"}
    states = [("as it was", files), ("without its -shm", without)]
    log = files.get("-wal", b"")
    ends = wal.commits(log)
    if not held or len(ends) < 2:
        return states
    # A commit is on the disk before anybody hears of it; one that nobody has heard of may be missing.
    floor = ends[-1] if last & done or not last else ends[-2]
    torn = log[: chance.randint(floor, len(log))]
    noise = torn + chance.randbytes(chance.randrange(1, 9000))
    copied = wal.half_copied_back(files[""], log, chance)
    return [
        *states,
        ("-wal torn", without | {"-wal": torn}),
        ("-wal torn, with noise behind it", without | {"-wal": noise}),
        ("copying back half done", without | {"": copied}),
    ]


def _look(outcome: Outcome, copy: Town, done: set[str], name: str) -> None:
    outcome.counted[name] += 1
    verified = copy.person("mo").run("verify")
    if verified.code:
        outcome.wrong.append(f"{name}: verify says {verified.code}: {verified.err}")
        return
    kept = [mark for row in rows(copy) for mark in marks_of(row)]
    outcome.lost += [f"{name}: {mark}" for mark in done - set(kept)]
    outcome.doubled += [f"{name}: {mark}" for mark in set(kept) if kept.count(mark) > 1]


def copied(town: Town, folder: Path, times: int, seed: int, *, held: bool) -> Outcome:
    """Copy file by file, in both orders, while writers go on. Only counts what that leads to, if not held."""
    what = "files copied one by one in use" + (", somebody reading" if held else "")
    outcome, chance = Outcome(what, "SQLite"), Random(seed)
    people = _at_work(town, folder, seed, held=held)
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    try:
        while outcome.tried < times:
            time.sleep(chance.uniform(0.0, 0.1))
            names = chance.choice((("", "-wal"), ("-wal", ""))) if held else ("", "-wal")
            if not held and chance.random() < 0.5:
                names = ("-wal", "")
            done, files = read(folder).done, Files()
            for name in names:
                files |= files_of(town.path, (name,))
                if not held:
                    time.sleep(chance.uniform(0.0, 0.2))  # as for a file of some size
            for child in people:
                child.stop()
            copy = opened_elsewhere(town, elsewhere, files)
            if held:
                _look(outcome, copy, done, f"{names[0] or 'main'} first")
            else:
                outcome.counted[f"{names[0] or 'main'} first: {_came_to(copy, done)}"] += 1
            for child in people:
                child.go_on()
            outcome.tried += 1
    finally:
        for child in people:
            child.kill()
    outcome.judge(town, folder)
    return outcome


def _came_to(copy: Town, done: set[str]) -> str:
    verified = copy.person("mo").run("verify")
    if verified.code:
        return "verify names damage"
    try:
        kept = {mark for row in rows(copy) for mark in marks_of(row)}
    except VisitsafeError:
        return "cannot be read"
    return "whole" if done <= kept else "an older state, entries missing unnoticed"
