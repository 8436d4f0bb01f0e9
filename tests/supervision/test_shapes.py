"""The JSON of a plan and of a list: stable, complete, and without what nobody asked for."""

import json
from datetime import timedelta

import msgspec
import pytest

from hostile import everywhere
from json_shapes import DOCUMENTED, names
from story import DUE_BACK, EVE, MO, NIA, NOW, SAM, START, begun, calm_visit, hostile_visit, visit
from visit_story import (
    DEE,
    acknowledged,
    countersigned,
    departed,
    extended,
    heard_from,
    late,
    notified,
    raised,
    stood_down,
)
from visitsafe.planning.decide import changes
from visitsafe.record.bodies import WithdrawnBody
from visitsafe.record.stored import PlanRow
from visitsafe.record.terms import Outcome
from visitsafe.state.fold import PlanState, fold
from visitsafe.supervision.shapes import Shape, list_shape, plan_shape
from visitsafe.text.clean import json_text
from visitsafe.text.redact import LEFT_OUT

PLANNED = begun().planned()
DECIDED = PLANNED.decided()


def row(**changes: object) -> PlanRow:
    plain: dict[str, object] = {
        "plan": PLANNED.plan,
        "status": "awaiting",
        "stage": "planned",
        "closed": "",
        "by": SAM.fingerprint,
        "case_ref": "C-1042",
        "area": "Ordsall",
        "start": "2026-11-23T15:30:00Z",
        "due_back": "2026-11-23T16:30:00Z",
        "level": "stop",
        "urgent": False,
        "entries": 1,
        "newest": PLANNED.newest.id,
    }
    return PlanRow(**{**plain, **changes})  # type: ignore[arg-type]  # each value has its field's type


def listed(one: PlanRow) -> Shape:
    (shape,) = list_shape([one], PLANNED.roster, {PLANNED.plan: PLANNED.state}, NOW)
    return shape


def test_a_list_leaves_the_address_out_of_the_area_too() -> None:
    where = visit(address="12 Acacia Road, M5 3AA", area="Ordsall, by 12 Acacia Rd")
    story = begun().planned(body=hostile_visit(visit=where))
    one = row(plan=story.plan, area=where.area)
    (shape,) = list_shape([one], story.roster, {story.plan: story.state}, NOW)
    assert shape["area"] == f"Ordsall, by {LEFT_OUT}"


def eventful() -> PlanState:
    """A visit on which everything was reported, raised, taken on and stood down, with a drill before it."""
    story = raised(countersigned(), "overdue", drill="d1")
    story = notified(story, story.newest.id, "dee-phone", drill="d1")
    story = departed(story, by=DEE, urgent="It cannot wait.")
    story = late(extended(story, "2026-11-23T17:30:00Z"), 20)
    story = raised(story, "duty-rings", unwatched_from="2026-11-23T17:40:00Z")
    story = notified(story, story.newest.id, "dee-phone", outcome=Outcome.FAILED, why="no answer")
    story = acknowledged(story, "duty-rings", by=MO, heard=heard_from(DEE))
    return stood_down(story, note="Their telephone was flat.").state


def test_every_field_is_documented() -> None:
    story = DECIDED.decided("refuse", by=NIA).entry(MO, "strange", WithdrawnBody(reason="?"))
    used = names(plan_shape(story.state, NOW)) | names(listed(row())) | names(plan_shape(eventful(), NOW))
    assert {name for name in used if f"`{name}`" not in DOCUMENTED} == set()


def test_it_is_json_as_it_stands() -> None:
    shape = plan_shape(everywhere("\x1b[31m \u202e \U000e0041").state, NOW)
    written = json.dumps(shape, ensure_ascii=False)
    assert json.loads(json_text(written)) == shape


def test_the_visit_and_the_answers_are_those_that_were_signed() -> None:
    shape = plan_shape(PLANNED.state, NOW)
    assert (shape["ref"], shape["plan"], shape["status"]) == (PLANNED.state.ref, PLANNED.plan, "awaiting")
    assert shape["visit"]["case"] == "C-1042"
    assert shape["visit"]["start"] == "2026-11-23T15:30:00Z"
    assert shape["answers"]["car-targeted"] == "not-sure"
    assert shape["answers"]["threat-kinds"] == ["shouting", "following"]
    assert shape["standing"] == {"training": "2026-03-02T09:00:00Z"}
    assert shape["decision"] is None


def test_findings_are_listed_worst_first_with_what_answers_them() -> None:
    body = hostile_visit(findings=tuple(reversed(hostile_visit().findings)))
    findings = plan_shape(begun().planned(body=body).state, NOW)["findings"]
    assert [finding["level"] for finding in findings] == ["stop", "control", "note"]
    assert [len(finding["answered_by"]) for finding in findings] == [2, 0, 0]
    assert findings[0]["source"] == "salford-2011 7.2"


def test_the_decision_names_who_made_it_and_why() -> None:
    decision = plan_shape(PLANNED.decided("refuse").state, NOW)["decision"]
    assert decision["decision"] == "refuse"
    assert decision["by"] == {"name": "Mo Khan", "email": "mo@example.org", "fingerprint": MO.fingerprint}
    assert decision["at"] == "2026-11-23T08:01:00Z"
    assert decision["purpose_met"].startswith("See the children")


def test_every_entry_says_whether_it_counts() -> None:
    entries = plan_shape(PLANNED.decided(by=SAM).withdrawn(by=EVE).state, NOW)["entries"]
    assert [(entry["kind"], entry["counts"], entry["signature"]) for entry in entries] == [
        ("planned", True, "good"),
        ("decided", False, "good"),
        ("withdrawn", False, "good"),
    ]
    assert entries[2]["by"] == {"name": None, "email": None, "fingerprint": EVE.fingerprint}
    assert "not in the team" in entries[2]["why_not"]


@pytest.mark.parametrize(
    ("urgent", "decided", "late", "expired"),
    [
        ("", False, timedelta(seconds=-1), False),
        ("", False, timedelta(), True),
        ("", True, timedelta(hours=1), False),
        ("A neighbour heard screams.", False, timedelta(hours=1), False),
    ],
)
def test_a_plan_expires_at_its_start_unless_decided_or_urgent(
    urgent: str, decided: bool, late: timedelta, expired: bool
) -> None:
    story = begun().planned(body=hostile_visit(urgent=urgent))
    story = story.decided() if decided else story
    assert plan_shape(story.state, START + late)["expired"] is expired


def test_sharing_is_due_then_overdue_or_decided_against() -> None:
    def states(days: int) -> list[str]:
        decided = PLANNED.decided().state
        return [duty["state"] for duty in plan_shape(decided, NOW + timedelta(days=days))["sharing"]]

    assert [duty["state"] for duty in plan_shape(PLANNED.state, NOW)["sharing"]] == ["not yet", "not shared"]
    assert states(2) == ["due", "not shared"]
    assert states(3) == ["overdue", "not shared"]


def test_not_sharing_without_a_reason_does_not_count_as_decided() -> None:
    duty = hostile_visit().sharing[1]
    bare = type(duty)(**{name: getattr(duty, name) for name in duty.__struct_fields__} | {"reason": " "})
    shape = plan_shape(begun().planned(body=hostile_visit(sharing=(bare,))).decided().state, NOW)
    assert shape["sharing"][0]["state"] == "due"


def test_problems_and_rivals_are_named() -> None:
    both = PLANNED.revised() | PLANNED.revised(body=calm_visit(nonce=""))
    state = fold(both.plan, both.entries, both.roster, ["entry 12 does not hold"])
    shape = plan_shape(state, NOW)
    assert shape["problems"] == ["entry 12 does not hold"]
    assert shape["rivals"] == list(state.rivals)


# Personal details


def address_in(shape: Shape) -> int:
    return json.dumps(shape).casefold().count("acacia")


def test_the_address_is_left_out_unless_asked_for() -> None:
    assert plan_shape(PLANNED.state, NOW)["visit"]["address"] is None
    with_details = plan_shape(PLANNED.state, NOW, include_details=True)
    assert with_details["visit"]["address"] == "12 Acacia Road, Salford"


def test_the_address_is_left_out_of_every_text_that_repeats_it() -> None:
    words = "Park behind 12  acacia ROAD and ring."
    body = hostile_visit(answers={"exit-plan": words, "more": ("12 Acacia Road, Salford",)}, urgent=words)
    story = begun().planned(body=body).decided(rationale=words, conditions=(words,)).withdrawn(reason=words)
    shape = plan_shape(story.state, NOW)
    assert address_in(shape) == 0
    assert shape["answers"]["exit-plan"] == f"Park behind {LEFT_OUT} and ring."
    assert address_in(plan_shape(story.state, NOW, include_details=True)) > 5


def test_parts_of_the_address_are_left_out_too() -> None:
    words = "Stop at 3 Elm Ct, not in Elm Court itself; the sat nav wants m53xx."
    body = hostile_visit(
        visit=visit(address="Flat 2, 3 Elm Court\nSalford M5 3XX"), answers={"exit-plan": words}
    )
    shape = plan_shape(begun().planned(body=body).state, NOW)
    left = f"Stop at {LEFT_OUT}, not in {LEFT_OUT} itself; the sat nav wants {LEFT_OUT}."
    assert shape["answers"]["exit-plan"] == left
    assert [shown["source"] for shown in shape["shown"]] == [one.source for one in body.shown]


@pytest.mark.parametrize("address", ["", " ", "1", "Flat 2"])
def test_a_short_address_takes_no_other_words_with_it(address: str) -> None:
    story = begun().planned(body=hostile_visit(visit=visit(address=address)))
    shape = plan_shape(story.state, NOW)
    assert shape["visit"]["address"] is None
    assert shape["visit"]["purpose"] == visit().purpose
    assert shape["answers"] == plan_shape(PLANNED.state, NOW)["answers"]


# Lists


def test_a_list_names_each_plan_and_its_author() -> None:
    shape = listed(row())
    assert (shape["ref"], shape["case"], shape["level"]) == (PLANNED.state.ref, "C-1042", "stop")
    assert shape["author"]["name"] == "Sam Okafor"


def test_an_author_who_is_not_in_the_team_is_named_by_key() -> None:
    shape = listed(row(by=EVE.fingerprint, level=""))
    assert shape["author"] == {"name": None, "email": None, "fingerprint": EVE.fingerprint}
    assert shape["level"] is None


def test_a_list_says_how_far_a_visit_has_come_and_how_late_it_is() -> None:
    story = departed(countersigned())
    line = msgspec.structs.replace(row(), plan=story.plan)
    (shape,) = list_shape([line], story.roster, {story.plan: story.state}, DUE_BACK + timedelta(minutes=25))
    assert (shape["stage"], shape["closed"]) == ("departed", None)
    assert (shape["overdue"], shape["minutes_late"]) == (True, 25)


def test_the_way_tells_who_said_what_and_how_they_were_known() -> None:
    way = plan_shape(eventful(), NOW)["way"]
    gone, longer = way["reports"]
    assert (gone["kind"], gone["by"]["name"], gone["heard"]["name"]) == (
        "departed", "Dee Desk", "Sam Okafor",
    )  # fmt: skip
    assert gone["heard"]["known_by"] == "I know the voice."
    assert (gone["urgent"], longer["until"]) == ("It cannot wait.", "2026-11-23T17:30:00Z")
    (alarm,) = way["alarms"]
    assert [one["step"] for one in alarm["raised"]] == ["duty-rings"]
    assert [(one["outcome"], one["why"]) for one in alarm["messages"]] == [("failed", "no answer")]
    assert alarm["acknowledged"][0]["heard"]["name"] == "Dee Desk"
    assert alarm["ended"]["because"] == "safe"
    assert [drill["drill"] for drill in way["drills"]] == ["d1"]


def test_the_address_is_left_out_of_what_was_said_on_the_way() -> None:
    story = departed(countersigned(), note="I am at 12 Acacia Road now.")
    story = stood_down(raised(late(story, 20), "duty-rings"), note="Found at 12 Acacia Road, safe.")
    assert address_in(plan_shape(story.state, NOW)) == 0
    assert address_in(plan_shape(story.state, NOW, include_details=True)) > 2


# What has changed


def test_changes_are_answers_in_other_words_and_findings_that_came_or_went() -> None:
    before = calm_visit(visit=visit(companions=(MO.companion,)))
    found = changes(before, hostile_visit())
    assert ("Who goes", "with Mo Khan", "alone") in found.answers
    assert ("Daylight", "yes", "no") in found.answers
    assert ("Way out", "not asked", "Leave by the front door; the car faces the main road.") in found.answers
    assert [finding.rule for finding in found.new] == [f.rule for f in hostile_visit().findings]
    assert changes(hostile_visit(), before).gone == found.new


def test_the_same_plan_has_no_changes() -> None:
    assert not any(changes(hostile_visit(), hostile_visit(nonce="other")))
