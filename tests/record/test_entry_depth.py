"""How deep an entry may be nested is told by its brackets, and those within texts are none."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visitsafe.errors import VerificationError
from visitsafe.record.entry import MOST_DEPTH, read

TEXTS = st.text(st.sampled_from('[]{}"\\ a:,'), max_size=12)
INSIDE = st.recursive(
    TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=20,
)


def depth(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    return 1 + max(map(depth, value.values() if isinstance(value, dict) else value), default=0)


@given(inside=INSIDE, around=st.lists(TEXTS, min_size=0, max_size=2 * MOST_DEPTH), padding=TEXTS)
def test_what_is_too_deep_is_refused_whatever_texts_stand_between(
    inside: Any, around: list[str], padding: str
) -> None:
    for text in around:
        inside = [text, inside] if len(text) % 2 else {text: inside, text + "x": padding}
    body = {"x": inside, "y": [[]] * MOST_DEPTH}
    whole = {"v": 1, "plan": "team", "kind": "noted", "at": "2026-11-23T15:30:00Z", "by": "x", "after": []}
    payload = json.dumps(whole | {"body": body}, ensure_ascii=False, separators=(",", ":")).encode()
    if depth(body) > MOST_DEPTH:
        with pytest.raises(VerificationError, match="nested more than"):
            read(payload)
    else:
        assert read(payload).body == body
