"""Making a checkpoint of a store, and checking the store against checkpoints that were kept elsewhere (D9).

A checkpoint is signed like an entry but is none: it is never stored, or it would be lost with the store.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from visitsafe.desk import Desk
from visitsafe.errors import NotFoundError, VerificationError
from visitsafe.exchange.checkpoint_text import Checkpoint, Walked, found_in, kept
from visitsafe.record.entries import to_text
from visitsafe.record.running_hash import GENESIS, check_chain
from visitsafe.record.sshsig import fingerprint, verify
from visitsafe.record.stored import Store, Stored
from visitsafe.team.roster import Roster


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


class Walk(NamedTuple):
    """A walk over a whole store: each entry's running hash, and what does not hold.

    Attributes:
        problems: Position, entry id and a sentence each.
    """

    walked: Walked
    problems: tuple[tuple[int, str, str], ...]


def walk(store: Store, rows: Iterator[Stored], checkpoints: Sequence[Checkpoint] = ()) -> Walk:
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
    return Walk(Walked(store.store_id, end, chains, first_bad), problems)


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
