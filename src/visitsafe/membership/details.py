"""The worker's tracing details: sealed into a plan, opened with a reason, sealed again.

Rules: an opening is on the disk before anything is decrypted (D4). Who opens has to be entitled now, and to
have a copy; whoever lacks one is told who can help. A damaged record does not stop somebody who looks for a
missing colleague. One unlocking of a key serves everything that a command does with it.
"""

import base64
import functools
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from visitsafe.desk import Desk
from visitsafe.errors import (
    NotFoundError,
    NotPermittedError,
    ProblemsError,
    SettingsError,
    UsageError,
    VerificationError,
)
from visitsafe.record.bodies import OpenedBody, ResealedBody, Sealed
from visitsafe.record.kinds import Kind
from visitsafe.record.meanings import Meaning
from visitsafe.record.seal import Identity, can_seal_to, seal, unseal
from visitsafe.record.ssh import Signer
from visitsafe.settings import make_private_folder
from visitsafe.state.fold import PlanState
from visitsafe.state.sealed import SealedDetails, entitled, names, recipient
from visitsafe.team.details import LABELS, Details, cleaned, from_bytes, to_bytes, valid_until
from visitsafe.team.people import Member
from visitsafe.text.files import replace_file

if TYPE_CHECKING:
    from visitsafe.checklists.questionnaire import Questionnaire


NAME = "details.age"
HOW = "one line for each: mobile: '07700 900123'; put texts in quotes"
MOST_BYTES = 1 << 18
_POSITION = re.compile(r"^(.*?:\d+:\d+):", re.DOTALL)


def read_sealed(home: Path) -> bytes | None:
    """The encrypted details; None if there are none.

    Raises:
        SettingsError: The file is there and cannot be read.
    """
    try:
        with (home / NAME).open("rb") as file:
            return file.read(MOST_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(
            f"cannot read {home / NAME}: {error.strerror}", hint="check its permissions"
        ) from error


def write_sealed(home: Path, sealed: bytes) -> Path:
    """Put encrypted details in the place of the old ones, all or nothing.

    Raises:
        SettingsError: They cannot be written; the old ones are untouched.
    """
    try:
        make_private_folder(home)
        replace_file(home / NAME, sealed)
    except OSError as error:
        raise SettingsError(
            f"cannot write {home / NAME}: {error.strerror}", hint="check free space and permissions"
        ) from error
    return home / NAME


def remove(home: Path) -> bool:
    """Remove the details; whether there were any.

    Raises:
        SettingsError: They cannot be removed.
    """
    try:
        (home / NAME).unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise SettingsError(f"cannot remove {home / NAME}: {error.strerror}") from error
    return True


def read_clear(named: str, country: str) -> Mapping[str, str]:
    """The details that somebody wrote in YAML, cleaned; `-` is a pipe.

    Args:
        named: The file.
        country: Whose telephone numbers are meant where none is named.

    Raises:
        ProblemsError: It does not hold one text for each name, or one that cannot be; with places and not
            with what stands there.
    """
    from visitsafe.checklists.yaml import Problem, printable, read_strings, refusal

    source = sys.stdin.buffer.read() if named == "-" else Path(named)
    try:
        found, positions = read_strings(source, "the pipe")
    except ProblemsError as error:
        places = dict.fromkeys(_place(problem) for problem in error.problems)
        lines = [f"{place} cannot be read here" for place in places]
        raise ProblemsError(error.message, lines, hint=HOW) from None
    if not isinstance(found, dict):
        found, problems = {}, [Problem((1, 1), "one text is needed for each name")]
    else:
        cut = "what stands after # is not read; put all of it in quotes"
        problems = [Problem(positions.nearest(path), cut) for path in positions.remarks()]
    details: dict[str, str] = {}
    for name, value in found.items():
        if not isinstance(value, str):
            problems.append(Problem(positions.nearest((name,)), "one text is needed here"))
            continue
        try:
            details[name] = cleaned(name, value, country)
        except UsageError as error:
            place = positions.nearest((name,)) if name in LABELS else positions.key((name,))
            problems.append(Problem(place, f"{error.message}; {error.hint}"))
    if problems:
        raise refusal("the pipe" if named == "-" else printable(named), problems, HOW)
    return details


def _place(problem: str) -> str:
    found = _POSITION.match(problem)
    return f"{found[1]}:" if found else "something"


Unlock = Callable[[Signer], Sequence[Identity]]
"""The keys of a person that can decrypt, from the signer that is open already."""


class Opened(msgspec.Struct, frozen=True):
    """Details that were opened; `by` is who sealed this copy again, empty if it is the worker's own."""

    details: Details
    sealed: SealedDetails
    by: str


def unlocked_once(desk: Desk) -> Desk:
    """The same desk; its key is opened once, however much is signed and opened with it."""
    return msgspec.structs.replace(desk, signer=functools.cache(desk.signer))


def valid_days(questionnaire: "Questionnaire") -> int | None:
    """For how many days a checklist takes tracing details to be good; None if it does not say."""
    question = next((one for one in questionnaire if one.meaning == Meaning.HAS_DETAILS), None)
    return question.valid_for if question else None


def sealed_to(desk: Desk, author: Member) -> list[Member]:
    """The managers and duty officers of now, without the worker, to whom something can be sealed."""
    return [one for one in entitled(desk.roster.members.values(), author) if key_for(one)]


def key_for(member: Member) -> str:
    """What is sealed to for a member; a roster with one bad key must not keep everybody else out."""
    key = recipient(member.person)
    return key if key and can_seal_to(key) else ""


def seal_details(desk: Desk, details: Details, days: int | None) -> Sealed | None:
    """The asking worker's details, sealed to all who may have to find them; None if there is nobody else.

    Args:
        desk: Who plans, in which team.
        details: What they gave, with when they last looked it over.
        days: For how long the checklist takes them to be good.
    """
    me = desk.member()
    named = msgspec.structs.replace(details, name=me.person.name)
    return _sealed(desk, me, to_bytes(named), details.given, valid_until(details.given, days))


def _sealed(desk: Desk, author: Member, secret: bytes, given: str, valid: str) -> Sealed | None:
    to = sealed_to(desk, author)
    return seal_to(to, secret, given, valid) if to else None


def seal_to(members: Sequence[Member], secret: bytes, given: str, valid: str = "") -> Sealed:
    """Something encrypted to members who can decrypt, as it stands in an entry; times are UTC text."""
    age = seal(secret, [key_for(member) for member in members])
    return Sealed(
        age=base64.b64encode(age).decode(),
        to=tuple(sorted(member.fingerprint for member in members)),
        given=given,
        valid_until=valid,
    )


def unseal_from(sealed: Sealed, identities: Sequence[Identity]) -> bytes:
    """What an entry holds encrypted.

    Raises:
        VerificationError: It is damaged, or was sealed to other keys.
    """
    try:
        age = base64.b64decode(sealed.age, validate=True)
    except ValueError:
        raise VerificationError("what is sealed is damaged: it is not base64") from None
    return unseal(age, identities)


def check_may_open(desk: Desk, state: PlanState) -> SealedDetails:
    """Refuse, before anything is recorded, an opening that cannot succeed.

    Raises:
        NotPermittedError: This person is not entitled, or none of the copies is for their key.
        NotFoundError: There are no details in this plan.
    """
    me, sealed = desk.member(), state.sealed
    if sealed is None:
        raise NotFoundError(
            f"no tracing details are sealed in {state.ref}",
            hint=f"ask {state.author.person.name}'s line manager and the personnel office",
        )
    desk.check_role(Kind.OPENED, "opening tracing details", _who_can(state, sealed))
    if not sealed.copies_for(me):
        raise NotPermittedError(
            f"the tracing details in {state.ref} are not sealed to your key", hint=_who_can(state, sealed)
        )
    return sealed


def _who_can(state: PlanState, sealed: SealedDetails) -> str:
    openers = names(sealed.openers)
    if openers:
        return f"who can open them: {openers}; to seal them to others: visitsafe trace {state.ref} --reseal"
    return (
        f"nobody can now; {state.author.person.name} signs a new version: visitsafe plan --revise {state.ref}"
    )


def open_details(desk: Desk, state: PlanState, reason: str, unlock: Unlock) -> Opened:
    """Record that the details are opened and why, and then open them.

    Raises:
        NotPermittedError: As `check_may_open`.
        VerificationError: No copy opens. That they were asked for stays in the record.
    """
    sealed, secret, by, _ = _recorded_and_opened(desk, state, reason, unlock)
    return Opened(from_bytes(secret), sealed, by)


def _recorded_and_opened(
    desk: Desk, state: PlanState, reason: str, unlock: Unlock
) -> tuple[SealedDetails, bytes, str, PlanState]:
    sealed = check_may_open(desk, state)
    identities = unlock(desk.signer())
    after = desk.record(state, Kind.OPENED, OpenedBody(of=sealed.of, reason=reason))
    secret, by = _first_that_opens(sealed, desk.member(), identities)
    return sealed, secret, by, after


def _first_that_opens(sealed: SealedDetails, me: Member, identities: Sequence[Identity]) -> tuple[bytes, str]:
    """The copy nearest to the worker that opens, and who sealed it."""
    for copy in sealed.copies:
        if me.fingerprint in copy.sealed.to:
            try:
                return unseal_from(copy.sealed, identities), copy.by
            except VerificationError:
                continue
    others = names([one for one in sealed.openers if one.fingerprint != me.fingerprint])
    raise VerificationError(
        "the sealed tracing details do not open with your key: they are damaged, or meant for another key",
        hint=f"ring one of: {others}" if others else "ask the worker's line manager and the personnel office",
    )


def reseal(desk: Desk, state: PlanState, reason: str, unlock: Unlock) -> PlanState:
    """Open the details and seal the same again to the managers and duty officers of now.

    Raises:
        NotPermittedError: As `check_may_open`.
        VerificationError: No copy opens.
    """
    sealed, secret, _, after = _recorded_and_opened(desk, state, reason, unlock)
    again = _sealed(desk, sealed.author, secret, sealed.given, sealed.valid_until)
    if again is None:
        raise NotPermittedError("there is nobody to seal them to", hint="see: visitsafe team list")
    body = ResealedBody(of=sealed.of, sealed=again, reason=reason)
    return desk.record(after, Kind.RESEALED, body)


def to_reseal(desk: Desk) -> list[PlanState]:
    """The open plans whose details a manager or duty officer of now cannot open, the latest visit first."""
    from visitsafe.find import listed

    states = [one.state for one in listed(desk)]
    return [state for state in states if state.sealed and any(map(key_for, state.sealed.others))]
