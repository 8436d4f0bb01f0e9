"""The printed card for the desk: what it says, what it never says, and that it is always one page."""

import re
import shutil
import subprocess
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from hostile import ATTACKS, everywhere
from patience import LIMIT
from story import MO, NOW, Story, hostile_visit, visit
from story_plan import CONTROLS
from visit_story import countersigned, departed, extended, planned, watched_plan
from visitsafe.checklists.library import load_all, shipped_folder
from visitsafe.record.bodies import Companion, Control, Ladder, Rung
from visitsafe.visits.desk_card import Card, card_page, desk_card

LONDON = ZoneInfo("Europe/London")
CHROMIUM = shutil.which("chromium")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
printed = pytest.mark.skipif(
    CHROMIUM is None or shutil.which("pdfinfo") is None, reason="chromium or pdfinfo is not installed"
)


def card(story: Story, *, include_details: bool = False, phone: str = "0161 496 0000") -> Card:
    return desk_card(story.state, NOW, LONDON, "Salford East", phone, include_details=include_details)


def page(story: Story, *, include_details: bool = False) -> str:
    return card_page(card(story, include_details=include_details))


def shipped_ladder(more: int = 0) -> Ladder:
    """The ladder that comes with visitsafe, and so many steps more."""
    found = load_all([shipped_folder()]).checklist_set("home-visit").escalation
    assert found is not None
    steps = [
        Rung(
            id=one.id, after=one.after, who=tuple(one.who), do=one.do, source="s", acknowledge=one.acknowledge
        )
        for one in found.steps
    ]
    steps += [msgspec.structs.replace(steps[-2], id=f"more-{n}", after=60 + n) for n in range(more)]
    return Ladder(grace_minutes=10, steps=tuple(steps))


def busy(text: str, more: int = 6) -> Story:
    """A plan with too much of everything."""
    companions = tuple(Companion(name=f"Companion {number} Long-Doublebarrelled") for number in range(6))
    body = watched_plan(
        visit=visit(case=text, area=text, address=text, purpose=text, companions=companions),
        controls=tuple(Control(rule="r", text=text, who=text) for _ in range(12)),
        ladder=shipped_ladder(more),
    )
    return planned(body).decided(by=MO, conditions=(text,) * 9)


def test_the_ladder_has_clock_times_and_boxes_to_sign() -> None:
    story = extended(departed(countersigned(watched_plan(ladder=shipped_ladder()))), "2026-11-23T17:00:00Z")
    found = card(story)
    assert found.due_back == "17:00"
    assert [step.at for step in found.steps] == ["17:10", "17:25", "17:30", "17:40", "17:55"]
    assert found.steps[-1].do.startswith("Decide, and write it down")
    assert found.reminders == "The worker is reminded at 16:50 and 17:15."
    assert page(story).count("<td></td><td></td></tr>") == 5


def test_the_usual_ladder_is_not_cut() -> None:
    story = planned(watched_plan(ladder=shipped_ladder())).decided()
    assert not any("..." in step.do for step in card(story).steps)


def test_it_says_who_with_whom_on_which_conditions_and_what_to_tell_the_police() -> None:
    body = watched_plan(controls=CONTROLS, visit=visit(companions=(MO.companion,)))
    text = " ".join(page(planned(body)).split())
    for words in (
        "Sam Okafor",
        "Mo Khan",
        "Ordsall",
        "Keep the line open while Sam is inside. (duty desk)",
        "Ring me back on 0161 496 0000",
        "Duty desk: 0161 496 0000",
    ):
        assert words in text
    assert "Ring the duty desk before going in." in page(countersigned())


def test_the_address_stands_there_only_if_it_was_asked_for() -> None:
    story = planned(hostile_visit(urgent="Park behind 12 Acacia Road.")).decided(
        conditions=("No 12 Acacia Road.",)
    )
    assert "Acacia" not in page(story)
    assert "12 Acacia Road, Salford" in page(story, include_details=True)


def test_a_desk_without_a_number_gets_a_line_to_write_on() -> None:
    assert "Ring me back on ________" in " ".join(card(countersigned(), phone="").police)


@pytest.mark.parametrize("text", ATTACKS, ids=lambda text: repr(text[:20]))
def test_a_hostile_text_is_only_text(text: str) -> None:
    written = page(everywhere(text), include_details=True)
    tags = set(re.findall(r"<\s*/?\s*([a-zA-Z!]+)", written))
    assert tags <= set(re.findall(r"<\s*/?\s*([a-zA-Z!]+)", page(busy("plain"), include_details=True)))
    assert "\x1b" not in written


def test_it_loads_nothing_from_anywhere() -> None:
    written = page(busy("plain"), include_details=True)
    assert "default-src 'none'" in written
    assert not re.search(r"(?i)src\s*=|href\s*=|url\(|@import|<script", written)


def pages(folder: Path, written: str) -> tuple[int, str]:
    """How many pages a browser prints, and the words on them."""
    source, made = folder / "card.html", folder / "card.pdf"
    source.write_text(written, encoding="utf-8")
    profile = f"--user-data-dir={folder / 'profile'}"
    subprocess.run(
        [str(CHROMIUM), *FLAGS, profile, "--no-pdf-header-footer", f"--print-to-pdf={made}", source.as_uri()],
        check=True,
        capture_output=True,
        timeout=LIMIT,
    )
    told = subprocess.run(["pdfinfo", str(made)], check=True, capture_output=True, text=True).stdout
    words = subprocess.run(["pdftotext", str(made), "-"], check=True, capture_output=True, text=True).stdout
    assert "A4" in told
    return int(re.findall(r"Pages:\s+(\d+)", told)[0]), " ".join(words.split())


@printed
@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("Ring the desk before going in, and again when out of the house and in the car. " * 4, 6),
        ("Ring the desk before going in, and again when out of the house and in the car. " * 4, 0),
        ("short", 20),
    ],
    ids=["busy", "busy with the usual ladder", "a long ladder"],
)
def test_a_busy_plan_fits_on_one_page_without_being_cut_off(tmp_path: Path, text: str, more: int) -> None:
    written = page(busy(text, more), include_details=True)
    flowing = written.replace("height: 296mm", "height: auto").replace("min-height: 0; overflow: hidden", "")
    assert flowing != written
    count, words = pages(tmp_path, flowing)
    assert count == 1
    assert "Duty desk: 0161 496 0000" in words


@printed
def test_the_widest_letters_leave_room_for_the_ladder_the_script_and_the_number(tmp_path: Path) -> None:
    count, words = pages(tmp_path, page(busy("W" * 3000), include_details=True))
    assert count == 1
    assert "Our reference is" in words
    assert "Duty desk: 0161 496 0000" in words
