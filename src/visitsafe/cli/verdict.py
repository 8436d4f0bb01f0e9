"""A verification's report in words, short when all is well, and as JSON (docs/json.md)."""

from typing import TYPE_CHECKING, Any

from visitsafe.text.clean import one_line
from visitsafe.text.counts import things

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from visitsafe.exchange.findings import Fault, SignedBy, Timed, VerifyReport

MOST_SHOWN = 50
PROVES = (
    "That proves who said what, that it is unaltered, and who had seen what when they signed. It does not "
    "prove that what they said is true. Times are claims, bounded only by what others signed later."
)
END = (
    "It cannot show that nothing was cut off the end, or that the whole store was not made anew: for that, "
    "lodge a checkpoint elsewhere (visitsafe store checkpoint) and compare with it "
    "(visitsafe verify --against FILE)."
)
NOT_PINNED = (
    "The team itself was not compared with anything: anybody can found a team under any name. Compare its "
    "id and its founder's key with what the people themselves tell you, or name it: --team-id ID, "
    "--team-key KEY."
)
README = "The README.txt in the file is not signed: what it says, anybody may have written."


def in_words(report: "VerifyReport") -> str:
    """The whole report for a person."""
    lines = [_headline(report), *_faults("DOES NOT HOLD", report.faults)]
    lines += _faults("DOES NOT COUNT", report.uncounted)
    lines += ["", _checked(report)]
    if report.removed:
        lines.append(_removed(report))
    lines += ["Signed by:", *(f"  {_signer(signer)}" for signer in report.signers)]
    lines += [_checkpoint(one) for one in report.checkpoints if not one.wrong]
    lines += [f"  {_timed(timed)}" for timed in report.times]
    lines += [f"Doubtful: {one_line(doubt)}" for doubt in report.doubts[:MOST_SHOWN]]
    lines += [f"Note: {one_line(note)}" for note in report.notes[:MOST_SHOWN]]
    if report.team and not report.pinned:
        lines += ["", NOT_PINNED]
    if not report.faults:
        lines += ["", PROVES]
        if report.subject != "file" and not report.checkpoints:
            lines.append(END)
    return "\n".join(lines)


def shape(report: "VerifyReport") -> dict[str, Any]:
    """What `verify --json` prints."""
    import msgspec

    fields: dict[str, Any] = msgspec.to_builtins(report)
    fields["problems"] = fields.pop("faults")
    return {"holds": not report.faults, **fields}


def _headline(report: "VerifyReport") -> str:
    count = len(report.faults)
    if count:
        return things(count, "thing does not hold:", "things do not hold:")
    if report.uncounted:
        wrong = things(len(report.uncounted), "entry does not count", "entries do not count")
        return f"Everything holds; {wrong}:"
    if report.doubts:
        return "Everything holds, and something should be asked about: see Doubtful."
    return "Everything holds."


def _faults(what: str, faults: "Sequence[Fault]") -> "Iterator[str]":
    for fault in faults[:MOST_SHOWN]:
        yield f"  {what}: {one_line(fault.text)}"
        yield f"    what it means: {fault.means}"
        yield f"    what to do: {fault.do}"
    if len(faults) > MOST_SHOWN:
        yield f"... and {len(faults) - MOST_SHOWN} more; all of them with --json."


def _checked(report: "VerifyReport") -> str:
    team = f'the team "{one_line(report.team)[:60]}" ({report.team_id[:12]})' if report.team else "no team"
    entries = things(report.entries, "entry", "entries")
    text = f"Checked {entries}: {things(report.plans, 'plan')}, {team}"
    if report.subject == "file":
        return f"{text}. Nothing else was relied on.\n{README}"
    return (
        f"{text}, and the store's file.\nThe store {report.store[:12]} ends at position {report.position}; "
        f"its running hash there is {report.chain[:16]}."
    )


def _removed(report: "VerifyReport") -> str:
    entries = things(report.removed, "entry", "entries")
    text = f"The content of {entries} was removed by rule, and somebody who may signed for it: see the notes."
    if report.subject == "file":
        return text
    return f"{text} Ids, times, kinds, signers and order stay, and the running hash covers them."


def _signer(signer: "SignedBy") -> str:
    since = f", in the team since {_when(signer.since)}" if signer.since else ""
    until = f", until {_when(signer.until)}" if signer.until else ""
    return f"{one_line(signer.name)[:60]}  {one_line(signer.fingerprint)}{since}{until}"


def _checkpoint(one: Any) -> str:
    return (
        f"The checkpoint that {one_line(one.name)[:60]} made at {_when(one.at)}, at position {one.position}, "
        "agrees: everything up to there is still there, unaltered."
    )


def _timed(timed: "Timed") -> str:
    """What is known about when an entry was made."""
    made = f"{timed.ref} {timed.kind} by {one_line(timed.name)[:60]}: claims {_when(timed.at)}"
    if not timed.latest:
        return f"{made}; nobody else has signed after it"
    latest_by = one_line(timed.latest_by)[:60]
    return f"{made}; existed at the latest when {latest_by} signed at {_when(timed.latest)} (claim)"


def _when(text: str) -> str:
    """`23 Nov 2026 10:00 UTC`: proofs are read far away from the clocks that they were made by."""
    from visitsafe.errors import VerificationError
    from visitsafe.text.clock import from_text

    try:
        at = from_text(text)
    except VerificationError:
        return one_line(text)
    return f"{at.day} {at:%b %Y %H:%M} UTC"
