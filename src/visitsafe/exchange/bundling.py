"""Records as files that OpenSSH alone can check: entries, signatures, allowed signers, a README.

A bundle always holds the team's whole record, so that it can be checked by itself; and one plan, every plan,
or none. What somebody reads from such a file is `importing`'s and `verifying`'s affair.
"""

from collections.abc import Mapping, Sequence

import msgspec

from visitsafe.desk import Desk, folded
from visitsafe.errors import NotPermittedError, VerificationError
from visitsafe.exchange.bundles import (
    MOST_MEMBER_BYTES,
    MOST_MEMBERS,
    MOST_TOTAL_BYTES,
    README,
    SIGNATURE,
    SIGNERS,
    member_name,
)
from visitsafe.membership.signers import allowed_signers, openssh_time, principal
from visitsafe.record.order import Order
from visitsafe.record.refs import reference
from visitsafe.record.terms import NAMESPACE
from visitsafe.record.verified import Verified
from visitsafe.state.removal import RemovedError
from visitsafe.team.roster import Roster
from visitsafe.team_record import check_entries

EVERY = f"grep '^ssh-keygen' {README} | sh -e"
ON_WINDOWS = 'cmd /c "{}"'
EVERY_ON_WINDOWS = ON_WINDOWS.format(f"findstr /b /r cmd./c..ssh {README} > every.cmd && every.cmd")
"""The pattern is the beginning of a line for one entry, spelt without spaces and quotes, and not its own."""
READ_ME = """\
This is {what}, exported by visitsafe.

entries/        one file for each signed entry, byte for byte as it was signed, the team's first
entries/*.sig   the OpenSSH signature of the entry beside it
allowed_signers who may sign: the keys of the team's members, each with the time in which it was good

With visitsafe:

visitsafe verify THIS-FILE.zip --team-id {team}
visitsafe import THIS-FILE.zip

Without it you need nothing but OpenSSH 9.1 or newer, which comes with today's Linux, macOS and Windows.
ssh -V says which you have; a newer one for Windows: https://github.com/PowerShell/Win32-OpenSSH/releases
Unpack the file and open a terminal in the folder. The lines below print "Good" for an entry that holds.
Nobody signed this README: see that they do what they say before you run them. Each is one ssh-keygen
-Y verify of one file in entries/ and the signature beside it, and nothing else.
{short}
All entries, on Linux and macOS:

{every}

All entries, on Windows (cmd or PowerShell):

{every_windows}

Each entry, on Linux and macOS:

{commands}

Each entry, on Windows:

{windows}

The lines for Windows could not be tried by those who wrote them. Do not pipe a file into ssh-keygen with
PowerShell: it adds a line ending, and a good signature is called incorrect.

After -I stands the address of who signed. In it, whatever is no letter, digit or one of @ . _ - is written
as + and the hex digits of its UTF-8 bytes, as in allowed_signers: o'brien@x.example is o+27brien@x.example.

"Good" means: this person's key signed exactly these bytes. It does not mean that what they say is true, and
the time in an entry is what the signer's own clock said. Before you rely on allowed_signers, which nobody
signed either, compare the fingerprints (ssh-keygen -lf allowed_signers) with ones that you got from the
people themselves.
The id of an entry is the SHA-256 of its file (sha256sum); the entries that its author had seen are named by
their ids in "after". The team's id is {team}.

This record holds everything that was signed, personal details too. Keep it as you keep the case file.
"""


SHORT = """
There are {all} entries, too many for this file: the lines below, and those for all, are of the first {shown}.
Check the others with visitsafe, or in exports of single plans; their lines differ only in the names of files.
"""
_LINES = MOST_MEMBER_BYTES - (64 << 10)
"""How many bytes of a README are for lines: nobody takes in a file of a bundle that is larger."""


class Bundled(msgspec.Struct, frozen=True):
    """The files of a bundle by name, and a sentence for each thing that had to be left out."""

    files: Mapping[str, bytes]
    left_out: tuple[str, ...]


def bundle(desk: Desk, plans: Sequence[str]) -> Bundled:
    """The files of a bundle with the team's record and that of these plans.

    Args:
        desk: Where the record is.
        plans: The ids of the plans; none for the team alone.

    Raises:
        NotPermittedError: It would be larger than what anybody takes in.
        VerificationError: The only plan asked for has no version that holds.
    """
    left_out: list[str] = []
    entries = _of_members(desk.roster, desk.roster.order.entries, left_out)
    for plan in plans:
        try:
            entries += _entries_of(desk, plan, left_out)
        except VerificationError as error:
            if len(plans) == 1:
                raise
            left_out.append(error.message)
        _check_size(entries)
    return Bundled(_files(desk.roster, entries, _what(plans)), tuple(left_out))


def _entries_of(desk: Desk, plan: str, left_out: list[str]) -> Sequence[Verified]:
    rows = desk.store.history(plan)
    good, damaged = check_entries(row for row in rows if not row.blank)
    try:
        folded(plan, rows, desk.roster)  # whoever reads it must find a version that holds
    except RemovedError as error:
        left_out.append(f"the content of {error.removed.ref}, {error.removed.words}")
    left_out += damaged
    return _of_members(desk.roster, Order(good).entries, left_out)


def _of_members(roster: Roster, entries: Sequence[Verified], left_out: list[str]) -> list[Verified]:
    """Without what strangers put into the store: nobody takes in a bundle with an entry of theirs."""
    strange = [entry for entry in entries if entry.content.by not in roster.known]
    left_out += [
        f"the entry {entry.id[:12]} is signed by somebody who was never in the team" for entry in strange
    ]
    return [entry for entry in entries if entry.content.by in roster.known]


def _check_size(entries: Sequence[Verified]) -> None:
    size = sum(len(entry.entry.payload) for entry in entries)
    if 2 * len(entries) + 2 > MOST_MEMBERS or size > MOST_TOTAL_BYTES // 2:
        raise NotPermittedError(
            f"a bundle with more than {len(entries) - 1} entries is more than anybody takes in",
            hint="export the plans one by one: visitsafe export REF --format bundle",
        )


def _what(plans: Sequence[str]) -> str:
    if len(plans) == 1:
        return f"the record of the visit plan {reference(plans[0])}, and of the team that made it"
    return f"the record of a team, and of {len(plans)} visit plans" if plans else "the record of a team"


def _files(roster: Roster, entries: Sequence[Verified], what: str) -> dict[str, bytes]:
    files: dict[str, bytes] = {SIGNERS: allowed_signers(roster).encode()}
    commands, windows, room = list[str](), list[str](), _LINES
    for number, entry in enumerate(entries, 1):
        name = member_name(number, entry)
        files[name] = entry.entry.payload
        files[name + SIGNATURE] = entry.entry.signature.encode()
        command = _command(roster, entry, name)
        on_windows = ON_WINDOWS.format(command.replace("/", "\\"))
        room -= len(command) + len(on_windows) + 2
        if room >= 0:
            commands.append(command)
            windows.append(on_windows)
    is_short = len(commands) < len(entries)
    read_me = READ_ME.format(
        what=what,
        short=SHORT.format(all=len(entries), shown=len(commands)) if is_short else "",
        every=EVERY,
        every_windows=EVERY_ON_WINDOWS,
        commands="\n".join(commands),
        windows="\n".join(windows),
        team=roster.team_id,
    )
    files[README] = read_me.encode()
    return files


def _command(roster: Roster, entry: Verified, name: str) -> str:
    """Checks one entry, in sh and in cmd alike but for the slashes: no character that either would obey."""
    who, at = principal(roster.known[entry.content.by].person.email), openssh_time(entry.content.at)
    return (
        f"ssh-keygen -Y verify -f {SIGNERS} -I {who} -n {NAMESPACE} -Overify-time={at}"
        f" -s {name}{SIGNATURE} < {name}"
    )
