"""What a sentence of the program tells somebody to run or to read is there, in an installed wheel too."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from flag_tables import flags_of
from office import Office

TOP = Path(__file__).resolve().parents[2]
COMMAND = re.compile(r"visitsafe ([a-z][a-z-]*(?: [a-z][a-z-]*)?)((?: (?!visitsafe)[^;:,.)]*)?)")
PROSE = {
    "again", "can", "cannot", "checkpoint", "does", "fills", "had", "knows", "makes", "needs", "only",
    "project", "reads", "stopped", "trusts", "was", "with", "works",
}  # fmt: skip
"""What follows the word in sentences about the program itself."""


def sentences() -> Iterator[tuple[str, str]]:
    """Every text of the program that is no docstring, and every line of the shipped checklists; and where."""
    for path in sorted((TOP / "src").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documenting = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documenting:
                yield node.value, f"{path.relative_to(TOP)}:{node.lineno}"
    for path in sorted((TOP / "checklists").glob("*.yaml")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if not line.lstrip().startswith("#"):
                yield line, f"{path.relative_to(TOP)}:{number}"


def test_every_command_that_a_sentence_names_is_there_with_its_flags() -> None:
    wrong, seen = [], 0
    for text, where in sentences():
        for found in COMMAND.finditer(text):
            words = found[1].split()
            if words[0] in PROSE:
                continue
            seen += 1
            flags = flags_of(words)
            missing = set(re.findall(r" (--[a-z-]+)", found[0])) - (flags or set())
            if flags is None or missing:
                wrong.append(f"{where}: {found[0]}")
    assert wrong == []
    assert seen > 300


def test_no_sentence_sends_anybody_to_a_file_that_only_the_sources_have() -> None:
    assert [where for text, where in sentences() if re.search(r"docs/|[a-z]\.md\b", text)] == []


def test_no_sentence_ends_in_a_bare_number_of_a_paragraph_or_a_decision(office: Office) -> None:
    """A source is named by its document; decisions of the design are for those who write the program."""
    bare = re.compile(r"(?<!procedures-2023)(?<!salford-2011) \((D\d+|\d+\.\d+)\)")
    assert [where for text, where in sentences() if bare.search(text)] == []
    assert not bare.search(office.sam.done("checklist", "schema").out)


@pytest.mark.parametrize("words", [["watch", "--drill"], ["checklist", "check", "broken.yaml"]])
def test_what_to_do_is_said_in_words(
    office: Office, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.yaml").write_text("kind: visit\n", encoding="utf-8")
    refused = office.mo.run(*words)
    assert refused.code == 1
    hint = refused.err.rpartition("hint: ")[2]
    assert ("[[notify]]" in hint) if words[0] == "watch" else ("visitsafe checklist schema" in hint)
    assert ".md" not in refused.err
