"""What was recorded after a visit, as it is shown: JSON, page and record, and the address in none of them."""

import json
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from after_story import ALERT, HAPPENED, debriefed, documented, incident, marked, over, shared
from json_shapes import DOCUMENTED, names
from story import MO, NOW, Story, hostile_visit, visit
from visit_story import OLA
from visitsafe.record.bodies import Action
from visitsafe.record.kinds import Kind
from visitsafe.state.duties import owed
from visitsafe.state.entry_words import owed_words, says
from visitsafe.supervision.page import supervision_page
from visitsafe.supervision.shapes import Shape, plan_shape
from visitsafe.text.redact import LEFT_OUT

WORDS = "He stood at 12 Acacia Road, by the gate of 12  acacia rd."


def everything(words: str = "Two of us go from now on.") -> Story:
    """A visit about which everything was recorded, with the same words wherever there is room for some."""
    said = msgspec.structs.replace(HAPPENED, answer=words)
    alert = msgspec.structs.replace(ALERT, ground=words, recipients=(words,))
    filled: dict[str, Any] = {
        "answers": {"what-happened": words, "more": (words,)},
        "shown": (said,),
        "sharing": (alert,),
    }
    story = incident(over(hostile_visit(visit=visit(address="12 Acacia Road, Salford"))), by=OLA, **filled)
    story = shared(story, ALERT.trigger, of=story.newest.id, recipients=(words,), how=words, what=words)
    story = shared(story, recipients=(words,), what=words)
    story = debriefed(story, next_time=words, not_seen=words, **filled)
    action = Action(what=words, who=words, by="2026-12-01")
    story = documented(story, actions=(action,), review="2026-12-24", answers={"what": words}, shown=(said,))
    return marked(story, system=words, reference=words)


def test_every_field_of_what_came_after_is_documented() -> None:
    used = names(plan_shape(everything().state, NOW))
    assert {name for name in used if f"`{name}`" not in DOCUMENTED} == set()


def test_what_was_recorded_is_told_with_who_signed_it_and_whose_word_it_is() -> None:
    shape = plan_shape(everything().state, NOW)["after"]
    (one,) = shape["incidents"]
    assert (one["by"]["name"], one["heard"]["name"]) == ("Ola Field", "Sam Okafor")
    assert (one["talked_over"], one["near_miss"], one["hurt"]) == (True, False, "no")
    assert shape["debriefs"][0]["next_time"] == "Two of us go from now on."
    assert shape["documents"][0]["actions"][0]["by"] == "2026-12-01"
    assert [told["trigger"] for told in shape["shared"]] == [ALERT.trigger, ""]
    assert shape["markers"][0]["found"] is True


def test_an_incident_that_nobody_talked_over_says_so_and_what_is_owed() -> None:
    story = incident(over())
    shape = plan_shape(story.state, NOW)["after"]
    assert shape["incidents"][0]["talked_over"] is False
    assert shape["talk_by"] == shape["owed"] == owed(story.state)
    assert owed_words(story.state, NOW) == "incident not talked over"
    assert owed_words(debriefed(story).state, NOW) == ""


def address_in(shape: Shape | str) -> int:
    return json.dumps(shape).casefold().count("acacia")


def test_the_address_is_left_out_of_everything_that_was_recorded_afterwards() -> None:
    state = everything(WORDS).state
    shape = plan_shape(state, NOW)
    assert address_in(shape) == 0
    assert shape["after"]["debriefs"][0]["next_time"] == f"He stood at {LEFT_OUT}, by the gate of {LEFT_OUT}."
    assert address_in(plan_shape(state, NOW, include_details=True)) > 20
    assert address_in(supervision_page(state, NOW, ZoneInfo("Europe/London"))) == 0


def test_duties_say_what_became_of_them_those_of_an_incident_too() -> None:
    story = incident(over(hostile_visit()), sharing=(ALERT,))
    met = shared(story, story.state.body.sharing[0].trigger)

    def states(one: Story, days: int = 0) -> list[str]:
        return [duty["state"] for duty in plan_shape(one.state, NOW + timedelta(days=days))["sharing"]]

    assert states(story) == ["due", "not shared", "due"]
    assert states(met) == ["shared", "not shared", "due"]
    assert states(met, 9) == ["shared", "not shared", "overdue"]
    (said,) = [one["said"] for one in plan_shape(met.state, NOW)["sharing"] if one["said"]]
    assert (said["by"], said["how"]) == ("Sam Okafor", "by telephone")


def test_the_page_says_what_became_of_a_duty() -> None:
    story = over(hostile_visit())
    page = supervision_page(
        shared(story, story.state.body.sharing[0].trigger).state, NOW, ZoneInfo("Europe/London")
    )
    assert "**Shared** by Sam Okafor" in page
    assert "Said: Two of us go from now on." in page
    assert "nothing here says that it was done" not in page
    refused = shared(
        story, story.state.body.sharing[0].trigger, decision="not-share", reason="They know.", recipients=()
    )
    page = supervision_page(refused.state, NOW, ZoneInfo("Europe/London"))
    assert "**Decided not to share**, by Sam Okafor" in page


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Kind.INCIDENT, "Incident; the word of Sam Okafor"),
        (Kind.DEBRIEFED, "next time: Two of us"),
        (Kind.DOCUMENTED, "Supervision plan; looked at again 2026-12-24"),
        (Kind.SHARED, "with Two of us go from now on.; by telephone"),
        (Kind.MARKED, "Warning marker in Two of us go from now on."),
    ],
)
def test_the_record_says_in_a_few_words_what_each_entry_is_about(kind: Kind, words: str) -> None:
    state = everything().state
    found = [says(one, state) for one in state.judged if one.entry.content.kind == kind]
    assert words in found[-1]
    assert HAPPENED.answer not in found[-1]


def test_a_correction_says_which_entry_it_corrects() -> None:
    first = incident(over(), by=MO)
    second = incident(first, by=MO, replaces=first.newest.id, near_miss=True, hurt="yes")
    said = says(second.state.judged[-1], second.state)
    assert said.startswith("Near miss: somebody was hurt")
    assert f"corrects entry {first.newest.id[:12]}" in said
