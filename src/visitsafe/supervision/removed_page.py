"""What stays of a plan whose content was removed: as lines, as a page, and as JSON (docs/json.md). Pure.

The ids, kinds, times and signers of its entries, when and why it was removed, and by whom. Lines and JSON are
not escaped: who prints them does that; the page is.
"""

from collections.abc import Mapping
from typing import Any

from visitsafe.record.bodies import Gone
from visitsafe.record.kinds import Kind, kind_words
from visitsafe.state.phrases import exactly
from visitsafe.state.removal import REMOVED, Removed
from visitsafe.team.people import Member
from visitsafe.text.clean import markdown_line

People = Mapping[str, Member]
"""Everybody who ever was in the team, by fingerprint."""


def removed_line(removed: Removed) -> str:
    """The plan in one line, for lists."""
    return f"{removed.ref}  {removed.words}{_since(removed)}"


def removed_lines(removed: Removed, people: People) -> list[str]:
    """The plan for a terminal."""
    return [
        f"Visit plan {removed.ref}: {removed.words}",
        *(f"Does not hold: {problem}" for problem in removed.problems),
        *([f"Open{_since(removed)}"] if removed.left else []),
        "",
        f"What stays of it, {_entries(len(removed.gone))} without their content:",
        *(f"  {_gone(one, people)}" for one in removed.gone),
        "Signed:",
        *(
            f"  {exactly(one.entry.content.at)} {kind_words(one.entry.content.kind)}, by {one.name}"
            + (f"; does not count: {one.why_not}" if one.why_not else "")
            for one in removed.judged
        ),
        f"To check it: visitsafe verify {removed.ref}",
    ]


def removed_markdown(removed: Removed, people: People) -> str:
    """The plan as a markdown page."""
    first, *rest = [markdown_line(line.strip()) for line in removed_lines(removed, people) if line]
    return "\n".join((f"# {first}", "", *(f"- {line}" for line in rest), ""))


def removed_shape(removed: Removed, people: People) -> dict[str, Any]:
    """The plan as `show --json` prints it."""
    return {
        **_common(removed),
        "entries": [_shape(one, people) for one in removed.gone],
        "left": list(removed.left),
        "pending": list(removed.pending),
        "problems": list(removed.problems),
    }


def removed_list_shape(removed: Removed, people: People) -> dict[str, Any]:
    """The plan as `list --json` prints it, in the shape of the others."""
    planner = next((gone.by for gone in removed.gone if gone.kind == Kind.PLANNED), "")
    member = people.get(planner)
    return {
        **_common(removed),
        **dict.fromkeys(("stage", "case", "area", "level")),
        "closed": None if removed.left else removed.by[0].entry.id,
        "overdue": False,
        "minutes_late": 0,
        "urgent": False,
        "author": {"name": member.person.name if member else None, "fingerprint": planner or None},
        "entries": len(removed.gone) + len(removed.judged),
        "newest": removed.judged[-1].entry.id,
    }


def _common(removed: Removed) -> dict[str, Any]:
    body = removed.body
    return {
        "ref": removed.ref,
        "plan": removed.plan,
        "status": REMOVED,
        "status_words": removed.words,
        "open": bool(removed.left),
        "removed": {
            "at": removed.at,
            "by": {"name": removed.by[0].name, "fingerprint": removed.by[0].entry.content.by},
            "rule": body.rule,
            "days": body.days or None,
            "since": body.since or None,
            "reason": body.reason,
            "entry": removed.by[0].entry.id,
        },
        "start": body.start or None,
        "due_back": body.due_back or None,
    }


def _gone(one: Gone, people: People) -> str:
    return f"{exactly(one.at)} {kind_words(one.kind)}, by {_name(one, people)}; entry {one.id[:12]}"


def _shape(one: Gone, people: People) -> dict[str, Any]:
    member = people.get(one.by)
    name = member.person.name if member else None
    by = {"name": name, "fingerprint": one.by}
    return {"id": one.id, "kind": one.kind, "at": one.at, "by": by, "signature": None}


def _name(one: Gone, people: People) -> str:
    return people[one.by].person.name if one.by in people else one.by


def _since(removed: Removed) -> str:
    if not removed.left:
        return ""
    return f": {_entries(len(removed.left))} came in since, and nobody can say what that means"


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"
