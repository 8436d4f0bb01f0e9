"""The shape of the code: what a linter does not say (CONTRIBUTING.md)."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "visitsafe"
PURE = [path for room in ("record", "state", "team") for path in sorted((SOURCE / room).glob("*.py"))]
EDGES = {"agent", "keys", "keyfile", "ssh"}
"""Files of a pure room that read and write keys."""


@pytest.mark.parametrize("path", PURE, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_pure_room_opens_prints_and_asks_nothing(path: Path) -> None:
    if path.stem in EDGES:
        return
    called = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert called.isdisjoint({"open", "print", "input", "exec", "eval", "__import__"})
