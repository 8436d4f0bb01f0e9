"""One checklist file: found in a folder, glanced at for its id, read into its model with all its problems.

A glance reads the lines `id:` and `kind:` without parsing, so that a command reads only the files it needs;
the full reading later proves that the glance was right.
"""

import hashlib
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from visitsafe.checklists import yaml as yaml_words
from visitsafe.checklists.model import (
    Checklist,
    EscalationChecklist,
    FormChecklist,
    Model,
    ReviewChecklist,
    SharingChecklist,
    ShouldNotChecklist,
    Sources,
    SupervisionChecklist,
    VisitChecklist,
)
from visitsafe.checklists.yaml import (
    MOST_LISTED,
    DataPath,
    Items,
    Node,
    Positions,
    Problem,
    Scalar,
    Tree,
    as_data,
    line_of,
    parse,
    printable,
    read_bytes,
    refusal,
    typed,
)
from visitsafe.errors import NotFoundError, NotPermittedError, ProblemsError, SettingsError

_QUOTED = re.compile("'([^']*)'")


def problems(error: ValidationError, tree: Tree, model: type[BaseModel]) -> Iterator[Problem]:
    """The problems of one file, without those at places where the tree has a problem already."""
    taken = {problem.position for problem in tree.problems}
    allowed: dict[DataPath, list[str]] = {}
    for one in error.errors(include_url=False)[: MOST_LISTED * 2]:
        path, kind = tree.positions.clean(one["loc"]), one["type"]
        if kind in {"enum", "literal_error"}:
            # A union of words reports each branch by itself: they become one sentence below.
            allowed.setdefault(path, []).extend(_QUOTED.findall(one["ctx"]["expected"]))
        elif (found := _problem(one, path, tree, model)) and found.position not in taken:
            yield found
    for path, words in allowed.items():
        node = tree.positions.node(path)
        if node.position not in taken:
            yield Problem(node.position, _one_of(path, words, node))


def _problem(error: Any, path: DataPath, tree: Tree, model: type[BaseModel]) -> Problem | None:
    kind, node = error["type"], tree.positions.node(path)
    named = str(error["loc"][-1]) if error["loc"] else ""  # what the path ends with, or should
    if kind == "missing":
        return Problem(node.position, f'the key "{named}" is missing here: add it')
    if kind == "extra_forbidden":
        above = path[:-1] if path and path[-1] == named else path
        return Problem(tree.positions.key(path), _unknown_key(named, _keys_at(model, above), node))
    if kind == "too_short" and isinstance(node, Items) and node.nodes:
        return None  # the list is only short of what was refused in it
    write = _SENTENCES.get(kind, _in_other_words)
    return Problem(node.position, write(node, error.get("ctx") or {}))


def _unknown_key(name: str, known: list[str], node: Node) -> str:
    shown = yaml_words.short(name)
    if near := get_close_matches(name, known, n=1):
        return f'unknown key "{shown}": did you mean "{near[0]}"?'
    if isinstance(node, Scalar) and node.plain and node.text == "":
        return f'unknown key "{shown}": a text with a comma or colon in it needs quotes around all of it'
    return f'unknown key "{shown}": the keys here are {", ".join(known)}'


def _keys_at(model: type[BaseModel], path: DataPath) -> list[str]:
    """The keys that the format knows at a path."""
    here: type[BaseModel] = model
    for part in path:
        if isinstance(part, str) and part in here.model_fields:
            here = next(_models(here.model_fields[part].annotation), here)
    return list(here.model_fields)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in {Annotated, dict, tuple, Union, UnionType}:
        for argument in get_args(annotation):
            yield from _models(argument)


def _one_of(path: DataPath, words: list[str], node: Node) -> str:
    if path == ("format",):
        return "this is not format 1, the only one that this visitsafe reads: write format: 1"
    if not isinstance(node, Scalar):
        return f"one word is meant here: write {_or(words)}"
    if node.plain and node.text in words:
        return yaml_words.unquoted(node.text)
    near = get_close_matches(node.text, words, n=1)
    instead = f'did you mean "{near[0]}"?' if near else f"write {_or(words)}"
    return f"{yaml_words.quoted_word(node.text)} is not known here: {instead}"


def _or(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _text(node: Node, _: Any) -> str:
    if not isinstance(node, Scalar):
        return "a text is meant here: write one, in quotes if it has : , [ ] { } in it"
    value = typed(node)
    if value is None:
        return "nothing stands here: write the text, or leave the key out if it may be left out"
    return yaml_words.unquoted(node.text)


def _list(node: Node, _: Any) -> str:
    if isinstance(node, Scalar) and typed(node) is None:
        return "a list is meant here: write its items, or leave the key out if it may be left out"
    return "a list is meant here: begin each item in a line of its own with a hyphen and a space"


def _mapping(node: Node, _: Any) -> str:
    if isinstance(node, Scalar) and typed(node) is None:
        return "nothing stands here: write the keys and their values"
    return "keys with values are meant here, such as id: something"


def _pattern(node: Node, context: Any) -> str:
    text = node.text if isinstance(node, Scalar) else ""
    if "a-z" in context["pattern"]:
        better = re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")
        example = better if re.fullmatch("[a-z][a-z0-9-]*", better) else "car-targeted"
        shown = yaml_words.quoted_word(text)
        return f"{shown} is not an id: use small letters, digits and hyphens, such as {example}"
    example = '"1.0"' if "." in context["pattern"] else '"2013-01-31"'
    return f"{yaml_words.quoted_word(text)} does not have the right form: write it like {example}"


def _number(node: Node, _: Any) -> str:
    quoted = isinstance(node, Scalar) and not node.plain
    return "a whole number is meant here" + (": write it without quotes" if quoted else ", such as 30")


def _long(node: Node, context: Any) -> str:
    length = len(node.text) if isinstance(node, Scalar) else 0
    return f"{length} characters are too many: write at most {context['max_length']}"


def _in_other_words(_: Node, __: Any) -> str:
    return "this does not fit here: see visitsafe checklist schema"


_SENTENCES: dict[str, Callable[[Node, Any], str]] = {
    "string_type": _text,
    "string_too_short": lambda _, __: "the text is empty: write it",
    "string_too_long": _long,
    "string_pattern_mismatch": _pattern,
    "tuple_type": _list,
    "too_short": lambda _, __: "the list is empty: at least one is needed",
    "model_type": _mapping,
    "dict_type": _mapping,
    "bool_type": lambda _, __: "write true or false here, without quotes",
    "int_type": _number,
    "greater_than_equal": lambda _, context: f"the number is too small: the least is {context['ge']}",
    "less_than_equal": lambda _, context: f"the number is too large: the most is {context['le']}",
    "value_error": lambda _, context: str(context["error"]),
}


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
class FolderFile:
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


def find(place: Path, layer: int) -> list[FolderFile]:
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
def read(found: FolderFile) -> tuple[BaseModel, Written]:
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
        tree.problems.extend(problems(error, tree, model))
        raise refusal(found.name, tree.problems) from None
    if getattr(checklist, "id", found.id) != found.id or data["kind"] != found.kind:
        position = tree.positions.nearest(("id",))
        tree.problems.append(
            Problem(position, "write id and kind each in a line of its own, such as id: my-list")
        )
    if tree.problems:
        raise refusal(found.name, tree.problems)
    return checklist, Written(found.name, tree.positions)


def as_if_quoted(found: FolderFile) -> FolderFile:
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


def _glance(path: Path, layer: int) -> FolderFile:
    raw = read_bytes(path)
    matches = {name: pattern.search(raw) for name, pattern in _GLANCE.items()}
    words = {name: match.group(1).decode() if match else "" for name, match in matches.items()}
    if words["kind"] == SOURCES:
        words["id"] = ""
    return FolderFile(path, layer, raw, words["id"], words["kind"])


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
        shown = f" {yaml_words.quoted_word(kind)}" if isinstance(kind, str) else ""
        problems.append(Problem(positions.nearest(("kind",)), f"there is no kind{shown}: write {kinds}"))
    return None


DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ATTRIBUTE = re.compile(r"^(\w+): (.+)$")


def schema(kind: str | None = None) -> dict[str, Any]:
    """JSON Schema, draft 2020-12, for one kind of file or for all of them.

    Args:
        kind: A kind of checklist or `sources`; None for a schema that tells them apart by `kind`.
    """
    everything: Any = MODELS[kind] if kind else Annotated[Checklist | Sources, Field(discriminator="kind")]
    found = TypeAdapter(everything).json_schema()
    # OpenAPI's hint for the union; JSON Schema has the same in oneOf and the const of each kind.
    found.pop("discriminator", None)
    _explain(found)
    title = f"visitsafe checklist, kind {kind}" if kind else "visitsafe checklist"
    return {"$schema": DIALECT, "title": title, **{key: found[key] for key in found if key != "title"}}


def _explain(found: dict[str, Any]) -> None:
    """Put the explanations of keys beside the keys, and keep only the first paragraph for the whole."""
    explanations = {model.__name__: model for model in _all_models(Model)}
    for name, part in {"": found, **found.get("$defs", {})}.items():
        model = explanations.get(name or str(found.get("title")))
        if model is None or "properties" not in part:
            continue
        part["description"] = inspect.cleandoc(model.__doc__ or "").split("\n\n")[0].replace("\n", " ")
        for name_in_code, text in _attributes(model).items():
            alias = model.model_fields[name_in_code].alias if name_in_code in model.model_fields else None
            key = alias or name_in_code
            if key in part["properties"]:
                part["properties"][key].setdefault("description", text)


def _all_models(base: type[BaseModel]) -> list[type[BaseModel]]:
    return [one for child in base.__subclasses__() for one in (child, *_all_models(child))]


def _attributes(model: type[BaseModel]) -> dict[str, str]:
    """The `Attributes:` of a model's docstring, and of those that it is made from."""
    found: dict[str, str] = {}
    for one in reversed(model.__mro__):
        _, _, listed = inspect.cleandoc(one.__doc__ or "").partition("Attributes:\n")
        for line in inspect.cleandoc(listed).splitlines():
            if match := _ATTRIBUTE.match(line):
                found[match[1]] = match[2]
    return found


_FOLDER = Path(__file__).parent / "starting"


def starting_file(kind: str, name: str, extends: str | None = None) -> str:
    """The text of a starting file.

    Args:
        kind: A kind of checklist, or `sources`.
        name: The new checklist's id; for sources the first document's.
        extends: The visit checklist that it extends, if it does.
    """
    text = (_FOLDER / f"{'extension' if extends else kind}.yaml").read_text(encoding="utf-8")
    return text.replace("my-list", name).replace("base-list", extends or "")


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet, and that colleagues can read.

    Raises:
        NotPermittedError: It is there already; it stays as it is.
        SettingsError: It cannot be written.
        UsageError: Its name begins with a hyphen.
    """
    from visitsafe.text.files import check_new, new_file

    check_new(path)
    try:
        with new_file(path, 0o666) as part:
            part.write_text(text, encoding="utf-8", newline="\n")
    except FileExistsError:
        raise NotPermittedError(
            f"{path} is there already and was left as it is", hint="name another file with --out"
        ) from None
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror}", hint="check the folder") from None
