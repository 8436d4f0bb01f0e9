"""The page that a manager opens on whatever they have: one file, nothing active, readable, printable."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from hostile import ATTACKS, TEXTS, everywhere, visible
from story import NOW, Story, begun
from visitsafe.supervision.page import Prompt, supervision_page
from visitsafe.text.html import html_page

ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "ul", "ol", "li"),
    *("strong", "em", "br", "hr", "pre", "code", "blockquote"),
}
HARMLESS = {"lang", "charset", "http-equiv", "content", "name"}
LUMINANCE = (0.2126, 0.7152, 0.0722)
READABLE = 4.5


class Page(HTMLParser):
    """What a browser makes of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in {"meta", "br", "hr"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "main" in self.open:
            self.words += data


def html(story: Story) -> str:
    prompts = (Prompt("What made you uneasy?", "salford-2011 9.6"),)
    page = supervision_page(story.state, NOW, ZoneInfo("Europe/London"), prompts, include_details=True)
    return html_page(page, f"Visit plan {story.state.ref}")


PAGE = html(begun().planned().decided())


def check_harmless(text: str) -> Page:
    page = Page(text)
    assert set(page.tags) <= ALLOWED
    assert page.open == []
    assert {name for name, _ in page.attributes} <= HARMLESS
    return page


def test_a_page_holds_nothing_active_and_nothing_from_elsewhere() -> None:
    check_harmless(PAGE)
    assert not re.search(r"url\(|@import|https?:|//", PAGE.split("<main>")[0].replace("<!DOCTYPE", ""))


def test_a_policy_forbids_what_the_page_does_not_need() -> None:
    policy = next(value for name, value in Page(PAGE).attributes if "default-src" in value)
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")


def test_the_page_says_its_language_title_and_width() -> None:
    attributes = Page(PAGE).attributes
    assert ("lang", "en") in attributes
    assert ("content", "width=device-width, initial-scale=1") in attributes
    assert "<title>Visit plan" in PAGE


def test_headings_go_down_one_step_at_a_time_from_one_title() -> None:
    levels = [int(tag[1]) for tag in Page(PAGE).tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_every_colour_of_text_can_be_read_on_its_paper() -> None:
    schemes = re.findall(r"--ink: (#\w+); --paper: (#\w+); --quiet: (#\w+);", PAGE)
    assert len(schemes) == 3
    for ink, paper, quiet in schemes:
        assert contrast(ink, paper) >= READABLE
        assert contrast(quiet, paper) >= READABLE


def contrast(one: str, other: str) -> float:
    light, dark = sorted((brightness(one), brightness(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def brightness(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return sum(weight * part for weight, part in zip(LUMINANCE, linear, strict=True))


def test_a_title_is_text() -> None:
    assert "<title>&lt;/title&gt;&lt;script&gt;</title>" in html_page("x", "</title><script>")


def test_even_unescaped_markdown_brings_no_link_image_or_html() -> None:
    text = "[a](http://x) ![b](http://y) <http://z> <script>alert(1)</script>\n\n<iframe src=//w>\n\n[r]: http://v\n\n[r]"
    check_harmless(html_page(text, "x"))


@pytest.mark.parametrize("text", ATTACKS, ids=lambda text: repr(text[:20]))
def test_a_hostile_text_is_shown_as_it_was_written(text: str) -> None:
    page = check_harmless(html(everywhere(text)))
    assert visible(text) in "".join(page.words.split())


@settings(deadline=None, max_examples=40)
@given(TEXTS)
def test_any_text_is_shown_as_it_was_written(text: str) -> None:
    page = check_harmless(html(everywhere(text)))
    assert visible(text) in "".join(page.words.split())
