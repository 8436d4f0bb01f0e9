"""YAML read strictly: bytes become a small tree in which every key and value knows its line and column.

Refused, all at once where the file can still be read: other encodings than UTF-8, control characters,
tabs, more than 1 MiB, deep nesting, anchors and aliases, tags, duplicate keys, several documents.
Two readings of a tree: `as_data` for checklists, where an unquoted yes, 7.2 or date is marked as not text,
and `read_strings` for answers files, where everything is text. What the data mean is not known here.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from visitsafe.checklists import yaml_words
from visitsafe.checklists.yaml_tree import (
    Builder,
    Items,
    Node,
    Pairs,
    Position,
    Positions,
    Problem,
    Scalar,
    TooMuchError,
)
from visitsafe.errors import NotFoundError, ProblemsError, SettingsError

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
        position, sentence = yaml_words.syntax(error, text)
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
    count = "1 problem" if len(unique) == 1 else f"{len(unique)} problems"
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
            yield Problem((number, found.start() + 1), yaml_words.forbidden(found.group()))


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
            problems.append(Problem(key.position, yaml_words.unquoted(key.text, "a key")))
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
