"""What a writer does: one command after the other through the real command line, chosen by a seed.

They plan, review, set out, report, extend and come back, on visits that all of them know and on new ones;
`watches` is a watcher beside them.
"""

import time
from datetime import timedelta
from pathlib import Path
from random import Random

from office import QUIET
from reliability.ledger import Ledger
from reliability.town import KNOWN, LATER, MANAGERS, WATCHER, WORKERS, Town, Visit

OFTEN = ("ok",) * 6 + ("arrive",) * 2 + ("extend",) * 3 + ("leave", "back", "depart")
BUSY = 100
COMMANDS = {"ok": "sam", "extend": "ola", "back": "kit", "review": "mo", "plan": "lou"}
"""Commands that are tried by themselves, and who gives them."""


class Writer:
    """A person at a terminal, who never rests."""

    def __init__(self, town: Town, name: str, ledger: Ledger, seed: int) -> None:
        self.town, self.name, self.ledger = town, name, ledger
        self.chance = Random(seed)
        self.me = town.person(name)
        self._board = ledger.folder / "new-visits"

    def turn(self) -> int:
        """One command; its exit code."""
        mark = self.ledger.mark()
        self.me.now += timedelta(seconds=1)
        drawn = self.chance.randrange(BUSY)
        if self.name in WORKERS and drawn < 4:
            return self.plans(mark)
        if self.name in MANAGERS and drawn < 12:
            return self.does("review", mark, self.chance.choice(self._visits))
        return self.does(self.chance.choice(OFTEN), mark, self.chance.choice(self._visits))

    def does(self, kind: str, mark: str, visit: Visit) -> int:
        """Decide or report on a visit."""
        return self.ledger.attempt(self.me, mark, *self._words(kind, mark, visit)).code

    def _words(self, kind: str, mark: str, visit: Visit) -> list[str]:
        if kind == "review":
            decision = self.chance.choice(("countersign", "countersign", "return"))
            return ["review", visit.ref, "--decision", decision, "--reason", f"Because {mark} says so."]
        words = [kind, visit.ref, "--note", mark]
        if kind == "extend":
            words += ["--until", f"{self.chance.randrange(12, 18)}:{self.chance.randrange(10, 60)}"]
        return words if visit.worker == self.name else [*words, "--for", visit.worker.title(), *KNOWN]

    def plans(self, mark: str) -> int:
        """Plan a new visit."""
        answers = self.ledger.folder / f"answers-{self.ledger.number}.yaml"
        answers.write_text(QUIET.replace("Talk about nursery.", f"About {mark}."), encoding="utf-8")
        ran = self.ledger.attempt(self.me, mark, "plan", "--answers", str(answers), "--yes", "--json")
        if ran.code == 0:
            with self._board.open("a", encoding="utf-8") as board:
                board.write(f"{ran.json['ref']} {self.name}\n")
        return ran.code

    @property
    def _visits(self) -> list[Visit]:
        """Those that all know, and the newest of the new ones."""
        if not self._board.exists():
            return list(self.town.shared)
        lines = self._board.read_text(encoding="utf-8").splitlines()[-8:]
        return [*self.town.shared, *(Visit(*line.split(" ")) for line in lines)]


def once(town: Town, ledger: Ledger, command: str) -> None:
    """One of COMMANDS, once."""
    name = COMMANDS[command]
    writer = Writer(town, name, ledger, seed=1)
    if command == "plan":
        writer.plans(ledger.mark())
    else:
        mine = [visit for visit in town.shared if visit.worker == name]
        writer.does(command, ledger.mark(), (*mine, *town.shared)[0])


def enough(folder: Path) -> None:
    """Tell everybody at work in a folder that it is over."""
    _over(folder).touch()


def _over(folder: Path) -> Path:
    return folder / "enough"


def writes(town: Town, folder: Path, number: int, seed: int, turns: int = 10**9) -> None:
    """The life of one writer: so many commands, or until it is enough."""
    name = (*WORKERS, *MANAGERS)[number % 6]
    writer = Writer(town, name, Ledger(folder, number), seed * 10_007 + number)
    for _ in range(turns):
        if _over(folder).exists():
            return
        writer.turn()


def watches(town: Town, folder: Path) -> None:
    """The life of a watcher: rounds of `visitsafe watch --once`, each a little later, until it is enough."""
    desk = town.person(WATCHER, LATER)
    while not _over(folder).exists():
        desk.now += timedelta(seconds=10)
        ran = desk.run("watch", "--once")
        assert ran.code in {0, 1, 4}, ran.err
        time.sleep(0.05)
