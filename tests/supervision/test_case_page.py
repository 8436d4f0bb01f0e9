"""The supervision pack of a case, and what the page of a plan says of what came after the visit."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt

from after_story import ALERT, HAPPENED, debriefed, documented, incident, marked, shared
from case_story import (
    ADDRESS,
    DONE,
    LONDON,
    NOW_THERE,
    PROMPTS,
    answered,
    body,
    case,
    countersigned,
    eventful,
    visited,
)
from hostile import ATTACKS, BENIGN, LONG, TEXTS, visible
from story import DUE_BACK, MO, NOW, SAM, Story
from visit_story import DEE, at, departed, duress
from visitsafe.record.bodies import Action
from visitsafe.record.terms import Document
from visitsafe.state.duress_redaction import hides_duress
from visitsafe.state.duties import CaseHistory
from visitsafe.supervision.pack import MOST_VISITS, case_page, case_shape
from visitsafe.supervision.page import supervision_page
from visitsafe.supervision.patterns import patterns_in

Golden = Callable[[str, str], None]


def page(history: CaseHistory, now: Any = DONE, *, include_details: bool = False) -> str:
    found = patterns_in(history, now, LONDON)
    return case_page(history, found, PROMPTS, (), now, LONDON, include_details=include_details)


def section(text: str, title: str) -> str:
    return text.split(f"\n## {title}", 1)[1].split("\n## ", maxsplit=1)[0]


def test_golden_a_case(golden: Golden) -> None:
    golden("case.md", page(eventful(), NOW_THERE))


def test_golden_a_visit_with_what_came_after_it(golden: Golden) -> None:
    state = eventful().plans[0]
    golden("afterwards.md", supervision_page(state, NOW_THERE, LONDON, PROMPTS))


def test_the_first_paragraph_says_how_many_visits_by_whom_and_what_is_open() -> None:
    first = page(eventful(), NOW_THERE).split("\n\n")[1]
    for words in (
        "5 visits were planned: 2 were made, by Sam Okafor (2); 1 was refused; on 1 nobody reported",
        "The last one that was made was on Monday 30 November 2026",
        "The next one is planned for Sunday 13 December 2026",
        "On record: 1 incident",
        "things are open",
    ):
        assert words in first


def test_that_somebody_was_hurt_and_the_day_of_it_stand_wherever_the_pack_counts_incidents() -> None:
    police = answered("police", "Police", "Yes, they know")
    hurt = visited(0, lambda one: incident(one, hurt="yes", happened="2026-11-21T10:00:00Z", shown=(police,)))
    text = page(case(hurt), NOW + timedelta(days=1))
    assert "On record: 1 incident, somebody was hurt." in text
    assert f"1 incident recorded for {hurt.state.ref} (21 November 2026, somebody was hurt)." in text
    assert "1 incident, somebody was hurt; not talked over yet" in section(text, "The visits")
    assert "Police: Yes, they know" in section(text, "Incidents and near misses")


def test_a_case_of_one_quiet_visit_says_that_nothing_is_open() -> None:
    text = page(case(visited(0)), NOW + timedelta(days=1))
    assert "**Nothing is open.**" in text
    assert "## Open now" not in text
    assert "None of the patterns" in text


def test_what_is_open_is_told_with_its_command_and_what_is_late_comes_first() -> None:
    history = case(visited(0, incident, sharing=(ALERT,)))
    lines = section(page(history), "Open now")
    ref = history.plans[0].ref
    assert f"`visitsafe debrief {ref}`" in lines
    assert f"`visitsafe share {ref} --duty 1`" in lines
    assert lines.strip().startswith("- **Overdue**, due ")


def test_a_duty_that_was_met_is_not_open() -> None:
    assert "Open now" not in page(case(shared(visited(0, sharing=(ALERT,)), ALERT.trigger)))


def test_the_line_of_a_refused_visit_says_how_the_child_is_seen_instead() -> None:
    line = section(page(eventful(), NOW_THERE), "The visits")
    assert "Refused by Nia Price; instead: See the children at school" in line


def test_of_very_many_visits_the_newest_are_shown_and_the_others_counted() -> None:
    history = case(*(visited(day) for day in range(MOST_VISITS + 2)))
    text = section(page(history), "The visits")
    assert "2 earlier visits are left out here." in text
    assert text.count("- **") == MOST_VISITS
    assert f"({history.plans[-1].ref})" in text


def test_how_a_visit_left_somebody_is_not_in_the_pack_of_its_case() -> None:
    history = eventful()
    text = page(history, NOW_THERE)
    assert "The older brother." in text
    assert "I did not ask to see the bedroom." in text
    assert "fraid" not in text
    assert "fraid" not in str(case_shape(history, {}, PROMPTS, NOW_THERE, LONDON))


def test_an_action_whose_day_has_passed_is_flagged_and_the_others_are_not() -> None:
    lines = section(page(eventful(), NOW + timedelta(days=30)), "Documents").splitlines()
    assert [("its day has passed" in line) for line in lines if "Ask the school" in line] == [False]
    assert [("its day has passed" in line) for line in lines if "Two of us" in line] == [True]


def test_a_marker_is_shown_with_its_age_and_flagged_when_its_review_is_due() -> None:
    text = section(page(eventful(), NOW_THERE), "Warning marker")
    assert "Case system, 4417" in text
    assert "15 days ago" in text
    assert "**Out of date: its review was due" in text
    recent = case(visited(0, marked))
    assert "Out of date" not in page(recent, NOW + timedelta(days=9))
    assert "Out of date" in page(recent, DONE)
    assert "Nothing is on record" in section(page(case(visited(0))), "Warning marker")


def test_the_address_of_one_plan_is_left_out_of_every_plan_of_the_case() -> None:
    second = visited(7, lambda story: debriefed(story, next_time="Wait outside 12 Acacia Rd."))
    history = case(visited(0, address=ADDRESS), second)
    assert "acacia" not in page(history).casefold()
    assert "acacia" not in str(case_shape(history, {}, (), DONE, LONDON)).casefold()
    assert "Acacia Rd" in page(history, include_details=True)


def test_plans_that_do_not_hold_or_were_removed_are_said_first() -> None:
    history = msgspec.structs.replace(case(visited(0)), unread=1, removed=2)
    text = page(history)
    assert text.split("\n\n")[1].startswith("**Do not rely on this page.")
    assert "1 plan of this case cannot be read" in text
    assert "2 plans are not counted" in text


def test_who_may_not_know_of_duress_reads_the_same_page_as_without_it() -> None:
    out = departed(at(countersigned(body(0)), DUE_BACK, -240))
    now = NOW + timedelta(hours=3)
    spoken = duress(out)
    sam = spoken.roster.members[SAM.fingerprint]

    def read(story: Story, who: Any) -> str:
        return page(case_of(hides_duress(story.state, who, now)), now)

    plain = page(case_of(hides_duress(out.state, sam, now)), now)
    assert read(spoken, sam) == plain
    assert read(spoken, spoken.roster.members[DEE.fingerprint]) != plain


def case_of(*states: Any) -> CaseHistory:
    return CaseHistory(states[-1].body.visit.case, states)


# Nothing that was written becomes structure

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
WORDS = {"text", "text_special", "hardbreak"}


def structure(text: str) -> list[str]:
    tokens = READER.parse(text)
    return [
        part.type for token in tokens for part in (token, *(token.children or ())) if part.type not in WORDS
    ]


def words_of(text: str) -> str:
    inline = [part for token in READER.parse(text) for part in token.children or ()]
    return "".join("".join(part.content for part in inline).split())


def hostile(text: str) -> Story:
    """A visit after which everything that was written is `text`."""
    text = text.replace("\0", "")
    shown = (*(answered(name, text, text) for name in ("went", "unsaid", "behaviours", "effects")), HAPPENED)
    told = tuple(msgspec.structs.replace(one, answer=text) for one in shown)
    duty = msgspec.structs.replace(ALERT, label=text, ground=text, recipients=(text,), source=text)
    actions = (Action(what=text, who=text), Action(what=text, who=text, by="2026-11-24"))
    return visited(
        0,
        lambda one: incident(one, behaviours=("a",), shown=told, sharing=(duty,)),
        lambda one: debriefed(one, shown=told, next_time=text, not_seen=text),
        lambda one: documented(one, Document.MEETING, actions=actions),
        lambda one: marked(one, system=f"x{text}", reference=text),
        lambda one: shared(one, what=text, how=text, recipients=(f"x{text}",)),
        case=f"x{text}",
        companions=(msgspec.structs.replace(MO.companion, name=f"x{text}"),),
    )


def pages(text: str) -> str:
    history = case(hostile(text))
    return page(history) + supervision_page(history.plans[0], DONE, LONDON)


EXPECTED = structure(pages(BENIGN))


@pytest.mark.parametrize("text", [*ATTACKS, LONG[0]], ids=lambda text: repr(text[:20]))
def test_a_hostile_text_anywhere_stays_text(text: str) -> None:
    assert structure(pages(text)) == EXPECTED
    if len(text) < 100:
        assert words_of(pages(text)).count(visible(text)) >= words_of(pages(BENIGN)).count(BENIGN)


@settings(deadline=None, max_examples=30)
@given(TEXTS)
def test_any_text_anywhere_stays_text(text: str) -> None:
    assert structure(pages(text)) == EXPECTED
