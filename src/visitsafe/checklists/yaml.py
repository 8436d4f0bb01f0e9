"""The tree that a YAML file becomes: every key and value with its line and column.

Grown from parser events, so that no nesting and no alias can exhaust anything. What the format of this
project does not allow, though YAML does, is refused here and collected, not raised: tags, anchors,
aliases, duplicate keys, keys that are not single values, further documents.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from visitsafe.errors import NotFoundError, ProblemsError, SettingsError
from visitsafe.text.clean import things

_HIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
_LONGEST = 60
MOST_DEPTH = 50
TOO_DEEP = f"lists and mappings are nested more than {MOST_DEPTH} deep: write it flatter"


def short(text: str) -> str:
    """A text from the file, fit for one line of a message."""
    text = "".join(character if character.isprintable() else "?" for character in text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def quoted_word(text: str) -> str:
    """The text as it would stand in quotes in the file."""
    return "'" + short(text) + "'" if '"' in text else '"' + short(text) + '"'


def unquoted(text: str, meant: str = "text") -> str:
    """For `yes`, `7.2` or `2026-11-23` where text is meant."""
    if re.fullmatch(r"(?i)yes|no|on|off|true|false", text):
        what = "is read as true or false"
    elif re.fullmatch(r"\d{4}-\d\d?-\d\d?.*", text):
        what = "is read as a date"
    else:
        what = "is read as a number"
    return f"{short(text)} without quotes {what}, and {meant} is meant here: write {quoted_word(text)}"


def hidden(text: str) -> str:
    """The first control character of a text, or "" if it has none. Line feeds are no such character."""
    found = _HIDDEN.search(text)
    return found.group() if found else ""


def forbidden(character: str) -> str:
    """For a character that has no place in a file that people write and read."""
    if character == "\t":
        return "a tab: write spaces"
    return f"a control or invisible character (U+{ord(character):04X}): leave it out"


def syntax(error: yaml.YAMLError, text: str) -> tuple[tuple[int, int], str]:
    """Where and what a syntax error is.

    Args:
        error: As the parser raised it.
        text: The whole file.

    Returns:
        Line and column, and a sentence.
    """
    mark = error.problem_mark or error.context_mark if isinstance(error, yaml.MarkedYAMLError) else None
    if not isinstance(error, yaml.MarkedYAMLError) or mark is None:
        return (1, 1), "this is not YAML: see visitsafe checklist new"
    problem, context = error.problem or "", error.context or ""
    rest = _from(text, mark.line, mark.column)
    if error.context_mark is not None and (not rest.strip() or "simple key" in context):
        # The parser noticed at the end of the file; a person looks where it began.
        mark = error.context_mark
    return (mark.line + 1, mark.column + 1), _sentence(problem, context, rest)


def _from(text: str, line: int, column: int) -> str:
    lines = re.split("\r\n|\r|\n", text)[line:]
    return "\n".join([lines[0][column:], *lines[1:]]) if lines else ""


def _sentence(problem: str, context: str, rest: str) -> str:
    for words, sentence in _SENTENCES:
        if words in problem or words in context:
            return sentence.format(first=rest[:1] or "this")
    return "this is not YAML here: look at the quotes, colons and spaces in this line and the one before"


_SENTENCES = (
    # From 6.0.4 on, PyYAML's parser in C looks ahead and gives up at a thousand by itself.
    ("nesting depth", TOO_DEEP),
    (
        "end of stream",
        "the quotes that open here are never closed: write a closing quote of the same kind",
    ),
    (
        "unknown escape character",
        "a backslash in double quotes starts a code: write \\\\ for a backslash, or use single quotes",
    ),
    ("unexpected document indicator", "the quotes before this line are never closed: close them"),
    (
        "mapping values are not allowed",
        (
            "a second colon, or a line with the wrong spaces before it: "
            'put a text with ": " in it in quotes, and begin keys that belong together in the same column'
        ),
    ),
    (
        "cannot start any token",
        'a text cannot begin with {first} unless it is in quotes: write "{first}..."',
    ),
    (
        "flow mapping",
        (
            "a comma or }} is missing between {{ and }}: put texts with : , ? [ ] {{ }} in them in quotes, "
            "or write each key on a line of its own"
        ),
    ),
    (
        "flow sequence",
        "a comma or ] is missing between [ and ]: put texts with : , ? [ ] {{ }} in them in quotes",
    ),
    ("could not find expected ':'", "a colon is missing after this: write key: value"),
    (
        "expected key",
        (
            "this does not belong to the key before it: check the quotes "
            "(a quote inside quotes ends the text) and the spaces at the beginning of the line"
        ),
    ),
    (
        "block mapping",
        (
            "this does not belong to the key before it: check the quotes "
            "(a quote inside quotes ends the text) and the spaces at the beginning of the line"
        ),
    ),
    (
        "block collection",
        "this does not line up with the list before it: begin each item with a hyphen in the same column",
    ),
    ("entries are not allowed", "a list cannot begin here: write its first hyphen on a line of its own"),
    ("mapping keys are not allowed", "a text cannot begin with ? and a space unless it is in quotes"),
    ("node content", "{first} has nothing to close here: put the text in quotes, or leave {first} out"),
    ("block scalar", "nothing but a comment may follow | or > in its line: begin the text in the next line"),
    ("tag", "a tag (!...) is not allowed: leave it out, or put the text in quotes"),
    ("anchor", "a text cannot begin with & unless it is in quotes"),
    ("alias", "a text cannot begin with * unless it is in quotes"),
    ("document start", "nothing may follow the end of the document: leave ... and --- out"),
    ("directive", "lines that start with % are not understood here: leave them out"),
    ("YAML", "lines that start with % are not understood here: leave them out"),
)


MOST_VALUES = 100_000

Position = tuple[int, int]
"""Line and column, both counted from 1."""
DataPath = tuple[str | int, ...]
"""The keys and list indexes that lead to a value."""


@dataclass(slots=True, eq=False)
class Scalar:
    """A single value.

    Attributes:
        plain: It is not in quotes.
        remark: What follows it in its line after a `#`, which YAML does not read; only looked for in prose.
    """

    text: str
    plain: bool
    position: Position
    remark: str = ""


@dataclass(slots=True, eq=False)
class Items:
    """A list."""

    position: Position
    nodes: list["Node"] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Pairs:
    """A mapping: the key's text to the key and its value."""

    position: Position
    nodes: dict[str, tuple[Scalar, "Node"]] = field(default_factory=dict)


Node = Scalar | Items | Pairs


class Positions:
    """Where the values and keys of a file stand. A path is a tuple of keys and list indexes."""

    def __init__(self, root: Node) -> None:
        self._root = root

    def node(self, path: DataPath) -> Node:
        """The node at the path, or the nearest above it; parts which are not there are skipped."""
        node = self._root
        for part in path:
            node = _child(node, part) or node
        return node

    def clean(self, path: DataPath) -> DataPath:
        """The path without the parts that the file does not have."""
        node, found = self._root, []
        for part in path:
            if (below := _child(node, part)) is not None:
                node = below
                found.append(part)
        return tuple(found)

    def nearest(self, path: DataPath) -> Position:
        """Where the value at the path begins, or the nearest value above it that exists."""
        return self.node(path).position

    def remarks(self) -> dict[DataPath, Scalar]:
        """The values behind which something in their line is not read, by their paths."""
        found: dict[DataPath, Scalar] = {}
        waiting: list[tuple[DataPath, Node]] = [((), self._root)]
        for path, node in waiting:  # grows while it is walked
            if isinstance(node, Pairs):
                waiting += [((*path, name), value) for name, (_, value) in node.nodes.items()]
            elif isinstance(node, Items):
                waiting += [((*path, place), value) for place, value in enumerate(node.nodes)]
            elif node.remark:
                found[path] = node
        return found

    def key(self, path: DataPath) -> Position:
        """Where the key at the end of the path stands; for list items and what is not there, the value."""
        parent = self.node(path[:-1])
        if path and isinstance(parent, Pairs) and path[-1] in parent.nodes:
            return parent.nodes[str(path[-1])][0].position
        return self.nearest(path)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one place of a file, and what to write instead."""

    position: Position
    sentence: str


class TooMuchError(Exception):
    """More nesting, or more values, than anybody writes by hand; reading stops."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem


class Builder:
    """Grows the tree from parser events, without recursion: nesting cannot exhaust anything."""

    def __init__(self, *, prose: str = "") -> None:
        """Begin a tree; `prose` is the file's text if people's answers stand in it."""
        self._prose = prose.splitlines()
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._open: list[Items | Pairs] = []
        self._keys: list[Scalar | None] = []
        self._flow: list[bool] = []
        self._documents = 0
        self._taken = 0

    def take(self, event: Any) -> None:
        """Take the next event of the parser.

        Raises:
            TooMuchError: There is no point in reading on.
        """
        self._taken += 1
        if self._taken > MOST_VALUES:
            sentence = f"more than {MOST_VALUES} values: split the file into several"
            raise TooMuchError(Problem(_mark(event), sentence))
        match event:
            case yaml.ScalarEvent():
                self._refuse_marks(event)
                self._scalar(event)
            case yaml.CollectionStartEvent():
                self._refuse_marks(event)
                self._start(event)
            case yaml.CollectionEndEvent():
                self._open.pop()
                self._keys.pop()
                self._flow.pop()
            case yaml.AliasEvent():
                self._refuse(event, f"*{event.anchor} repeats an earlier part: write that part out here")
                self._add(Scalar("", plain=True, position=_mark(event)))
            case yaml.DocumentStartEvent():
                self._document(event)

    def _document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            self._refuse(event, "a second document starts here: keep one to a file and leave the --- out")
        if event.version or event.tags:
            self._refuse(event, "lines that start with % are not understood here: leave them out")

    def _scalar(self, event: Any) -> None:
        node = Scalar(event.value, plain=not event.style, position=_mark(event), remark=self._remark(event))
        if node.plain and self._flow and self._flow[-1] and "?" in node.text:
            quoted = quoted_word(node.text)
            self._refuse(
                event, f"inside {{ }} and [ ] a text with a question mark needs quotes: write {quoted}"
            )
        if not (self._prose or node.plain) and (found := hidden(node.text)):
            self._refuse(event, forbidden(found))
        self._add(node)

    def _remark(self, event: Any) -> str:
        """What stands behind a value without quotes and is not read, as it stands there."""
        end = event.end_mark
        if event.style or not event.value or end.line >= len(self._prose):
            return ""
        rest = self._prose[end.line][end.column :]
        return rest.rstrip() if rest.lstrip().startswith("#") else ""

    def _start(self, event: Any) -> None:
        if len(self._open) >= MOST_DEPTH:
            raise TooMuchError(Problem(_mark(event), TOO_DEEP))
        is_map = isinstance(event, yaml.MappingStartEvent)
        node = Pairs(_mark(event)) if is_map else Items(_mark(event))
        self._add(node)
        self._open.append(node)
        self._keys.append(None)
        self._flow.append(bool(event.flow_style))

    def _add(self, node: Node) -> None:
        """Put a node where it belongs: as the root, a list's item, a mapping's key, or that key's value."""
        if not self._open:
            self.root = node if self.root is None else self.root
        elif isinstance(parent := self._open[-1], Items):
            parent.nodes.append(node)
        elif (key := self._keys[-1]) is None:
            self._keys[-1] = self._as_key(node, parent)
        else:
            parent.nodes.setdefault(key.text, (key, node))
            self._keys[-1] = None

    def _as_key(self, node: Node, parent: Pairs) -> Scalar:
        if not isinstance(node, Scalar):
            sentence = "a list or mapping cannot be a key: write a text before the colon"
            self.problems.append(Problem(node.position, sentence))
            # A key of its own, which no file can contain, keeps what follows readable.
            return Scalar(f"\0{len(self.problems)}", plain=False, position=node.position)
        if node.text in parent.nodes:
            line = parent.nodes[node.text][0].position[0]
            sentence = f'the key "{short(node.text)}" stands here twice (first in line {line}): keep one'
            self.problems.append(Problem(node.position, sentence))
        elif node.plain and node.text == "<<":
            self.problems.append(Problem(node.position, "<< is not understood here: write the keys out"))
        return node

    def _refuse_marks(self, event: Any) -> None:
        if event.anchor is not None:
            name = short(event.anchor)
            self._refuse(event, f"&{name} marks a part for repeating: leave the mark out, write repeats out")
        if event.tag is not None:
            name = short(event.tag.removeprefix("tag:yaml.org,2002:"))
            self._refuse(event, f"the tag !{name.lstrip('!')} is not allowed: leave it out")

    def _refuse(self, event: Any, sentence: str) -> None:
        self.problems.append(Problem(_mark(event), sentence))


def _mark(event: Any) -> Position:
    mark = event.start_mark
    return mark.line + 1, mark.column + 1


def _child(node: Node, part: str | int) -> Node | None:
    if isinstance(node, Pairs):
        return node.nodes[part][1] if isinstance(part, str) and part in node.nodes else None
    if isinstance(node, Items) and isinstance(part, int) and 0 <= part < len(node.nodes):
        return node.nodes[part]
    return None


MOST_BYTES = 1 << 20
MOST_LISTED = 50
"""A file with more problems than this is wrong as a whole; the rest is only counted."""
MOST_DIGITS = 15

_FORBIDDEN = re.compile(
    "[^\n\r\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_UNREADABLE = re.compile("[^\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_LINE_END = re.compile("\r\n|\r|\n")
_WHOLE_NUMBER = re.compile(r"-?(0|[1-9]\d*)")
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOT_TEXT: Any = yaml.SafeLoader.yaml_implicit_resolvers


@dataclass(frozen=True, slots=True)
class NotText:
    """A value which YAML does not take for text because it is not in quotes: `yes`, `7.2`, `2026-11-23`."""

    text: str


@dataclass(frozen=True)
class Tree:
    """A file as read: its name for messages, its root, and what was refused so far."""

    name: str
    root: Node
    problems: list[Problem]

    @property
    def positions(self) -> Positions:
        """Where everything stands."""
        return Positions(self.root)


def read_bytes(path: Path) -> bytes:
    """The bytes of a file, at most one more than may be.

    Raises:
        NotFoundError: There is no such file.
        SettingsError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise NotFoundError(f"there is no file {printable(path)}") from None
    except IsADirectoryError:
        raise SettingsError(f"{printable(path)} is a folder, not a file", hint="name a file in it") from None
    except ValueError:
        raise NotFoundError(f"{printable(path)} is not the name of a file") from None
    except OSError as error:
        reason = (error.strerror or "it is not a file").lower()
        raise SettingsError(f"{printable(path)} cannot be read: {reason}") from None


def read_strings(source: Path | bytes, name: str = "answers") -> tuple[Any, Positions]:
    """Read a file in which everything is text: `yes`, `14:30` and `2026-11-23` stay as they were typed.

    Characters that cannot be seen are left in: what people paste into an answer is cleaned, not refused.

    Args:
        source: A path, or the bytes themselves.
        name: What to call bytes in messages; a path names itself.

    Returns:
        Dictionaries, lists and strings; and where they stand. An empty value is "".

    Raises:
        ProblemsError: Something is refused; all of it is listed.
    """
    if isinstance(source, Path):
        source, name = read_bytes(source), printable(source)
    tree = parse(source, name, prose=True)
    if tree.problems:
        raise refusal(name, tree.problems)
    return _strings(tree.root), tree.positions


def parse(raw: bytes, name: str, *, prose: bool = False) -> Tree:
    """Read bytes into a tree; what is refused but leaves the rest readable is kept in its `problems`.

    Args:
        raw: The file's bytes.
        name: What to call it.
        prose: The texts are people's answers: characters that cannot be seen are no fault in them.

    Raises:
        ProblemsError: Nothing can be read: encoding, size, syntax, nesting, or nothing is there.
    """
    text = _decode(raw, name)
    problems = list(islice(_forbidden(text, _UNREADABLE if prose else _FORBIDDEN), MOST_LISTED))
    if problems:
        raise refusal(name, problems)
    builder = Builder(prose=text if prose else "")
    try:
        for event in yaml.parse(text, Loader=_PARSER):
            builder.take(event)
    except yaml.YAMLError as error:
        position, sentence = syntax(error, text)
        builder.problems.append(Problem(position, sentence))
        raise refusal(name, builder.problems) from None
    except TooMuchError as error:
        raise refusal(name, [*builder.problems, error.problem]) from None
    if builder.root is None or (isinstance(builder.root, Scalar) and builder.root.text == ""):
        raise refusal(name, [Problem((1, 1), "the file is empty")])
    return Tree(name, builder.root, builder.problems)


def as_data(tree: Tree) -> Any:
    """Plain data of a tree: text, whole numbers, true and false, None, and `NotText` for what is neither.

    Keys that are not text are added to the tree's problems.
    """
    return _data(tree.root, tree.problems)


def refusal(name: str, problems: Iterable[Problem], hint: str | None = None) -> ProblemsError:
    """The error that lists the problems of one file as `file:line:column: sentence`, in the file's order."""
    unique = sorted(set(problems), key=lambda problem: (problem.position, problem.sentence))
    lines = [line_of(name, problem) for problem in unique[:MOST_LISTED]]
    if len(unique) > MOST_LISTED:
        lines.append(f"{name}: and {len(unique) - MOST_LISTED} more")
    count = things(len(unique), "problem")
    return ProblemsError(f"{name} cannot be used: {count}", lines, hint)


def line_of(name: str, problem: Problem) -> str:
    """One finished line, as editors and terminals understand it."""
    return f"{name}:{problem.position[0]}:{problem.position[1]}: {problem.sentence}"


def printable(name: object) -> str:
    """A file's name on one line of a terminal, whatever it is made of."""
    return "".join(character if character.isprintable() else "?" for character in str(name))


def _decode(raw: bytes, name: str) -> str:
    if len(raw) > MOST_BYTES:
        raise refusal(name, [Problem((1, 1), "the file is larger than 1 MiB: split it into several files")])
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)):
        raise refusal(name, [Problem((1, 1), "the file is UTF-16 or UTF-32: save it as UTF-8")])
    raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode()
        wrong = f"byte 0x{raw[error.start]:02x} is not UTF-8: save the file as UTF-8"
        raise refusal(name, [Problem(_position(before, len(before)), wrong)]) from None


def _forbidden(text: str, pattern: re.Pattern[str]) -> Iterator[Problem]:
    """Tabs and control characters: one problem for each line that has any."""
    if pattern.search(text) is None:
        return
    for number, line in enumerate(_LINE_END.split(text), start=1):
        if found := pattern.search(line):
            yield Problem((number, found.start() + 1), forbidden(found.group()))


def _position(text: str, index: int) -> Position:
    lines = _LINE_END.split(text[:index])
    return len(lines), len(lines[-1]) + 1


def _strings(node: Node) -> Any:
    if isinstance(node, Pairs):
        return {key: _strings(value) for key, (_, value) in node.nodes.items()}
    return [_strings(one) for one in node.nodes] if isinstance(node, Items) else node.text


def _data(node: Node, problems: list[Problem]) -> Any:
    if isinstance(node, Items):
        return [_data(one, problems) for one in node.nodes]
    if isinstance(node, Scalar):
        return typed(node)
    for key, _ in node.nodes.values():
        if not isinstance(typed(key), str) and key.text != "<<":
            problems.append(Problem(key.position, unquoted(key.text, "a key")))
    return {key: _data(value, problems) for key, (_, value) in node.nodes.items()}


def typed(node: Scalar) -> str | int | bool | NotText | None:
    """What a single value is. Only true and false are booleans, and only plain digits whole numbers."""
    text = node.text
    if not node.plain:
        return text
    if text in {"true", "false"}:
        return text == "true"
    if len(text) <= MOST_DIGITS and _WHOLE_NUMBER.fullmatch(text):
        return int(text)
    for tag, pattern in _NOT_TEXT.get(text[:1], ()):
        if pattern.match(text):
            return None if tag.endswith(":null") else NotText(text)
    return text
