"""A checkpoint proves that everything up to it is still there, and says what is missing if not."""

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from story import ADA, EVE, MO, NOW, SAM, Actor, begun
from visitsafe.errors import NotFoundError, VerificationError
from visitsafe.exchange.checkpoint import Checkpoint, Walked, compare, found_in, kept, read_checkpoints, walk
from visitsafe.record.chain import GENESIS, following
from visitsafe.text.clock import to_text

if TYPE_CHECKING:
    from visitsafe.record.stored import Stored

STORE = "5ac0ffee" * 4
STORY = begun().planned().decided()


class Rows:
    """The rows of a store, as a thief of entries would leave them."""

    store_id = STORE

    def __init__(self) -> None:
        self.rows: list[Stored] = []
        for one in (*STORY.team, *STORY.entries):
            self.add(one.entry)

    def add(self, entry: object) -> None:
        head = (self.rows[-1].position, self.rows[-1].chain) if self.rows else (0, GENESIS)
        self.rows.append(following(head, entry, NOW))  # type: ignore[arg-type]

    def without(self, position: int) -> "Rows":
        """The same, made anew with one entry left out and everything behind it recomputed."""
        other = Rows()
        other.rows = []
        for row in self.rows:
            if row.position != position:
                other.add(row.entry)
        return other

    def walked(self, *checkpoints: Checkpoint) -> Walked:
        return walk(self, iter(self.rows), checkpoints).walked  # type: ignore[arg-type]

    def at(self, position: int, by: Actor = MO) -> Checkpoint:
        """The checkpoint that somebody made when the store had come so far."""
        made = Checkpoint(
            store=STORE,
            position=position,
            chain=self.rows[position - 1].chain,
            at=to_text(NOW + timedelta(hours=1)),
            by=by.fingerprint,
        )
        return signed(made, by)

    def wrong(self, *checkpoints: Checkpoint) -> list[str]:
        compared = compare(checkpoints, self.walked(*checkpoints), STORY.roster)
        return [one.wrong for one in compared]


def signed(checkpoint: Checkpoint, by: Actor) -> Checkpoint:
    signature = by.signer.sign(checkpoint.readable.encode())
    return msgspec.structs.replace(checkpoint, signature=signature)


def test_a_store_that_only_grew_agrees_with_every_earlier_checkpoint() -> None:
    rows = Rows()
    assert rows.wrong(*(rows.at(position) for position in range(1, len(rows.rows) + 1))) == [""] * 6


def test_a_cut_end_is_counted() -> None:
    whole, cut = Rows(), Rows()
    cut.rows = cut.rows[:-2]
    assert (
        "ends at 4, and the checkpoint was made at 6: at least 2 entries are gone"
        in cut.wrong(whole.at(6))[0]
    )
    assert cut.wrong(whole.at(4)) == [""]


def test_a_store_made_anew_without_an_entry_is_found_out() -> None:
    whole = Rows()
    anew = whole.without(5)
    anew.add(whole.rows[-2].entry)
    (_, sentence) = anew.wrong(whole.at(3), whole.at(6))
    assert "made anew: between position 4 and 6" in sentence


def test_an_entry_taken_out_without_recomputing_names_the_place() -> None:
    whole, holed = Rows(), Rows()
    del holed.rows[2]
    assert "altered at or before position 4" in holed.wrong(whole.at(6))[0]
    assert holed.wrong(whole.at(2)) == [""]


def test_another_store_is_not_taken_for_this_one() -> None:
    rows = Rows()
    other = signed(msgspec.structs.replace(rows.at(6), store="0" * 32), MO)
    assert "another store" in rows.wrong(other)[0]


@pytest.mark.parametrize("field", ["store", "position", "chain", "at", "by"])
def test_a_changed_line_makes_a_checkpoint_worthless(field: str) -> None:
    rows = Rows()
    values = {"store": "1" * 32, "position": 5, "chain": "0" * 64, "at": to_text(NOW), "by": SAM.fingerprint}
    changed = msgspec.structs.replace(rows.at(6), **{field: values[field]})
    assert rows.wrong(changed)[0].startswith("it proves nothing")


def test_a_checkpoint_by_a_stranger_or_before_they_joined_proves_nothing() -> None:
    rows = Rows()
    assert "nobody whom the team knows" in rows.wrong(rows.at(6, by=EVE))[0]
    early = signed(msgspec.structs.replace(rows.at(6), at="2020-01-01T00:00:00Z"), MO)
    assert "not in the team when" in rows.wrong(early)[0]


CHECKPOINT = Rows().at(6, by=ADA)
MAIL = [
    CHECKPOINT.text,
    "Dear Ada,\n\nplease keep this:\n\n" + CHECKPOINT.text + "\nKind regards\nMo\n",
    "".join(f"> > {line}\n" for line in CHECKPOINT.text.splitlines()),
    CHECKPOINT.text.replace("\n", "\r\n"),
    CHECKPOINT.text.replace("\n", "   \n"),
    CHECKPOINT.text.replace("\n", "\n\n"),
    CHECKPOINT.text.replace("hash: ", "hash:\n> "),
    "\n".join(f"    {line}\u00a0" for line in CHECKPOINT.text.splitlines()),
]


@pytest.mark.parametrize("text", MAIL)
def test_a_checkpoint_survives_what_e_mail_does_to_it(text: str) -> None:
    assert read_checkpoints("mail.txt", text) == (CHECKPOINT,)


def test_no_line_is_so_long_that_e_mail_breaks_it() -> None:
    assert max(len(line) for line in CHECKPOINT.text.splitlines()) <= 72


def test_several_checkpoints_in_one_text_are_all_found() -> None:
    other = Rows().at(3)
    assert read_checkpoints("notes", CHECKPOINT.text + "\n---\n" + other.text) == (CHECKPOINT, other)


def test_a_text_without_a_checkpoint_or_with_half_of_one_is_said_so() -> None:
    with pytest.raises(NotFoundError):
        read_checkpoints("notes", "We talked about the visit.")
    with pytest.raises(VerificationError, match="not whole"):
        read_checkpoints("notes", CHECKPOINT.text[:-40])


@given(st.text(), st.integers(0, len(CHECKPOINT.text)))
def test_no_text_is_more_than_a_text(noise: str, at: int) -> None:
    found_in(noise)
    found = found_in(CHECKPOINT.text[:at] + noise + CHECKPOINT.text[at:])
    assert len(found.checkpoints) <= 1


@given(st.integers(1, 40), st.integers(0, 40), st.none() | st.integers(1, 40), st.booleans())
def test_a_checkpoint_is_kept_only_if_its_place_is_there_and_agrees(
    position: int, end: int, first_bad: int | None, agrees: bool
) -> None:
    checkpoint = msgspec.structs.replace(CHECKPOINT, position=position)
    chains = {position: checkpoint.chain if agrees else GENESIS} if position <= end else {}
    holds = position <= end and agrees and (first_bad is None or first_bad > position)
    assert (kept(checkpoint, Walked(STORE, end, chains, first_bad)) == "") is holds
