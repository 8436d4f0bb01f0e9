"""A SQLite file cut short, or overwritten in the middle with noise: named, never taken for sound.

Each time a fresh copy is damaged at a place chosen by chance, and commands are run on it. A command may do
its work, or say in one sentence why not; a traceback is never an answer.
"""

from contextlib import closing
from pathlib import Path
from random import Random

from office import Ran
from reliability.town import Town, rows
from reliability.truth import Outcome
from visitsafe.errors import VisitsafeError
from visitsafe.record.stored import Stored

_COMMANDS = (["list"], ["board"], ["show", "REF"], ["ok", "REF", "--note", "m0001x00001"])
_NAMED = ("is damaged", "does not hold", "is not a visitsafe store", "was overwritten", "is missing")


def damaged(town: Town, folder: Path, times: int, seed: int) -> Outcome:
    """Copies with their end cut off, and copies with noise in them."""
    outcome, chance = Outcome("file cut short, or noise in it", "SQLite"), Random(seed)
    sound, before = town.path.read_bytes(), rows(town)
    (folder / "hurt").mkdir()
    hurt_town = town.copied(folder / "hurt")
    for number in range(times):
        kind, hurt = _hurt(sound, chance)
        hurt_town.path.write_bytes(hurt)
        outcome.tried += 1
        outcome.counted[kind] += 1
        try:
            _look(outcome, hurt_town, before, f"{kind}, number {number} of seed {seed}")
        except Exception as error:  # noqa: BLE001 - a traceback is what must not be
            outcome.wrong.append(f"{kind}, number {number} of seed {seed}: {error!r}")
        for companion in ("-wal", "-shm"):
            Path(f"{hurt_town.path}{companion}").unlink(missing_ok=True)
    return outcome


def _hurt(sound: bytes, chance: Random) -> tuple[str, bytes]:
    if chance.random() < 0.3:
        return "cut short", sound[: chance.randrange(len(sound))]
    at, length = chance.randrange(len(sound)), chance.choice((1, 16, 200, 4096, 20_000))
    noise = chance.randbytes(length) if chance.random() < 0.7 else bytes(length)
    return "noise in it", sound[:at] + noise[: len(sound) - at] + sound[at + length :]


def _look(outcome: Outcome, town: Town, before: list[Stored], where: str) -> None:
    mo = town.person("mo")
    verified = mo.run("verify")
    outcome.counted[f"verify ends with {verified.code}"] += 1
    same = _unharmed(town, before)
    if verified.code == 0 and not same:
        outcome.wrong.append(f"{where}: verify says that all is well")
    if verified.code and not any(word in verified.err for word in _NAMED):
        outcome.wrong.append(f"{where}: {verified.err}")
    outcome.lost += [f"{where}: {name}" for name in _altered(town, before)]
    for words in _COMMANDS:
        command = [town.shared[0].ref if word == "REF" else word for word in words]
        who = town.person("sam") if words[0] == "ok" else mo
        outcome.counted[_told(words[0], who.run(*command))] += 1


def _told(command: str, ran: Ran) -> str:
    assert ran.code in {0, 1, 3, 4}, f"{command} ends with {ran.code}: {ran.err}"
    if ran.code in {1, 3}:
        assert ran.err.startswith("visitsafe: "), ran.err
        return f"{command} says why not"
    return f"{command} goes on"


def _unharmed(town: Town, before: list[Stored]) -> bool:
    """Whether every entry, and the list of plans, is as it was."""
    try:
        with closing(town.open()) as store:
            return list(store.scan()) == before and len(store.plans()) == len(town.shared + town.overdue)
    except VisitsafeError:
        return False


def _altered(town: Town, before: list[Stored]) -> list[str]:
    """Plans that are shown as holding with other entries than they had, by the command people use."""
    wrong = []
    known: dict[str, set[str]] = {}
    for row in before:
        known.setdefault(row.stream, set()).add(row.id)
    for visit in (*town.shared, *town.overdue):
        ran = town.person("mo").run("show", visit.ref, "--json")
        if ran.code or ran.json["problems"]:
            continue
        if {one["id"] for one in ran.json["entries"]} != known[ran.json["plan"]]:
            wrong.append(visit.ref)
    return wrong
