"""Making a checkpoint of a store, and checking the store against checkpoints that were kept elsewhere (D9).

A checkpoint is signed like an entry but is none: it is never stored, or it would be lost with the store.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, VerificationError
from visitsafe.record.chain import GENESIS, check_chain
from visitsafe.record.ssh import fingerprint, verify
from visitsafe.record.stored import Store, Stored
from visitsafe.team.roster import Roster
from visitsafe.text.clean import things
from visitsafe.text.clock import to_text

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


class FoundCheckpoints(NamedTuple):
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


def found_in(text: str) -> FoundCheckpoints:
    """The checkpoints in a text: an e-mail, supervision notes."""
    words = " ".join(_QUOTING.sub("", text).split())
    found = tuple(_read(match) for match in _WHOLE.finditer(words))
    return FoundCheckpoints(found, len(_STARTED.findall(words)) - len(found))


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
        entries = things(gone, "entry is", "entries are")
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


class Compared(msgspec.Struct, frozen=True):
    """A checkpoint and what came of comparing the store with it.

    Attributes:
        position: How far the store had come.
        at: When the checkpoint was made, as its signer's clock had it; UTC text.
        by: The signer's fingerprint.
        name: The signer's name; empty if the team does not know the key.
        wrong: What is missing or altered, or why the checkpoint proves nothing; empty if all is there.
    """

    position: int
    at: str
    by: str
    name: str
    wrong: str


class StoreWalk(NamedTuple):
    """A walk over a whole store: each entry's running hash, and what does not hold.

    Attributes:
        problems: Position, entry id and a sentence each.
    """

    walked: Walked
    problems: tuple[tuple[int, str, str], ...]


def walk(store: Store, rows: Iterator[Stored], checkpoints: Sequence[Checkpoint] = ()) -> StoreWalk:
    """Recompute the running hash over the rows of a store, in constant memory."""
    wanted = {checkpoint.position for checkpoint in checkpoints}
    chains: dict[int, str] = {}
    end = 0

    def noted() -> Iterator[Stored]:
        nonlocal end
        for row in rows:
            end = row.position
            if end in wanted:
                chains[end] = row.chain
            yield row

    problems = tuple((one.position, one.id, one.text) for one in check_chain(noted()))
    first_bad = min((position for position, _, _ in problems), default=None)
    return StoreWalk(Walked(store.store_id, end, chains, first_bad), problems)


def make_checkpoint(desk: Desk) -> Checkpoint:
    """A signed checkpoint of the store as it is now.

    Raises:
        NotPermittedError: The person asking is not in the team.
        VerificationError: The store does not hold, so that nobody should vouch for it.
    """
    desk.member()
    position, chain = 0, GENESIS

    def noted() -> Iterator[Stored]:
        nonlocal position, chain
        for row in desk.store.scan():
            position, chain = row.position, row.chain
            yield row

    for problem in check_chain(noted()):
        raise VerificationError(
            f"the store does not hold, so no checkpoint was made: {problem.text}", "run: visitsafe verify"
        )
    signer = desk.signer()
    unsigned = Checkpoint(
        store=desk.store.store_id,
        position=position,
        chain=chain,
        at=to_text(desk.now),
        by=signer.fingerprint,
    )
    return msgspec.structs.replace(unsigned, signature=signer.sign(unsigned.readable.encode()))


def read_checkpoints(name: str, text: str) -> tuple[Checkpoint, ...]:
    """The checkpoints in a text.

    Args:
        name: What to call the text.
        text: As it was pasted, with anything around.

    Raises:
        NotFoundError: There is none.
        VerificationError: One begins there and is not whole.
    """
    found = found_in(text)
    if found.broken:
        raise VerificationError(
            f"{name} holds a checkpoint that is not whole",
            "copy it again, from the line 'visitsafe checkpoint 1' to the line 'END SSH SIGNATURE'",
        )
    if not found.checkpoints:
        raise NotFoundError(f"{name} holds no checkpoint", "it begins with the line: visitsafe checkpoint 1")
    return found.checkpoints


def compare(checkpoints: Sequence[Checkpoint], walked: Walked, roster: Roster) -> tuple[Compared, ...]:
    """Each checkpoint beside the store, the oldest first."""
    compared = []
    agreeing = 0
    for checkpoint in sorted(checkpoints, key=lambda one: one.position):
        name, wrong = _signed_by(checkpoint, roster)
        if not wrong:
            wrong = kept(checkpoint, walked, agreeing)
        if not wrong:
            agreeing = checkpoint.position
        compared.append(Compared(checkpoint.position, checkpoint.at, checkpoint.by, name, wrong))
    return tuple(compared)


def _signed_by(checkpoint: Checkpoint, roster: Roster) -> tuple[str, str]:
    """The name of a checkpoint's signer, and why it proves nothing."""
    try:
        key = verify(checkpoint.readable.encode(), checkpoint.signature)
    except VerificationError as error:
        return "", f"it proves nothing: {error.message}"
    if fingerprint(key) != checkpoint.by:
        return "", "it proves nothing: it is signed by another key than the one it names"
    member = roster.known.get(checkpoint.by)
    if member is None:
        return "", "it proves nothing: its signer is nobody whom the team knows"
    if checkpoint.at < member.since or (member.until and checkpoint.at > member.until):
        return member.person.name, "it proves nothing: its signer was not in the team when it was made"
    return member.person.name, ""
