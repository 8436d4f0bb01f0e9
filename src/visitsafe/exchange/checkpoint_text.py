"""A checkpoint: a short signed text that says how far a store had come, to be kept somewhere else (D9).

It is written so that it survives e-mail: no line is longer than 70 characters, and quoting, other line
ends, blank lines, wrapping and whatever stands around it are passed over when it is read. What is signed are
the six readable lines, each ended by a line feed. Pure: whether the signature holds is checked elsewhere.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

FIRST_LINE = "visitsafe checkpoint 1"
_BEGIN, _END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_COLUMNS = 70
_QUOTING = re.compile(r"^[ \t\xa0]*(?:[>|][ \t\xa0]*)+", re.MULTILINE)
_STARTED = re.compile(r"visitsafe checkpoint \d+ store:")
_WHOLE = re.compile(
    FIRST_LINE + r" store: (?P<store>[0-9a-f]{8,64}) position: (?P<position>[1-9][0-9]{0,14})"
    r" hash: (?P<chain>[0-9a-f]{64}) time: (?P<at>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z)"
    rf" key: (?P<by>SHA256:[A-Za-z0-9+/]{{43}}) {_BEGIN} (?P<armour>[A-Za-z0-9+/= ]{{1,4000}}) {_END}"
)


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """How far a store had come.

    Attributes:
        store: The store's id.
        position: The last position, from 1.
        chain: The running hash there.
        at: When it was made, by the signer's own clock, UTC text.
        by: The fingerprint of the key that signed.
        signature: The armoured SSHSIG signature; empty before it is signed.
    """

    store: str
    position: int
    chain: str
    at: str
    by: str
    signature: str = ""

    @property
    def readable(self) -> str:
        """The lines that are signed."""
        return (
            f"{FIRST_LINE}\nstore: {self.store}\nposition: {self.position}\n"
            f"hash: {self.chain}\ntime: {self.at}\nkey: {self.by}\n"
        )

    @property
    def text(self) -> str:
        """All of it, to be pasted somewhere."""
        return self.readable + self.signature


class Found(NamedTuple):
    """What stands in a text: the checkpoints, and how many more begin there and are not whole."""

    checkpoints: tuple[Checkpoint, ...]
    broken: int


class Walked(NamedTuple):
    """What a walk over a store showed.

    Attributes:
        store: The store's id.
        end: The last position.
        chains: The running hash, as the store has it, at the positions asked for.
        first_bad: The first position at which the running hash does not recompute, or None.
    """

    store: str
    end: int
    chains: Mapping[int, str]
    first_bad: int | None


def found_in(text: str) -> Found:
    """The checkpoints in a text: an e-mail, supervision notes."""
    words = " ".join(_QUOTING.sub("", text).split())
    found = tuple(_read(match) for match in _WHOLE.finditer(words))
    return Found(found, len(_STARTED.findall(words)) - len(found))


def _read(match: re.Match[str]) -> Checkpoint:
    """The parts, with the signature laid out as OpenSSH does."""
    armour = match["armour"].replace(" ", "")
    lines = (armour[at : at + _COLUMNS] for at in range(0, len(armour), _COLUMNS))
    return Checkpoint(
        store=match["store"],
        position=int(match["position"]),
        chain=match["chain"],
        at=match["at"],
        by=match["by"],
        signature="\n".join((_BEGIN, *lines, _END, "")),
    )


def kept(checkpoint: Checkpoint, walked: Walked, agreeing: int = 0) -> str:
    """Whether everything up to a checkpoint is still there unaltered.

    Args:
        checkpoint: Its signature has been checked.
        walked: The store as it is now.
        agreeing: The position of the newest earlier checkpoint that the store still agrees with.

    Returns:
        Empty if so; otherwise what is missing or altered, as exactly as can be known.
    """
    position, end = checkpoint.position, walked.end
    if checkpoint.store != walked.store:
        return (
            f"it was made for the store {checkpoint.store[:12]}, and this is the store {walked.store[:12]}: "
            "another store, or one that was made anew"
        )
    if position > end:
        gone = position - end
        entries = "1 entry is" if gone == 1 else f"{gone} entries are"
        return f"the store ends at {end}, and the checkpoint was made at {position}: at least {entries} gone"
    if walked.chains.get(position) == checkpoint.chain and not _bad_before(walked, position):
        return ""
    if _bad_before(walked, position):
        return (
            f"the store was altered at or before position {walked.first_bad}, "
            "the first place that does not follow from what came before it"
        )
    return (
        f"the running hash was made anew: between position {agreeing + 1} and {position} an entry was "
        "changed, moved or taken out, and everything behind it was recomputed"
    )


def _bad_before(walked: Walked, position: int) -> bool:
    return walked.first_bad is not None and walked.first_bad <= position
