"""What a checklist's model refuses, in our own sentences, at the nearest place that exists.

Keeps pydantic's words, class names and union branches off the screen. One place gets one sentence: what the
YAML reader has already refused there is not said twice.
"""

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from visitsafe.checklists import yaml_words
from visitsafe.checklists.yaml_files import MOST_LISTED, Tree, typed
from visitsafe.checklists.yaml_tree import DataPath, Items, Node, Problem, Scalar

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
    if kind == "missing":
        name = error["loc"][-1]
        return Problem(node.position, f'the key "{name}" is missing here: add it')
    if kind == "extra_forbidden":
        return Problem(tree.positions.key(path), _unknown_key(path, node, model))
    if kind == "too_short" and isinstance(node, Items) and node.nodes:
        return None  # the list is only short of what was refused in it
    write = _SENTENCES.get(kind, _in_other_words)
    return Problem(node.position, write(node, error.get("ctx") or {}))


def _unknown_key(path: DataPath, node: Node, model: type[BaseModel]) -> str:
    name, known = str(path[-1]), _keys_at(model, path[:-1])
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
    return f"{yaml_words.quoted(node.text)} is not known here: {instead}"


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
        shown = yaml_words.quoted(text)
        return f"{shown} is not an id: use small letters, digits and hyphens, such as {example}"
    example = '"1.0"' if "." in context["pattern"] else '"2013-01-31"'
    return f"{yaml_words.quoted(text)} does not have the right form: write it like {example}"


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
