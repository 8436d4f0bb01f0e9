"""Every command in the documentation is run as it stands there, by those whom the story is about.

REF and the like are filled in. A command has to work for somebody at some point of the story; one that asks
has to come to its first question, for there is no terminal here. One that a sentence only names, without what
it needs, has to be there with its flags. What is not run at all is listed with its reason.
"""

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import pytest

from documentation import PAGES, TOP, Shown, shown, words_of
from flag_tables import flags_of
from office import Ran, Someone
from servers import WebServer
from whole_story import WholeStory

GOES_ON = "it goes on until somebody ends it: test_watch.py and test_board.py run it"
SERVER = "it needs that server: test_postgres_cli.py and test_store_command.py have one of their own"
DEVICE = "it needs an agent or a device: tests/signing has some of its own"
NOT_RUN = {
    "visitsafe board --watch": GOES_ON,
    "visitsafe checkpoint 1": "it is the first line of a checkpoint",
    "visitsafe key use ~/.ssh/id_ed25519.pub": DEVICE,
    "visitsafe key use ~/.ssh/id_ed25519_sk": DEVICE,
    "visitsafe store move 'postgresql://admin@db.example/visitsafe'": SERVER,
    "visitsafe watch": GOES_ON,
    "visitsafe watch --ping https://hc-ping.example/your-check": GOES_ON,
}
"""Commands of ours that are not run here, and why. Their flags are there all the same."""
PROOF = "test_verify_command.py and test_main_job.py run it"
DETAILS = "test_details_command.py runs it"
ELSEWHERE = {
    "cmd /c": "it needs Windows, and the page says that nobody could try it",
    "export VISITSAFE_CHECKLISTS=": "test_agency_checklists.py sets it",
    "for f in entries/": PROOF,
    "sed -n '/^-----BEGIN SSH SIG": PROOF,
    "sed -n '/^visitsafe checkpoint": PROOF,
    'sed -n \'s/.*"sealed"': DETAILS,
    "sha256sum base.yaml": "test_checklist_files.py works it out in the same way",
    "ssh-keygen -Y verify": PROOF,
    "ssh-keygen -t ed25519": "tests/record makes such keys; a hardware key needs a device",
    "unzip visitsafe-": DETAILS,
}
"""How commands of other programs begin, and where they are run."""
ASKS = re.compile("there is no terminal|no terminal to")
USAGE = 2
FINE = {"board": {0, 4}, "watch": {0, 4}}
"""Exit codes that say that somebody is late, or that nobody is watching."""
MAKES = (["checklist", "new"], ["store", "backup"])
"""They make a file that others of the same page read, and never over one."""
PEOPLE = ("mo", "sam", "dee", "kim", "founder", "nobody")


@dataclass(frozen=True)
class Told:
    """The story, what its people have beside them when they type, and what stands for what."""

    story: WholeStory
    files: Path
    names: dict[str, str]

    def works(self, command: Shown, folder: Path) -> bool:
        """Whether somebody can do it at some point."""
        # At one go: what is put in may by chance have one of the names in it, as a key has letters.
        names = "|".join(map(re.escape, self.names))
        words = words_of(re.sub(names, lambda found: self.names[found.group()], command.text))
        for who in self._everybody(folder, makes=words[:1] == ["export"] or words[:2] in MAKES):
            with chdir(folder):
                ran = who.run(*words)
            if _fine(words, ran, command):
                return True
        return False

    def _everybody(self, folder: Path, *, makes: bool) -> Iterator[Someone]:
        for point in reversed(self.story.points.values()):
            for name in PEOPLE:
                shutil.rmtree(folder, ignore_errors=True)
                office = point.copied(folder)
                (folder / "backups").mkdir()
                if not makes:
                    shutil.copytree(self.files, folder, dirs_exist_ok=True)
                someone = office.person(name)
                someone.now = point.now
                if name in {"founder", "nobody"}:
                    someone.store = f"sqlite:///{folder}/new.sqlite3"
                yield someone


def _fine(words: list[str], ran: Ran, command: Shown) -> bool:
    if ran.code in FINE.get(" ".join(words[:1]), {0}) or ASKS.search(ran.err):
        return True
    return ran.code == USAGE and not command.to_type and _is_there(words)


def _is_there(words: list[str]) -> bool:
    flags = flags_of(words)
    return flags is not None and flags >= {word for word in words if word.startswith("--")}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("told")
    with WebServer() as web:
        story = WholeStory(folder, channel=web.url("desk"))
        yield Told(story, folder / "files", prepared(story, folder))


def prepared(story: WholeStory, folder: Path) -> dict[str, str]:
    """Put the files there that commands name, and say what stands for what."""
    office, files = story.points["audited"].copied(folder / "giving"), folder / "files"
    (files / "backups").mkdir(parents=True)
    office.key(Someone("founder", files / "founder", ""))
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", files / "id_ed25519"], check=True)
    mo, sam, ref = office.mo, office.sam, office.ref
    lodged = mo.done("store", "checkpoint").out
    for name, text in {
        "mail.txt": lodged,
        "answers.yaml": Path(office.answers()).read_text(encoding="utf-8"),
        "details.yaml": "mobile: 07700 900123\n",
        "night-visits.yaml": mo.done("checklist", "new", "night-visits").out,
    }.items():
        (files / name).write_text(text, encoding="utf-8")
    mo.done("export", ref, "--format", "bundle", "--out", str(files / f"visitsafe-{ref}.zip"))
    mo.done("export", "--team", "--out", str(files / "visitsafe-team.zip"))
    mo.done("store", "backup", str(files / "backups" / "visits-2026-11-23.sqlite3"))
    team = mo.done("team", "list", "--json").json
    joins = office.person("kim").done("team", "join").out.strip()
    sam.done("key", "replace", "--lost", "--no-passphrase")
    return {
        "team add LINE": f"team add {joins}",
        "sam.carter@council.example LINE": f"sam@salford.example {sam.done('team', 'join').out.strip()}",
        "--team-id ID": f"--team-id {team['id']}",
        "--team-id ...": f"--team-id {team['id']}",
        "--team-id 3f2a...": f"--team-id {team['id']}",
        "ssh-ed25519 AAAA...": (mo.home / "keys" / "id_ed25519.pub").read_text(encoding="utf-8").strip(),
        "--against FILE": "--against mail.txt",
        "--answers FILE": "--answers answers.yaml",
        "--use FILE": "--use id_ed25519",
        "import FILE": "import visitsafe-team.zip",
        "OLD-FILE": "backups/visits-2026-11-23.sqlite3",
        "FILE.zip": f"visitsafe-{ref}.zip",
        "/backups/": "backups/",
        "~/.ssh/": "",
        "new ID": "new mine",
        "--kind KIND": "--kind form",
        "'Sam Carter'": "sam",
        "REF": ref,
        "K7Q2-M9": ref,
        "CASE": "CF-1",
        "CF-1042": "CF-1",
        "CF-2041": "CF-1",
    }


def _plain(command: Shown) -> str:
    return re.sub(" +#.*", "", command.text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_works(page: Path, told: Told, tmp_path: Path) -> None:
    wrong = [
        f"{command.where}: {command.text}"
        for command in shown(page)
        if command.is_ours and _plain(command) not in NOT_RUN and not told.works(command, tmp_path / "there")
    ]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_flag_that_stands_beside_a_command_is_one_of_its_flags(page: Path) -> None:
    wrong = []
    for code in re.findall(r"`(?:visitsafe )?([a-z][^`]* --[^`]*)`", page.read_text(encoding="utf-8")):
        flags = flags_of(code.split())
        if flags is not None and not flags >= set(re.findall(r" (--[a-z][a-z-]*)", f" {code}")):
            wrong.append(code)
    assert wrong == []


def test_commands_of_others_are_there_or_are_run_elsewhere() -> None:
    others = {_plain(one) for page in PAGES for one in shown(page) if not one.is_ours}
    makefile = (TOP / "Makefile").read_text(encoding="utf-8")
    extras = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    for text in sorted(one for one in others if not one.startswith(tuple(ELSEWHERE))):
        program, *words = words_of(f"visitsafe {text}")
        if program == "make":
            assert f"\n{words[0]}:" in makefile
        elif program == "pip":
            assert re.findall(r"\[(\w+)\]", text)[0] in extras
        else:
            assert program == ".venv/bin/python", f"{text} is neither run here nor listed in ELSEWHERE"
            (path,) = (word for word in words if "/" in word)
            assert (TOP / path).exists(), text


def test_what_is_not_run_still_stands_in_the_documentation() -> None:
    texts = {_plain(one) for page in PAGES for one in shown(page)}
    assert NOT_RUN.keys() - texts == set()
    assert [begins for begins in ELSEWHERE if not any(text.startswith(begins) for text in texts)] == []
    for text in NOT_RUN.keys() - {"visitsafe checkpoint 1"}:
        assert _is_there(words_of(text)), text
