"""The tree that a YAML file becomes: every key and value with its line and column.

Grown from parser events, so that no nesting and no alias can exhaust anything. What the format of this
project does not allow, though YAML does, is refused here and collected, not raised: tags, anchors,
aliases, duplicate keys, keys that are not single values, further documents.
"""

from dataclasses import dataclass, field
from typing import Any

import yaml

from visitsafe.checklists import yaml_words

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
            quoted = yaml_words.quoted(node.text)
            self._refuse(
                event, f"inside {{ }} and [ ] a text with a question mark needs quotes: write {quoted}"
            )
        if not (self._prose or node.plain) and (found := yaml_words.hidden(node.text)):
            self._refuse(event, yaml_words.forbidden(found))
        self._add(node)

    def _remark(self, event: Any) -> str:
        """What stands behind a value without quotes and is not read, as it stands there."""
        end = event.end_mark
        if event.style or not event.value or end.line >= len(self._prose):
            return ""
        rest = self._prose[end.line][end.column :]
        return rest.rstrip() if rest.lstrip().startswith("#") else ""

    def _start(self, event: Any) -> None:
        if len(self._open) >= yaml_words.MOST_DEPTH:
            raise TooMuchError(Problem(_mark(event), yaml_words.TOO_DEEP))
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
            sentence = (
                f'the key "{yaml_words.short(node.text)}" stands here twice (first in line {line}): keep one'
            )
            self.problems.append(Problem(node.position, sentence))
        elif node.plain and node.text == "<<":
            self.problems.append(Problem(node.position, "<< is not understood here: write the keys out"))
        return node

    def _refuse_marks(self, event: Any) -> None:
        if event.anchor is not None:
            name = yaml_words.short(event.anchor)
            self._refuse(event, f"&{name} marks a part for repeating: leave the mark out, write repeats out")
        if event.tag is not None:
            name = yaml_words.short(event.tag.removeprefix("tag:yaml.org,2002:"))
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
