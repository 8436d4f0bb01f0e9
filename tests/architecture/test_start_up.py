"""What quick commands may import: start-up is most of what a person waits for (docs/adr/0005)."""

import subprocess
import sys
from collections.abc import Set as AbstractSet

import pytest

from office import NOW, Office

HEAVY = {
    "apprise", "astral", "bcrypt", "jsonschema", "markdown_it", "prompt_toolkit", "psycopg",
    "pydantic", "questionary", "rich", "sqlalchemy", "tomlkit", "yaml",
}  # fmt: skip


def imported_by(code: str, unwanted: AbstractSet[str] = HEAVY) -> AbstractSet[str]:
    """The unwanted modules in memory after running some code in a fresh Python."""
    script = f"import sys\n{code}\nprint(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return unwanted & {name.split(".")[0] for name in done.stdout.split()}


def test_the_version_is_told_without_typer() -> None:
    code = "sys.argv = ['visitsafe', '--version']\nfrom visitsafe.__main__ import run\nrun()"
    assert imported_by(f"{code}\nassert 'typer' not in sys.modules") == set()


def test_the_command_line_imports_nothing_heavy() -> None:
    assert imported_by("import visitsafe.cli") == set()


def test_list_and_verify_import_nothing_heavy(office: Office) -> None:
    office.plan()
    for words in (["list", "--json"], ["verify"], ["show", office.ref, "--json"], []):
        environ = office.mo.environ
        code = f"from visitsafe.cli import main\nassert main({words!r}, environ={environ!r}) == 0"
        assert imported_by(code) == set(), words


LEAN = {"typer", "click", "icalendar", "difflib", "logging", "random", "asyncio", "email", "http"}


@pytest.mark.parametrize("words", [["depart"], ["ok"], ["acknowledge"], ["back"]], ids=lambda words: words[0])
def test_the_doorstep_waits_for_neither_typer_nor_anything_heavy(office: Office, words: list[str]) -> None:
    office.countersigned()
    late = NOW.replace(hour=9 if words == ["depart"] else 12)
    if words != ["depart"]:
        office.at(NOW.replace(hour=9)).sam.done("depart")
    who = office.mo if words == ["acknowledge"] else office.sam
    code = (
        "import datetime\nfrom visitsafe.cli import main\n"
        f"assert main({[*words, office.ref]!r}, {late!r}, {who.environ!r}) == 0"
    )
    assert imported_by(code, HEAVY | LEAN) == set()
