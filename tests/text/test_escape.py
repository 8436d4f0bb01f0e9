"""Whatever somebody wrote stays text."""

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from hostile import ATTACKS, LONG, TEXTS, visible
from visitsafe.text.blocks import Bullet, Bullets, Heading, Say, as_markdown
from visitsafe.text.clean import json_text, lines_of, markdown, markdown_line, one_line, terminal

PLAIN = MarkdownIt("commonmark")
EXTENDED = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PLACES = ("{}", "- {}", "1. {}", "> {}", "## {}", "Label: {}", "- a\n  - {}", "a\n\n{}\n\nb", "a\n{}")
ONLY_TEXT = {"text", "text_special", "hardbreak", "softbreak"}
DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
NAMES = (
    "Zoë Ångström",
    "\u0641\u0627\u0637\u0645\u0629",
    "\u0928\u0947\u0939\u093e",
    "\u0645\u06cc\u200c\u062f",
)


def literal(page: str, reader: MarkdownIt = PLAIN) -> str:
    """What all the text on a page says, without white space; refuses inline structure."""
    inline = [child for token in reader.parse(page) for child in token.children or ()]
    assert {child.type for child in inline} <= ONLY_TEXT
    return "".join("".join(child.content for child in inline).split())


def blocks(page: str) -> list[str]:
    return [token.type for token in EXTENDED.parse(page)]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", ATTACKS, ids=lambda text: repr(text[:20]))
def test_no_text_becomes_structure_wherever_it_stands(text: str, place: str) -> None:
    escaped = markdown_line(text) if place.startswith("##") else markdown(text)
    page = place.format(escaped)
    assert blocks(page) == blocks(place.format("zzz"))
    assert literal(page) == literal(place.format("@")).replace("@", visible(text))
    assert literal(page, EXTENDED) == literal(page)


@pytest.mark.parametrize("text", LONG, ids=len)
def test_long_text_stays_text(text: str) -> None:
    assert literal(markdown(text), EXTENDED) == visible(text)


@settings(deadline=None)
@given(TEXTS)
def test_any_text_is_shown_literally(text: str) -> None:
    assert blocks(markdown(text)) == ["paragraph_open", "inline", "paragraph_close"]
    assert literal(markdown(text), EXTENDED) == visible(text)
    assert literal(f"# {markdown_line(text)}") == visible(text)


@settings(deadline=None)
@given(st.lists(st.one_of(TEXTS, st.sampled_from(["1", ". x", "- x", "=", "**", "`", " "])), min_size=1))
def test_parts_of_a_line_stay_text_together_too(parts: list[str]) -> None:
    """However they meet: `1` and `. x` begin no list."""
    drawn = as_markdown(
        [Heading(parts), Say(parts), Bullets([Bullet(parts, lines=(parts,), below=(parts,))])]
    )
    shown = visible("".join(parts))
    assert literal(drawn, EXTENDED) == 5 * shown
    if shown:
        begin = ["heading_open", "inline", "heading_close", "paragraph_open", "inline", "paragraph_close"]
        assert blocks(drawn)[:7] == [*begin, "bullet_list_open"]
        assert blocks(drawn).count("list_item_open") == 2


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    for shown in (terminal(text), one_line(text), markdown(text), *lines_of(text)):
        left = {unicodedata.category(character) for character in shown.replace("\n", "")}
        assert not left & {"Cc", "Cs", "Zl", "Zp"}
        assert not {unicodedata.bidirectional(character) for character in shown} & DIRECTIONS


def test_plain_text_stays_readable_in_the_source() -> None:
    words = 'Mr O\'Neil said: ring 0161 496 0000 at 3.30 - or come (by car), 50% sure; e.g. "now"?'
    assert markdown(words) == words


@pytest.mark.parametrize("name", NAMES)
def test_names_in_other_scripts_stay_as_they_are(name: str) -> None:
    assert (terminal(name), markdown(name)) == (name, name)


def test_a_terminal_text_keeps_its_spaces_and_lines() -> None:
    assert terminal("run:  visitsafe plan \r\n\tnow") == "run:  visitsafe plan \n now"


@given(st.text())
def test_json_for_a_terminal_means_the_same(text: str) -> None:
    written = json_text(json.dumps({"a": text}, ensure_ascii=False))
    assert json.loads(written) == {"a": text}
    assert terminal(written).split() == written.split()
