"""The worker's own tracing details on this machine: one encrypted file, replaced whole, 0600.

What is in the file is sealed before it comes here. A file with details in clear, which somebody wrote for
`--from`, is read and never written; what is wrong with it is told by line and column without its text.
"""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from visitsafe.errors import ProblemsError, SettingsError, UsageError
from visitsafe.settings import make_private_folder, write_whole
from visitsafe.team.details import LABELS, cleaned

NAME = "details.age"
HOW = "one line for each: mobile: '07700 900123'; put texts in quotes"
MOST_BYTES = 1 << 18
_POSITION = re.compile(r"^(.*?:\d+:\d+):", re.DOTALL)


def read_sealed(home: Path) -> bytes | None:
    """The encrypted details; None if there are none.

    Raises:
        SettingsError: The file is there and cannot be read.
    """
    try:
        with (home / NAME).open("rb") as file:
            return file.read(MOST_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(
            f"cannot read {home / NAME}: {error.strerror}", hint="check its permissions"
        ) from error


def write_sealed(home: Path, sealed: bytes) -> Path:
    """Put encrypted details in the place of the old ones, all or nothing.

    Raises:
        SettingsError: They cannot be written; the old ones are untouched.
    """
    try:
        make_private_folder(home)
        write_whole(home / NAME, sealed)  # made with mode 0600
    except OSError as error:
        raise SettingsError(
            f"cannot write {home / NAME}: {error.strerror}", hint="check free space and permissions"
        ) from error
    return home / NAME


def remove(home: Path) -> bool:
    """Remove the details; whether there were any.

    Raises:
        SettingsError: They cannot be removed.
    """
    try:
        (home / NAME).unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise SettingsError(f"cannot remove {home / NAME}: {error.strerror}") from error
    return True


def read_clear(named: str, country: str) -> Mapping[str, str]:
    """The details that somebody wrote in YAML, cleaned; `-` is a pipe.

    Args:
        named: The file.
        country: Whose telephone numbers are meant where none is named.

    Raises:
        ProblemsError: It does not hold one text for each name, or one that cannot be; with places and not
            with what stands there.
    """
    from visitsafe.checklists.yaml import Problem, printable, read_strings, refusal

    source = sys.stdin.buffer.read() if named == "-" else Path(named)
    try:
        found, positions = read_strings(source, "the pipe")
    except ProblemsError as error:
        places = dict.fromkeys(_place(problem) for problem in error.problems)
        lines = [f"{place} cannot be read here" for place in places]
        raise ProblemsError(error.message, lines, hint=HOW) from None
    if not isinstance(found, dict):
        found, problems = {}, [Problem((1, 1), "one text is needed for each name")]
    else:
        cut = "what stands after # is not read; put all of it in quotes"
        problems = [Problem(positions.nearest(path), cut) for path in positions.remarks()]
    details: dict[str, str] = {}
    for name, value in found.items():
        if not isinstance(value, str):
            problems.append(Problem(positions.nearest((name,)), "one text is needed here"))
            continue
        try:
            details[name] = cleaned(name, value, country)
        except UsageError as error:
            place = positions.nearest((name,)) if name in LABELS else positions.key((name,))
            problems.append(Problem(place, f"{error.message}; {error.hint}"))
    if problems:
        raise refusal("the pipe" if named == "-" else printable(named), problems, HOW)
    return details


def _place(problem: str) -> str:
    found = _POSITION.match(problem)
    return f"{found[1]}:" if found else "something"
