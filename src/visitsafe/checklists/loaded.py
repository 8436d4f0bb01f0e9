"""A checklist as it counts: its file laid over the one that it extends, and where each part was written."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from visitsafe.checklists import extending
from visitsafe.checklists.checklist import VisitChecklist
from visitsafe.checklists.checklist_files import Found, Written
from visitsafe.checklists.problem import AnyChecklist, Problem, did_you_mean
from visitsafe.checklists.references import repeated_own_ids
from visitsafe.checklists.yaml_tree import DataPath
from visitsafe.errors import ProblemsError

CHECK = "to see everything that is wrong, run: visitsafe checklist check"


@dataclass(frozen=True)
class Loaded:
    """A checklist and the files that it is made of.

    Attributes:
        checklist: With what it extends laid under it.
        written: Its own file.
        files: The files that it is made of; its own is the last.
        origins: For the parts that came from elsewhere than the same path of its own file: where they stand.
    """

    checklist: AnyChecklist
    written: Written
    files: tuple[Found, ...]
    origins: Mapping[DataPath, Written] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Its own file."""
        return self.files[-1].path

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of the file's bytes.

        If it extends another: of the hex digests of all its files, sorted, with a line feed after each.
        """
        digests = sorted(found.digest for found in self.files)
        if len(digests) == 1:
            return digests[0]
        return hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest()

    def line(self, problem: Problem) -> str:
        """One finished line for a problem whose path begins in this checklist."""
        written, path = self.place(problem.path)
        return written.line(problem.sentence, *path, at_key=problem.at_key)

    def place(self, path: DataPath) -> tuple[Written, DataPath]:
        """Where a path of the checklist was written: a place, and the path below it."""
        for length in range(len(path), 0, -1):
            if (origin := self.origins.get(path[:length])) is not None:
                return origin, path[length:]
        return self.written, path


def extended(found: Found, extension: VisitChecklist, written: Written, base: Loaded) -> Loaded:
    """Lay a visit checklist over the one that it extends.

    Raises:
        ProblemsError: They do not fit.
    """
    below = base.checklist
    if not isinstance(below, VisitChecklist):
        sentence = f'"{below.id}" is of kind {below.kind}: only a visit checklist can be extended'
        _refuse(found, [written.line(sentence, "extends")])
    lines = [base.line(problem) for problem in repeated_own_ids(below)]
    lines += [Loaded(extension, written, (found,)).line(problem) for problem in repeated_own_ids(extension)]
    for path, name in extending.unknown_in_leave_out(below, extension):
        sentence = f'{below.id} has no question or rule "{name}"{did_you_mean(name, extending.ids_of(below))}'
        lines.append(written.line(sentence, *path))
    result = extending.extend(below, extension)
    added = extending.cannot_be_added(extension, result)
    lines += [Loaded(extension, written, (found,)).line(problem) for problem in added]
    for path, name, by in extending.still_named(extension, result):
        sentence = f'"{name}" is still named by {", ".join(by)}: leave these out too, or write them anew'
        lines.append(written.line(sentence, *path))
    if lines:
        _refuse(found, lines)
    origins = {
        path: _written(base, origin.path) if origin.in_base else written.below(*origin.path)
        for path, origin in extending.origins(below, extension, result).items()
    }
    return Loaded(result, written, (*base.files, found), origins)


def _written(base: Loaded, path: DataPath) -> Written:
    written, rest = base.place(path)
    return written.below(*rest)


def _refuse(found: Found, lines: list[str]) -> NoReturn:
    raise ProblemsError(f"{found.name} cannot be used", lines, hint=CHECK)
