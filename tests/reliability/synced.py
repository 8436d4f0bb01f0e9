"""What a disk may hold after a power cut: of what was written since the last sync, any part may be missing.

strace writes down every call by which one writer changes its files. From that, the files are made anew as
they may be after any of these calls: what was synced is there; of the rest each sector is there or not.
"""

import os
import pickle
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from reliability.children import Child
from reliability.ledger import Told
from reliability.power import Files, holds, opened_elsewhere
from reliability.town import Town, rows
from reliability.truth import Outcome, marks_of

_CALL = re.compile(r'^(?:\d+ +)?(\w+)\((?:\d+<([^>]*)>)?(?:, )?(?:"([^"]*)")?(.*)\) += (\d+)')
_CALLS = "pwrite64,write,ftruncate,fsync,fdatasync,unlink"
_SECTOR = 512
_RUN = "import pickle, sys; from reliability.lives import writes; writes(*pickle.load(sys.stdin.buffer))"


def why_not() -> str:
    """Why calls cannot be written down here; empty if they can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    done = subprocess.run(["strace", "-e", "trace=none", "true"], capture_output=True, check=False)
    return "" if done.returncode == 0 else "strace may not look at processes here"


@dataclass
class Disk:
    """One file: what is certain, and what was written since."""

    certain: bytes = b""
    since: list[tuple[int, bytes | None]] = field(default_factory=list)
    gone: bool = False

    def after(self, chance: Random) -> bytes | None:
        """What may be there. None: the file is not."""
        if self.gone and chance.random() < 0.5:
            return None
        content = bytearray(self.certain)
        for at, written in self.since:
            if written is None:
                if chance.random() < 0.5:
                    content[at:] = bytes(max(0, at - len(content)))
                continue
            for start in range(0, len(written), _SECTOR):
                if chance.random() < 0.5:
                    sector, place = written[start : start + _SECTOR], at + start
                    content.extend(bytes(max(0, place + len(sector) - len(content))))
                    content[place : place + len(sector)] = sector
        return bytes(content)

    def sync(self) -> None:
        """All of it is certain now."""
        content = bytearray(self.certain)
        for at, written in self.since:
            if written is None:
                content[at:] = bytes(max(0, at - len(content)))
            else:
                content.extend(bytes(max(0, at + len(written) - len(content))))
                content[at : at + len(written)] = written
        self.certain, self.since = bytes(content), []


@dataclass
class Crash:
    """A replay of the calls: the disk so far, and what was acknowledged so far."""

    disks: dict[str, Disk]
    told: Told = field(default_factory=Told)

    def hear(self, call: str, path: str, data: bytes, rest: str, store: Path) -> None:
        """One call more."""
        if "/ledger-" in path:
            state, mark, _ = data.decode().split("\t", 2)
            getattr(self.told, state).add(mark)
            return
        if not path.startswith(str(store)) or path.endswith("-shm"):
            return
        disk = self.disks.setdefault(path.removeprefix(str(store)), Disk())
        if call == "unlink":
            disk.gone = True
            return
        if disk.gone:  # made again
            disk.certain, disk.since, disk.gone = b"", [], False
        if call == "pwrite64":
            disk.since.append((int(rest.rsplit(",", 1)[-1]), data))
        elif call == "ftruncate":
            disk.since.append((int(rest.rsplit(",", 1)[-1]), None))
        elif call in {"fsync", "fdatasync"}:
            disk.sync()

    def files(self, chance: Random) -> Files:
        """The files as they may be after a power cut now."""
        found = {name: disk.after(chance) for name, disk in self.disks.items()}
        return {name: content for name, content in found.items() if content is not None}


def traced(town: Town, folder: Path, turns: int, seed: int) -> Path:
    """Let one writer work under strace; where it wrote down the calls."""
    log = folder / "calls"
    command = ["strace", "-f", "-y", "-xx", "-s", "1000000", "-e", f"trace={_CALLS}", "-o", str(log)]
    paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
    work = pickle.dumps((town, folder, 0, seed, turns))
    subprocess.run(
        [*command, sys.executable, "-c", _RUN], input=work, env=environ, check=True, capture_output=True
    )
    return log


def unsynced_lost(
    town: Town, folder: Path, times: int, seed: int, turns: int = 12, *, held: bool = False
) -> Outcome:
    """Power cuts after calls chosen by chance; `held`: somebody else reads meanwhile."""
    outcome, chance = Outcome("power cut, what was not synced torn or missing", "SQLite"), Random(seed)
    crash = Crash({"": Disk(town.path.read_bytes())})
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    holder = Child(folder, lambda: holds(town)) if held else None
    calls = traced(town, folder, turns, seed).read_text(encoding="ascii").splitlines()
    if holder is not None:
        holder.kill()
    ours = [found for found in map(_CALL.match, calls) if found and _is_ours(found, folder)]
    chosen = {chance.randrange(len(ours)) for _ in range(times)}
    for number, found in enumerate(ours):
        call, path, data, rest, _ = found.groups()
        path, content = _path(call, path, data)
        crash.hear(call, path, content, rest, town.path)
        if number in chosen:
            _look(outcome, opened_elsewhere(town, elsewhere, crash.files(chance)), crash, number)
            outcome.tried += 1
    outcome.counted["calls that change files"] = len(ours)
    outcome.judge(town, folder)
    return outcome


def _is_ours(found: re.Match[str], folder: Path) -> bool:
    return _path(found[1], found[2], found[3])[0].startswith(str(folder))


def _path(call: str, path: str | None, data: str | None) -> tuple[str, bytes]:
    content = bytes.fromhex((data or "").replace("\\x", ""))
    if call == "unlink":
        return content.decode(errors="replace"), b""
    name = path or ""
    if name.startswith("\\x"):
        name = bytes.fromhex(name.replace("\\x", "")).decode()
    return name, content


def _look(outcome: Outcome, copy: Town, crash: Crash, number: int) -> None:
    verified = copy.person("mo").run("verify")
    if verified.code:
        outcome.wrong.append(f"after call {number}: verify says {verified.code}: {verified.err}")
        return
    outcome.count(copy, crash.told, rows(copy))
    outcome.counted["entries on the disk that nobody had heard of yet"] += len(
        {mark for row in rows(copy) for mark in marks_of(row)} - crash.told.done
    )
