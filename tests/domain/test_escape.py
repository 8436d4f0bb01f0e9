"""Whatever somebody wrote stays text."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from hostile import ATTACKS, TEXTS, visible
from visitsafe.domain.escape import json_text, lines_of, markdown, markdown_line, one_line, terminal

READERS = (MarkdownIt("commonmark"), MarkdownIt("commonmark").enable(["table", "strikethrough"]))
PLACES = (
    "{}",
    "- {}",
    "1. {}",
    "> {}",
    "## {}",
    "Label: {}",
    "- a\n  - {}",
    "before\n\n{}\n\nafter",
    "before\n{}",
)
ONLY_TEXT = {"text", "text_special", "hardbreak"}


def literal(page: str) -> str:
    """What all the text on a page says, without white space; refuses inline structure."""
    found = ""
    for reader in READERS:
        inline = [child for token in reader.parse(page) for child in token.children or ()]
        assert {child.type for child in inline} <= ONLY_TEXT
        found = "".join("".join(child.content for child in inline).split())
    return found


def blocks(page: str) -> list[str]:
    return [token.type for token in READERS[1].parse(page)]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", ATTACKS, ids=lambda text: repr(text[:20]))
def test_no_text_becomes_structure_wherever_it_stands(text: str, place: str) -> None:
    escape = markdown_line if place.startswith("##") else markdown
    indent = " " * (len(place) - len(place.lstrip(" -1.")))
    page = place.format(escape(text) if escape is markdown_line else markdown(text, indent))
    assert blocks(page) == blocks(place.format("zzz"))
    assert literal(page) == literal(place.format("@")).replace("@", visible(text))


@given(TEXTS)
def test_any_text_is_shown_literally(text: str) -> None:
    assert blocks(markdown(text)) == ["paragraph_open", "inline", "paragraph_close"]
    assert literal(markdown(text)) == visible(text)
    assert literal(f"# {markdown_line(text)}") == visible(text)


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    for shown in (terminal(text), one_line(text), markdown(text), *lines_of(text)):
        left = {unicodedata.category(character) for character in shown.replace("\n", "")}
        assert not left & {"Cc", "Cs", "Zl", "Zp"}
        assert not {unicodedata.bidirectional(c) for c in shown} & {
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
        }


def test_plain_text_stays_readable_in_the_source() -> None:
    words = 'Mr O\'Neil said: ring 0161 496 0000 at 3.30 - or come (by car), 50% sure; e.g. "now"?'
    assert markdown(words) == words


def test_names_in_other_scripts_stay_as_they_are() -> None:
    for name in (
        "Zoë Ångström",
        "\u0641\u0627\u0637\u0645\u0629",
        "\u0928\u0947\u0939\u093e",
        "\u0645\u06cc\u200c\u062f\u0627\u0646\u0645",
    ):
        assert (terminal(name), markdown(name)) == (name, name)


def test_a_terminal_text_keeps_its_spaces_and_lines() -> None:
    assert terminal("run:  visitsafe plan \r\n\tnow") == "run:  visitsafe plan \n now"


@given(st.text())
def test_json_for_a_terminal_means_the_same(text: str) -> None:
    written = json_text(json.dumps({"a": text}, ensure_ascii=False))
    assert json.loads(written) == {"a": text}
    assert terminal(written) == written
