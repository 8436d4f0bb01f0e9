"""The JSON of a case: what docs/json.md says, no more and no less."""

from typing import Any

import pytest

import json_shapes
from case_story import LONDON, NOW_THERE, PROMPTS, case, eventful, visited
from json_shapes import DAY, DOCUMENTED, TIME, check
from visitsafe.state.duties import CaseHistory
from visitsafe.supervision.pack import case_shape
from visitsafe.supervision.patterns import patterns_in

MAYBE_TIME = {"anyOf": [TIME, {"type": "null"}]}
MAYBE_DAY = {"anyOf": [DAY, {"type": "null"}]}
TEXT, MAYBE, FLAG = {"type": "string"}, {"type": ["string", "null"]}, {"type": "boolean"}
COUNT = {"type": "integer", "minimum": 0}


def exactly(**members: Any) -> dict[str, Any]:
    return json_shapes.exactly(members)


def many(item: Any) -> dict[str, Any]:
    return {"type": "array", "items": item}


PERSON = exactly(name=MAYBE, email=MAYBE, fingerprint=TEXT)
SIGNED = {"ref": TEXT, "entry": TEXT, "at": TIME, "happened": TIME, "by": PERSON}
ACTION = exactly(what=TEXT, who=TEXT, by=MAYBE_DAY)
CASE = exactly(
    case=TEXT,
    visits=many(
        exactly(
            ref=TEXT, plan=TEXT, status=TEXT, stage=TEXT, worker=PERSON, companions=many(TEXT),
            company=TEXT, address=MAYBE,
            start=TIME, due_back=TIME, made=FLAG, departed=MAYBE_TIME, back=MAYBE_TIME, stopped=FLAG,
            alarm=FLAG, overdue=FLAG, became=TEXT, problems=many(TEXT),
        )
    ),
    removed=COUNT,
    unread=COUNT,
    open=many(exactly(ref=TEXT, what=TEXT, by=MAYBE, late=FLAG, command=MAYBE)),
    patterns=many(exactly(pattern=TEXT, evidence=many(TEXT))),
    duties=many({"type": "object", "required": ["ref", "number", "state", "said"]}),
    incidents=many(
        exactly(**SIGNED, near_miss=FLAG, behaviours=many(TEXT), hurt=TEXT, talked_over=FLAG)
    ),
    debriefs=many(exactly(**SIGNED, next_time=MAYBE, not_seen=MAYBE)),
    documents=many(exactly(**SIGNED, document=TEXT, review=MAYBE_DAY, actions=many(ACTION))),
    marker={
        "anyOf": [
            {"type": "null"},
            exactly(found=FLAG, system=MAYBE, reference=MAYBE, checked=TEXT, review=MAYBE_DAY, by=PERSON),
        ]
    },
    prompts=many(exactly(text=TEXT, source=TEXT)),
    as_of=TIME,
)  # fmt: skip


@pytest.mark.parametrize("history", [eventful(), case(visited(0))], ids=["eventful", "quiet"])
def test_the_json_of_a_case_is_what_is_documented(history: CaseHistory) -> None:
    found = patterns_in(history, NOW_THERE, LONDON)
    shape = case_shape(history, found, PROMPTS, NOW_THERE, LONDON)
    check(shape, CASE)
    described = DOCUMENTED.split("\n## A case\n")[1].split("\n## ")[0]
    for name in {*shape, *shape["visits"][0]}:
        assert f"`{name}`" in described
