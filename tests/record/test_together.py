"""Signatures by a key that was met before, and many at once: nothing is let through that is not alone."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from story import EVE, MO, SAM, begun
from visitsafe.errors import VerificationError
from visitsafe.record import ssh as sshsig
from visitsafe.record.entry import Entry, verify_entry, verify_together

PAYLOAD = b"what was signed"
STORED = SAM.signer.sign(PAYLOAD)
GOOD = [one.entry for one in begun().planned().decided().entries]


@given(place=st.integers(0, len(STORED) - 1), character=st.sampled_from(string.printable + "\u00e9"))
def test_every_changed_character_is_found_once_the_key_is_known(place: int, character: str) -> None:
    assert sshsig.verify(PAYLOAD, STORED) == SAM.signer.public_line
    changed = STORED[:place] + character + STORED[place + 1 :]
    if changed != STORED:
        with pytest.raises(VerificationError):
            sshsig.verify(PAYLOAD, changed)


def test_a_known_key_does_not_vouch_for_the_signature_of_another() -> None:
    sshsig.verify(PAYLOAD, STORED)
    other = MO.signer.sign(PAYLOAD)
    sshsig.verify(PAYLOAD, other)
    middle = len(STORED) // 2
    for mixed in (STORED[:middle] + other[middle:], other[:middle] + STORED[middle:]):
        with pytest.raises(VerificationError):
            sshsig.verify(PAYLOAD, mixed)
    assert sshsig.verify(b"other bytes", MO.signer.sign(b"other bytes")) == MO.signer.public_line


def test_of_many_at_once_those_that_do_not_hold_are_refused_as_alone() -> None:
    first, second = GOOD
    bad = [
        Entry(first.payload, second.signature),
        Entry(first.payload, EVE.signer.sign(first.payload)),
        Entry(first.payload, "junk"),
        Entry(b"{}", SAM.signer.sign(b"{}")),
        Entry(first.payload + b" ", first.signature),
    ]
    alone = []
    for entry in bad:
        with pytest.raises(VerificationError) as raised:
            verify_entry(entry)
        alone.append(raised.value.message)
    verify_together([first, *bad, second])
    for entry, said in zip(bad, alone, strict=True):
        with pytest.raises(VerificationError) as raised:
            verify_entry(entry)
        assert raised.value.message == said
    assert [verify_entry(one).id for one in GOOD] == [one.id for one in GOOD]
