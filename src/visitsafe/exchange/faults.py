"""What can be wrong with a record, what it means and what to do: the words of a careful colleague."""

import re

import msgspec

_ID = re.compile(r"\b[0-9a-f]{12,64}\b")
_KEEP = "keep a copy of the store's file as it is, change nothing, and put a backup in its place"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Something that does not hold.

    Attributes:
        text: What, as a sentence.
        ref: The plan's reference; empty if it is not about one plan.
        entry: The entry's id, or its beginning; empty if it is not about one entry.
        means: What follows from it.
        do: What to do now.
    """

    text: str
    ref: str = ""
    entry: str = ""
    means: str
    do: str


def in_store(text: str, entry: str = "") -> Fault:
    """The store's file, its order or its running hash."""
    return Fault(
        text=text,
        entry=entry,
        means="somebody changed the store's file past visitsafe, or the disk damaged it",
        do=_KEEP,
    )


def in_list(text: str, ref: str) -> Fault:
    """The store's quick list of plans."""
    return Fault(
        text=text,
        ref=ref,
        means="lists may show this plan wrongly; the signed entries themselves are not touched by it",
        do=f"rely on: visitsafe show {ref}; the list is made anew by: visitsafe store rebuild",
    )


def damaged(text: str, ref: str = "") -> Fault:
    """An entry whose bytes, id or signature do not hold."""
    return Fault(
        text=text,
        ref=ref,
        entry=_id_in(text),
        means="what is written there is not what anybody signed, so it counts for nothing",
        do="ask whoever signed it for their copy: visitsafe export",
    )


def missing(text: str, ref: str = "") -> Fault:
    """An entry that others follow and that is not there."""
    return Fault(
        text=text,
        ref=ref,
        entry=_id_in(text),
        means="somebody had seen it when they signed: it was taken out, or has not reached this copy",
        do="ask those who signed the later entries for their copy, and take it in: visitsafe import FILE",
    )


def without_effect(text: str, ref: str, entry: str) -> Fault:
    """An entry that is properly signed and does not count."""
    return Fault(
        text=text,
        ref=ref,
        entry=entry,
        means="the signature is good, but its signer could not do this; it changes nothing",
        do="ask its signer what they meant; somebody who may do it has to sign it anew",
    )


def no_version(text: str, ref: str) -> Fault:
    """A plan without any version that holds."""
    return Fault(
        text=text,
        ref=ref,
        means="there is nothing here that anybody may rely on for this visit",
        do="ask its author for their copy, or for a new plan",
    )


def in_team(text: str, entry: str = "") -> Fault:
    """The team's own record."""
    return Fault(
        text=text,
        entry=entry or _id_in(text),
        means="who was in the team, and with which role, may be shown wrongly",
        do="compare with another member's copy: visitsafe export --team, and visitsafe import there",
    )


def junk(text: str) -> Fault:
    """Something among the team's entries that nobody ever signed."""
    return Fault(
        text=text,
        entry=_id_in(text),
        means="somebody who can write to the store put it there past visitsafe; it counts for nothing",
        do="find out who has the store's password or file, and change it; tell whoever looks after visitsafe",
    )


def untimely(text: str, ref: str) -> Fault:
    """A removal that claims a time which had not come."""
    return Fault(
        text=text,
        ref=ref,
        means="content was removed by a clock that was wrong or was set, perhaps long before its time",
        do="ask who removed it; what is gone may still be in a backup made before, or in a colleague's copy",
    )


def in_checkpoint(text: str) -> Fault:
    """A checkpoint that the store does not agree with."""
    return Fault(
        text=text,
        means="this store is not, or not only, the one that the checkpoint vouches for",
        do="keep the checkpoint and a copy of the store's file, and look for a backup or a colleague's copy",
    )


def _id_in(text: str) -> str:
    found = _ID.search(text)
    return found[0] if found else ""
