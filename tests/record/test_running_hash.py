"""The running hash: what goes into it can be read in one way only."""

import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from story import NOW
from visitsafe.errors import VerificationError
from visitsafe.record.chain import GENESIS, chain, following, row_problems
from visitsafe.record.entry import Entry
from visitsafe.record.stored import Stored

TEXTS = st.one_of(st.text(st.sampled_from("\0\n\r\\ab\u2028"), max_size=5), st.text(max_size=5))


def arriving(kind: str, by: str) -> Stored:
    content = {
        "v": 1, "plan": "team", "kind": kind, "at": "2026-11-23T15:30:00Z", "by": by, "after": [], "body": {},
    }  # fmt: skip
    return following((0, GENESIS), Entry(msgspec.json.encode(content), "signature"), NOW)


@given(st.one_of(st.just("ok"), TEXTS), TEXTS)
def test_an_entry_that_is_taken_in_has_nine_lines_and_no_nul(kind: str, by: str) -> None:
    try:
        row = arriving(kind, by)
    except VerificationError:
        return
    signature = hashlib.sha256(b"signature").hexdigest()
    lines = [GENESIS, "1", row.id, signature, "team", kind, row.at, by, row.received]
    joined = "\n".join(lines)
    assert joined.split("\n") == lines
    assert "\0" not in joined
    assert row.chain == hashlib.sha256(joined.encode()).hexdigest()


@pytest.mark.parametrize("by", ["a\0b", "\0", "a\\\0", "a\nb", "\n"])
def test_a_signer_with_a_nul_or_a_line_feed_is_refused(by: str) -> None:
    with pytest.raises(VerificationError):
        arriving("ok", by)


def test_an_emptied_row_whose_columns_run_over_a_line_is_named() -> None:
    row = msgspec.structs.replace(arriving("ok", "x"), stream="0" * 16, payload=b"")
    assert list(row_problems(row)) == []
    for column in ("stream", "kind", "at", "by"):
        bent = msgspec.structs.replace(row, **{column: "a\nb"})
        bent = msgspec.structs.replace(bent, chain=chain(GENESIS, bent))
        assert "more than one line" in " ".join(row_problems(bent))
