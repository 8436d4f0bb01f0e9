"""The staff-supervision page: what a manager, a supervisor or a coroner can read from it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt

from hostile import ATTACKS, BENIGN, LONG, TEXTS, everywhere, visible
from story import DUE_BACK, MO, NIA, NOW, SAM, START, Story, begun, calm_visit, hostile_visit, visit
from visit_story import (
    DEE,
    acknowledged,
    at,
    back,
    countersigned,
    departed,
    extended,
    heard_from,
    late,
    notified,
    planned,
    raised,
    reported,
    stood_down,
)
from visitsafe.checklists.model import CitedDocument
from visitsafe.record.bodies import WithdrawnBody
from visitsafe.record.kinds import Kind
from visitsafe.record.terms import Because, Outcome
from visitsafe.state.fold import fold
from visitsafe.supervision.page import Prompt, supervision_page
from visitsafe.text.redact import LEFT_OUT

LONDON = ZoneInfo("Europe/London")
PROMPTS = (
    Prompt("What made you uneasy, even if nobody threatened you?", "salford-2011 9.6"),
    Prompt("What may the child be living with when nobody visits?", "salford-2011 9.4"),
)
PLANNED = begun().planned()
Golden = Callable[[str, str], None]


def document(
    name: str, title: str, issuer: str, issued: str, identifier: str | None = None, review: str | None = None
) -> CitedDocument:
    return CitedDocument(
        id=name, title=title, issuer=issuer, issued=issued, identifier=identifier, review_date=review,
        paragraphs="numbered",
    )  # fmt: skip


DOCUMENTS = (
    document("salford-2011", "Hostile families", "Salford", "2011-01", "SSCB/0009", "2013-01-31"),
    document("procedures-2023", "Procedures", "The Partnership", "2023-05-01"),
    document("never-cited", "Another", "Nobody", "2020-01"),
)


def page(story: Story, now: timedelta = timedelta(), *, include_details: bool = False) -> str:
    return supervision_page(
        story.state, NOW + now, LONDON, PROMPTS, DOCUMENTS, include_details=include_details
    )


def section(text: str, title: str) -> str:
    """What stands under a heading."""
    return text.split(f"\n## {title}", 1)[1].split("\n## ", maxsplit=1)[0]


def first_paragraph(text: str) -> str:
    return text.split("\n\n")[1]


# Pages that people have read


def test_golden_awaiting(golden: Golden) -> None:
    golden("awaiting.md", page(PLANNED))


def test_golden_countersigned_after_a_return(golden: Golden) -> None:
    story = PLANNED.decided("return", rationale="Take somebody along, or go in daylight.").revised()
    golden("countersigned.md", page(story.decided(by=NIA), timedelta(days=3)))


def test_golden_refused(golden: Golden) -> None:
    golden("refused.md", page(PLANNED.decided("refuse"), include_details=True))


def test_golden_calm(golden: Golden) -> None:
    golden("calm.md", page(begun().planned(body=calm_visit(visit=visit(companions=(MO.companion,))))))


def test_golden_a_record_that_does_not_hold(golden: Golden) -> None:
    story = PLANNED.decided(by=SAM).entry(MO, "teleported", WithdrawnBody(reason="x")).withdrawn()
    whole = story.decided()
    gap = replace(whole, entries=(*whole.entries[:2], *whole.entries[3:]))
    state = fold(gap.plan, gap.entries, gap.roster, ["entry 0123 (decided) does not hold: it was altered"])
    golden("damaged.md", supervision_page(state, NOW, LONDON, PROMPTS, DOCUMENTS))


def eventful() -> Story:
    """An urgent visit: put off, late, unwatched for a while, taken on by telephone, stood down; a drill."""
    story = raised(at(planned(), NOW, 30), "duty-rings", drill="d1")
    story = notified(story, story.newest.id, "dee-phone", drill="d1")
    story = stood_down(story, Because.TEST, drill="d1", note="Both telephones rang.")
    story = departed(at(story, START, -40), by=DEE, urgent="The school rang: the children are alone.")
    story = at(story, START).decided(by=MO, rationale="Go; ring before you go in.")
    story = reported(at(story, START, 5), Kind.ARRIVED, happened="2026-11-23T15:32:00Z")
    story = extended(at(story, START, 50), "2026-11-23T17:00:00Z", note="They are talking at last.")
    story = raised(at(story, "2026-11-23T17:00:00Z"), "overdue")
    story = notified(story, story.newest.id, "dee-phone")
    rung = raised(at(story, "2026-11-23T17:27:00Z"), "duty-rings", unwatched_from="2026-11-23T17:04:00Z")
    about = rung.newest.id
    story = notified(rung, about, "dee-phone", outcome=Outcome.FAILED, why="the gateway did not answer")
    story = notified(story, about, "dee-phone", outcome=Outcome.FAILED, attempt=2)
    story = notified(story, about, "mo-mail", round=1)
    story = acknowledged(story, "duty-rings", by=DEE, heard=heard_from(MO, "Mo rang from the known number."))
    story = reported(at(story, "2026-11-23T17:40:00Z"), Kind.LEFT, stopped=True, note="Shouting began.")
    story = back(at(story, "2026-11-23T17:52:00Z"), by=DEE, happened="2026-11-23T17:45:00Z")
    story = stood_down(story, by=DEE, note="I spoke to Sam at the office.")
    return notified(story, story.newest.id, "mo-mail")


def test_golden_an_eventful_visit(golden: Golden) -> None:
    golden("eventful.md", page(eventful(), timedelta(days=1)))


def test_golden_a_visit_that_nobody_has_heard_from(golden: Golden) -> None:
    story = raised(late(countersigned(), 0), "overdue")
    story = raised(late(story, 15), "duty-rings")
    story = notified(story, story.newest.id, "dee-phone")
    golden("overdue.md", page(story, DUE_BACK - NOW + timedelta(minutes=29)))


def test_golden_hostile(golden: Golden) -> None:
    golden("hostile.md", page(everywhere("# <b>x</b>\n- [y](javascript:z) & *w* | `v` \x1b[31m")))


# What must be there


@pytest.mark.parametrize(
    ("story", "starts"),
    [
        (PLANNED, "**Waiting for a manager's decision.**"),
        (PLANNED.decided(), "**Countersigned** by Mo Khan on Monday 23 November 2026, on 1 condition."),
        (PLANNED.decided("return"), "**Returned** by Mo Khan on Monday 23 November 2026: something has to"),
        (
            PLANNED.decided("refuse"),
            "**Refused** by Mo Khan on Monday 23 November 2026: this visit does not go",
        ),
        (PLANNED.decided().withdrawn(), "**Withdrawn: this visit will not be made.**"),
    ],
)
def test_the_first_paragraph_says_how_the_plan_stands(story: Story, starts: str) -> None:
    assert first_paragraph(page(story)).startswith(starts)


def test_the_first_paragraph_says_who_goes_where_when_and_the_worst_finding() -> None:
    said = first_paragraph(page(PLANNED))
    for words in (
        "Sam Okafor",
        "case C-1042 (Ordsall)",
        "alone",
        "Monday 23 November 2026, 15:30 to 16:30",
        "Worst finding (stop): The visit ends after dark and you would be alone.",
        "1 finding has no control measure yet.",
    ):
        assert words in said


def test_a_plan_that_nobody_decided_on_in_time_has_expired() -> None:
    late = START - NOW + timedelta(minutes=1)
    assert "has expired" in first_paragraph(page(PLANNED, late))
    urgent = begun().planned(body=hostile_visit(urgent="Screams were heard."))
    assert "has expired" not in first_paragraph(page(urgent, late))


def test_the_first_paragraph_says_that_somebody_set_out_although_it_was_refused() -> None:
    refused = at(begun().planned(body=hostile_visit()).decided("refuse"), START, -20)
    text = first_paragraph(page(departed(refused, urgent="Screams were heard")))
    assert "**Sam Okafor has set out although Mo Khan refused it:** Screams were heard." in text
    assert "has set out" not in first_paragraph(page(refused))


def test_every_time_is_local() -> None:
    summer = visit(start="2026-07-01T14:00:00Z", due_back="2026-07-01T15:00:00Z")
    assert "Wednesday 1 July 2026, 15:00 to 16:00" in page(begun().planned(body=hostile_visit(visit=summer)))


def test_a_refusal_says_how_the_purpose_will_be_met() -> None:
    assert "> See the children at school" in section(
        page(PLANNED.decided("refuse")), "The manager's decision"
    )


def test_a_decision_on_an_earlier_version_is_explained() -> None:
    story = PLANNED.decided("refuse") | PLANNED.revised().decided(by=NIA)
    assert "decided on an earlier version" in section(page(story), "The manager's decision")


def test_sharing_that_is_overdue_says_so() -> None:
    assert "Not yet, for nobody has decided on this plan" in page(PLANNED, timedelta(days=3))
    assert "**Due** by Wednesday 25 November 2026" in page(PLANNED.decided())
    assert "**Overdue** since Wednesday 25 November 2026" in page(PLANNED.decided(), timedelta(days=3))


def test_an_entry_that_does_not_count_is_shown_with_the_reason() -> None:
    signed = section(page(PLANNED.decided(by=SAM)), "Who signed what")
    assert "**Does not count:** its author was not a manager when it was made" in signed


def test_a_damaged_record_says_so_before_anything_else() -> None:
    state = fold(PLANNED.plan, PLANNED.entries, PLANNED.roster, ["entry 12 does not hold"])
    assert first_paragraph(supervision_page(state, NOW, LONDON)).startswith("**Do not rely on this page.")


def test_a_source_past_its_review_date_is_shown_as_such() -> None:
    listed = section(page(PLANNED), "Sources")
    assert "Past its review date (31 January 2013)" in listed
    assert "issued 1 May 2023." in listed
    assert "never-cited" not in listed


def test_the_address_is_left_out_wherever_it_stands_unless_asked_for() -> None:
    words = "Park round the corner from 12 Acacia Road, Salford."
    story = begun().planned(body=hostile_visit(urgent=words)).decided(rationale="I know 12 acacia road.")
    assert "acacia" not in page(story).casefold()
    assert LEFT_OUT.strip("[]") in page(story)
    assert page(story, include_details=True).casefold().count("acacia") == 3


# Nothing that was written becomes structure

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
WORDS = {"text", "text_special", "hardbreak"}


def structure(text: str) -> list[str]:
    """All tokens of a page except words and line breaks."""
    tokens = READER.parse(text)
    return [
        part.type for token in tokens for part in (token, *(token.children or ())) if part.type not in WORDS
    ]


def words_of(text: str) -> str:
    inline = [part for token in READER.parse(text) for part in token.children or ()]
    return "".join("".join(part.content for part in inline).split())


EXPECTED = structure(page(everywhere(BENIGN), include_details=True))


@pytest.mark.parametrize("text", [*ATTACKS, LONG[0]], ids=lambda text: repr(text[:20]))
def test_a_hostile_text_anywhere_stays_text(text: str) -> None:
    shown = page(everywhere(text), include_details=True)
    assert structure(shown) == EXPECTED
    benign = words_of(page(everywhere(BENIGN), include_details=True))
    assert words_of(shown).count(visible(text)) >= benign.count(BENIGN)


@settings(deadline=None, max_examples=60)
@given(TEXTS)
def test_any_text_anywhere_stays_text(text: str) -> None:
    assert structure(page(everywhere(text), include_details=True)) == EXPECTED
