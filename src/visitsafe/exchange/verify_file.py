"""Verifying a bundle's file: with no store, no settings and no trust in whoever sent it.

The team is compared with its id or with its founder's key; with neither, everything else is checked, and that
is said. Every fault is named, not only the first.
"""

import re
from collections.abc import Sequence

from visitsafe.errors import KeyFileError, UsageError, VerificationError
from visitsafe.exchange import faults
from visitsafe.exchange.bundles import Bundle, Packed, fits_its_name
from visitsafe.exchange.findings import Report, Tally
from visitsafe.record.refs import reference
from visitsafe.record.sshsig import fingerprint
from visitsafe.record.terms import TEAM_STREAM, Kind
from visitsafe.record.verified import Verified
from visitsafe.record.verifying import verify_entry
from visitsafe.state.fold import fold
from visitsafe.state.removal import RemovedError
from visitsafe.team.roster import Roster

_KEY = re.compile(rb"(?:ssh-ed25519|sk-ssh-ed25519@openssh\.com) [A-Za-z0-9+/=]{1,1000}")


def verify_file(bundle: Bundle, team_id: str = "", team_key: str = "") -> Report:
    """Check everything in a bundle.

    Args:
        bundle: As it was read.
        team_id: The id of the team that it must be of, or "".
        team_key: The public key line of that team's founder, or "".

    Raises:
        UsageError: The founder's key is no public key.
    """
    founder = _fingerprint(team_key) if team_key else ""
    good, broken = _checked(bundle.entries)
    team = [entry for entry in good if entry.content.plan == TEAM_STREAM]
    roster: Roster | None = None
    try:
        roster = _roster(team, team_id, founder)
    except VerificationError as error:
        broken.append(faults.in_team(error.message))
    tally = Tally(roster, pinned=bool(team_id or founder))
    tally.faults[:0] = broken
    tally.entries = len(bundle.entries)
    if roster is not None:
        _plans(tally, roster, [entry for entry in good if entry.content.plan != TEAM_STREAM])
        _signers(tally, roster, bundle.signers)
    tally.seen.update(entry.content.by for entry in good)
    return tally.report("file")


def _fingerprint(public_line: str) -> str:
    try:
        return fingerprint(public_line)
    except KeyFileError as error:
        raise UsageError(f"--team-key: {error.message}", error.hint) from error


def _checked(entries: Sequence[Packed]) -> tuple[list[Verified], list[faults.Fault]]:
    """Each entry by itself: those that hold, and a fault for each that does not."""
    good: dict[str, Verified] = {}
    broken: list[faults.Fault] = []
    for packed in entries:
        try:
            verified = verify_entry(packed.entry)
        except VerificationError as error:
            broken.append(faults.damaged(f"{error.message} ({packed.name})"))
            continue
        if not fits_its_name(packed):
            text = f"entry {verified.id[:12]} is not the one that the name of its file says ({packed.name})"
            broken.append(faults.damaged(text))
        good.setdefault(verified.id, verified)
    if not entries:
        broken.append(faults.damaged("the file holds no entries"))
    return list(good.values()), broken


def _roster(team: Sequence[Verified], team_id: str, founder: str) -> Roster:
    """The team that this is, chosen by its id or its founder's key; without either the only one there is."""
    founding = [entry for entry in team if entry.content.kind == Kind.FOUNDED]
    wanted = [
        entry.id
        for entry in founding
        if (not team_id or entry.id == team_id) and (not founder or entry.content.by == founder)
    ]
    if not wanted and founding and (team_id or founder):
        raise VerificationError(
            f"this file is of another team than the one you named: of {founding[0].id[:12]}, "
            f"founded by the key {founding[0].content.by}"
        )
    if not wanted:
        raise VerificationError("the file does not hold the beginning of any team's record")
    if len(founding) > 1:
        raise VerificationError("the file mixes the records of several teams")
    return Roster(team, wanted[0])


def _plans(tally: Tally, roster: Roster, entries: Sequence[Verified]) -> None:
    streams: dict[str, list[Verified]] = {}
    for entry in entries:
        streams.setdefault(entry.content.plan, []).append(entry)
    for plan, group in streams.items():
        try:
            tally.plan(fold(plan, group, roster), times=len(streams) == 1)
        except RemovedError as error:
            tally.removal(error.removed)
        except VerificationError as error:
            tally.faults.append(faults.no_version(error.message, reference(plan)))


def _signers(tally: Tally, roster: Roster, signers: bytes) -> None:
    """Who checks with OpenSSH relies on `allowed_signers`: it must name no key that the team never had."""
    for found in dict.fromkeys(_KEY.findall(signers)):
        try:
            key = fingerprint(found.decode())
        except KeyFileError:
            key = ""
        if key not in roster.known:
            named = key or "one that is no key"
            tally.faults.append(
                faults.in_team(f"allowed_signers names a key that the team never had: {named}")
            )
