"""The report's page: charts and tables that need nothing but the page, and that anybody can read."""

import re
import subprocess
import sys
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
import pytest

from hostile import ATTACKS, visible
from visitsafe.supervision.figures import Carried, Figures, figures
from visitsafe.supervision.report import Audience, Figure, report_of
from visitsafe.supervision.report_page import across, report_html, upwards
from visitsafe.text.days import Period

SHAPES = {"svg", "g", "rect", "path", "text", "title", "desc"}
ALLOWED = SHAPES | {
    *("html", "head", "meta", "style", "body", "main", "section", "div", "h1", "h2", "p", "ul", "li", "br"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "em"),
}
HARMLESS = {
    *("lang", "charset", "http-equiv", "content", "name", "class", "scope", "role", "id", "aria-labelledby"),
    *("viewbox", "x", "y", "width", "height", "d", "transform"),
}
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30), ZoneInfo("Europe/London"))


class Page(HTMLParser):
    """What a browser makes of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "main" in self.open and data.strip():
            self.words.append(data)


def counted(name: str = "Sam Okafor", quote: str = "See them at school.") -> Figures:
    nothing = figures([], NOVEMBER, datetime(2026, 12, 3, tzinfo=UTC))
    weeks = tuple(
        msgspec.structs.replace(week, planned=at + 1, overdue=at, incidents=1)
        for at, week in enumerate(nothing.weeks)
    )
    visits = {"planned": 9, "countersigned": 8, "refused": 1, "purpose_said": 1, "alone": 9}
    sharing = {"duties": 13, "sharing_in_time": 7, "sharing_late": 1, "sharing_due": 2, "sharing_declined": 3}
    return msgspec.structs.replace(
        nothing,
        numbers={**nothing.numbers, **visits, **sharing, "reported": 7, "incidents": 6, "near_misses": 1},
        instead=(("K7Q2-M9", quote),),
        behaviours={"shouting": 6, name: 2},
        carried=(Carried(name, 3, 9, 0),),
        weeks=weeks,
    )


def html(
    view: Audience = Audience.NAMED, name: str = "Sam Okafor", quote: str = "See them at school."
) -> str:
    return report_html(report_of(counted(name, quote), "Our team", view, words={"shouting": "Shouting"}))


def check_harmless(text: str) -> Page:
    page = Page(text)
    assert set(page.tags) <= ALLOWED
    assert page.open == []
    assert {name for name, _ in page.attributes} <= HARMLESS
    return page


@pytest.mark.parametrize("view", list(Audience))
def test_the_page_holds_nothing_active_and_nothing_from_elsewhere(view: Audience) -> None:
    text = html(view)
    check_harmless(text)
    assert not re.search(r"url\(|@import|https?:|javascript|<!--", text)


def test_the_policy_of_the_page_forbids_all_but_its_own_style() -> None:
    policy = next(value for name, value in Page(html()).attributes if "default-src" in value)
    assert policy == ("default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'")


def test_no_two_things_of_a_page_have_the_same_id_and_every_chart_has_a_name() -> None:
    page = Page(html())
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids)) == 2 * page.tags.count("svg") >= 8
    named = [value.split() for name, value in page.attributes if name == "aria-labelledby"]
    assert {one for pair in named for one in pair} == set(ids)
    assert [value for name, value in page.attributes if name == "role"] == ["img"] * page.tags.count("svg")


def test_every_number_of_a_chart_stands_in_a_table_too() -> None:
    text = html()
    for chart in re.findall(r"<svg.*?</svg>(?:.*?)</table>", text, re.DOTALL):
        drawn = re.findall(r'<text[^>]*class="value"[^>]*>(\d+)</text>', chart)
        table = re.findall(r"<td>(\d+)</td>", chart)
        assert drawn
        assert set(drawn) <= set(table)


def test_each_bar_has_its_label_and_number_so_that_no_colour_is_needed() -> None:
    lines = [Figure("a", "Shared in time", value=7), Figure("b", "Shared late", value=0)]
    drawn = Page(f"<main>{across(lines, 'Telling', 'c')}</main>")
    assert {"Shared in time", "Shared late", "7", "0"} <= set(drawn.words)


def test_the_first_line_is_the_top_bar() -> None:
    drawn = across([Figure("a", "First", value=7), Figure("b", "Second", value=3)], "Two", "c")
    places = {
        label: float(y) for y, label in re.findall(r'<text x="[^"]*" y="([^"]*)"[^>]*>(\w+)</text>', drawn)
    }
    assert places["First"] < places["Second"]


@pytest.mark.parametrize("count", [1, 2, 53])
def test_weeks_stand_beside_each_other_with_labels_that_do_not_run_together(count: int) -> None:
    lines = [Figure(f"w{at}", f"{at} Nov 2026", value=at) for at in range(count)]
    drawn = upwards(lines, "By week", "c")
    labels = re.findall(r'<text x="([^"]*)" y="[^"]*"[^>]*>\d+ Nov</text>', drawn)
    places = sorted(map(float, labels))
    assert places
    assert all(after - before > 40 for before, after in pairwise(places))


def test_headings_go_down_one_step_from_one_title() -> None:
    levels = [int(tag[1]) for tag in Page(html()).tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("text", ATTACKS, ids=lambda text: repr(text[:20]))
def test_a_hostile_text_is_shown_as_it_was_written(text: str) -> None:
    page = check_harmless(html(name=text, quote=text))
    words = "".join("".join(page.words).split())
    assert words.count(visible(text)) >= 2


def test_a_number_that_is_not_given_is_not_drawn() -> None:
    page = html(Audience.OUTSIDE)
    assert "not shown" in page
    drawn = re.findall(r'<text[^>]*class="value"[^>]*>(\d+)</text>', page)
    assert all(number == "0" or int(number) >= 5 for number in drawn)


def test_the_drawing_library_leaves_no_hook_behind_and_is_loaded_only_when_it_is_needed() -> None:
    """Its hook would make Python 3.11 warn at every later import."""
    code = (
        "import sys, visitsafe.cli.report, visitsafe.supervision.report_page\n"
        "import visitsafe.supervision.report_page as charts\n"
        "from visitsafe.supervision.report import Figure\n"
        "assert 'pygal' not in sys.modules\n"
        "charts.across([Figure('a', 'A', value=1)], 'A', 'a')\n"
        "import wave\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
