"""One checklist file: found in a folder, glanced at for its id, read into its model with all its problems.

A glance reads the lines `id:` and `kind:` without parsing, so that a command reads only the files it needs;
the full reading later proves that the glance was right.
"""

import hashlib
import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ValidationError

from visitsafe.checklists import model_errors, yaml_words
from visitsafe.checklists.checklist import VisitChecklist
from visitsafe.checklists.forms import FormChecklist, SupervisionChecklist
from visitsafe.checklists.kinds import (
    EscalationChecklist,
    ReviewChecklist,
    SharingChecklist,
    ShouldNotChecklist,
    Sources,
)
from visitsafe.checklists.yaml_files import as_data, line_of, parse, printable, read_bytes, refusal, typed
from visitsafe.checklists.yaml_tree import DataPath, Positions, Problem, Scalar
from visitsafe.errors import NotFoundError, ProblemsError, SettingsError

MODELS: dict[str, type[BaseModel]] = {
    "visit": VisitChecklist,
    "should-not": ShouldNotChecklist,
    "information-sharing": SharingChecklist,
    "review": ReviewChecklist,
    "escalation": EscalationChecklist,
    "form": FormChecklist,
    "supervision": SupervisionChecklist,
    "sources": Sources,
}
"""The model of each kind of file."""
SOURCES = "sources"

_GLANCE = {
    name: re.compile(
        rb"^(?:\xef\xbb\xbf)?%s:[ ]+[\"']?([a-z0-9-]+)[\"']?[ ]*(?:#.*)?\r?$" % name.encode(), re.MULTILINE
    )
    for name in ("id", "kind")
}


@dataclass(frozen=True)
class Found:
    """A file in a folder, as its bytes were when it was found.

    Attributes:
        path: The file.
        layer: The number of its folder; a file in a higher one replaces the same id in a lower one.
        raw: Its bytes.
        id: Its id as glanced at; "" for `sources.yaml` and for a file that does not say.
        kind: Its kind as glanced at, or "".
    """

    path: Path
    layer: int
    raw: bytes = field(repr=False)
    id: str
    kind: str

    @property
    def name(self) -> str:
        """What to call the file in messages."""
        return printable(self.path)

    @property
    def digest(self) -> str:
        """The SHA-256 of the file's bytes, in hex."""
        return hashlib.sha256(self.raw).hexdigest()


@dataclass(frozen=True)
class Written:
    """A place in a file: for what was read, where it was written."""

    name: str
    positions: Positions
    path: DataPath = ()

    def below(self, *path: str | int) -> "Written":
        """A place further down in the same file."""
        return Written(self.name, self.positions, (*self.path, *path))

    def line(self, sentence: str, *below: str | int, at_key: bool = False) -> str:
        """One finished line `file:line:column: sentence` for this place, or one below it."""
        path = (*self.path, *below)
        position = self.positions.key(path) if at_key else self.positions.nearest(path)
        return line_of(self.name, Problem(position, sentence))


def find(place: Path, layer: int) -> list[Found]:
    """The checklist files of a folder, by name; or the one file that is named.

    Raises:
        NotFoundError: There is no such folder or file.
        SettingsError: It cannot be read.
    """
    try:
        files = _files(place)
    except OSError as error:
        raise SettingsError(f"{printable(place)} cannot be read: {error.strerror}") from None
    return [_glance(path, layer) for path in files]


@lru_cache(maxsize=64)
def read(found: Found) -> tuple[BaseModel, Written]:
    """Read a file into the model of its kind.

    The same bytes are parsed once: one command looks at the same checklists several times.

    Raises:
        ProblemsError: Everything that is wrong with it.
    """
    tree = parse(found.raw, found.name)
    data = as_data(tree)
    model = _model(data, tree.positions, tree.problems)
    if model is None:
        raise refusal(found.name, tree.problems)
    try:
        checklist = model.model_validate(data)
    except ValidationError as error:
        tree.problems.extend(model_errors.problems(error, tree, model))
        raise refusal(found.name, tree.problems) from None
    if getattr(checklist, "id", found.id) != found.id or data["kind"] != found.kind:
        position = tree.positions.nearest(("id",))
        tree.problems.append(
            Problem(position, "write id and kind each in a line of its own, such as id: my-list")
        )
    if tree.problems:
        raise refusal(found.name, tree.problems)
    return checklist, Written(found.name, tree.positions)


def as_if_quoted(found: Found) -> Found:
    """A file that `read` refuses, with quotes where only they are missing: to find what else is wrong.

    Places in such a line can be off by the quotes. If that is not all, the file as it is.
    """
    try:
        tree = parse(found.raw, found.name)
        data = as_data(tree)
        model = _model(data, tree.positions, tree.problems)
        if model is not None:
            model.model_validate(data)
    except ProblemsError:
        return found
    except ValidationError as error:
        nodes = [tree.positions.node(tree.positions.clean(one["loc"])) for one in error.errors()]
        mended = replace(found, raw=_quoted(found.raw, [node for node in nodes if isinstance(node, Scalar)]))
        try:
            read(mended)
        except ProblemsError:
            return found
        return mended
    return found


def _quoted(raw: bytes, scalars: list[Scalar]) -> bytes:
    """The bytes with quotes around single values; the last first, so that the others stay where they are."""
    lines = raw.decode("utf-8-sig").split("\n")
    places = {scalar.position: scalar.text for scalar in scalars if not isinstance(typed(scalar), str)}
    for (number, column), text in sorted(places.items(), reverse=True):
        line, start = lines[number - 1], column - 1
        if text and line[start:].startswith(text):
            lines[number - 1] = f'{line[:start]}"{text}"{line[start + len(text) :]}'
    return "\n".join(lines).encode()


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise NotFoundError(
            f"there is no folder or file {printable(place)} with checklists",
            hint="check --checklist and VISITSAFE_CHECKLISTS",
        )
    names = sorted(path for path in place.iterdir() if path.suffix in {".yaml", ".yml"})
    return [path for path in names if path.is_file() and not path.name.startswith(".")]


def _glance(path: Path, layer: int) -> Found:
    raw = read_bytes(path)
    matches = {name: pattern.search(raw) for name, pattern in _GLANCE.items()}
    words = {name: match.group(1).decode() if match else "" for name, match in matches.items()}
    if words["kind"] == SOURCES:
        words["id"] = ""
    return Found(path, layer, raw, words["id"], words["kind"])


def _model(data: object, positions: Positions, problems: list[Problem]) -> type[BaseModel] | None:
    """The model for a file's kind; if it has none, a problem is added."""
    if not isinstance(data, dict):
        problems.append(
            Problem(positions.nearest(()), "a checklist begins with format: 1 and has keys with values")
        )
        return None
    kind = data.get("kind")
    if isinstance(kind, str) and kind in MODELS:
        return MODELS[kind]
    kinds = " or ".join([", ".join(list(MODELS)[:-1]), SOURCES])
    if "kind" not in data:
        problems.append(
            Problem(positions.nearest(()), f'the key "kind" is missing here: write kind: {kinds}')
        )
    else:
        shown = f" {yaml_words.quoted(kind)}" if isinstance(kind, str) else ""
        problems.append(Problem(positions.nearest(("kind",)), f"there is no kind{shown}: write {kinds}"))
    return None
