"""What would be removed, what was and what stays: as lines, and as JSON (docs/json.md)."""

from typing import TYPE_CHECKING, Any

from visitsafe.text.clean import cut

if TYPE_CHECKING:
    from visitsafe.retention.policy import Verdict
    from visitsafe.retention.purge_survey import Survey
    from visitsafe.retention.purging import Done


def case_line(one: "Verdict") -> str:
    """A case in one line: what of it, and why it goes or stays. Not escaped."""
    refs = ", ".join(facts.ref for facts in one.plans[:5]) + (", ..." if len(one.plans) > 5 else "")  # noqa: PLR2004 - a line's worth
    size = f"{number(len(one.plans), 'plan')} ({refs}), {number(one.entries, 'entry', 'entries')}"
    sealed = ", with sealed tracing details" if one.sealed else ""
    why = one.why_not or _rule(one)
    return f"case {cut(one.case, 60)}: {size}{sealed}; last {one.since[:10]}; {why}"


def _rule(one: "Verdict") -> str:
    from visitsafe.record.bodies import ERASURE
    from visitsafe.retention.purge_survey import SIGNED

    if one.rule == ERASURE:
        return "erased on request"
    if one.rule == SIGNED:
        return "its removal is signed, and is carried out here"
    return f"its {number(one.days, 'day')} were over on {one.until[:10]}"


def shape(found: "Survey", done: "Done | None") -> dict[str, Any]:
    """As `--json` prints it; `done` is what was removed, if anything was to be."""
    return {
        "going": [_case(one) for one in found.going],
        "staying": [_case(one) for one in found.staying],
        "unfinished": [
            {
                "ref": one.removed.ref,
                "plan": one.removed.plan,
                "goes": one.goes,
                "why_not": one.why_not or None,
            }
            for one in found.unfinished
        ],
        "holds": [
            {"case": one.case, "since": one.at, "by": one.by, "reason": one.reason}
            for several in found.holds.values()
            for one in several
        ],
        "later": found.later,
        "elsewhere": list(found.elsewhere),
        "done": done
        and {
            "cases": done.cases,
            "plans": list(done.plans),
            "entries": done.entries,
            "left": [{"case": case, "why": why} for case, why in done.left],
            "still": done.still or None,
        },
    }


def _case(one: "Verdict") -> dict[str, Any]:
    return {
        "case": one.case,
        "plans": [{"ref": facts.ref, "plan": facts.plan, "entries": facts.entries} for facts in one.plans],
        "entries": one.entries,
        "sealed": one.sealed,
        "rule": one.rule,
        "days": one.days or None,
        "since": one.since,
        "until": one.until or None,
        "why_not": one.why_not or None,
    }


def number(count: int, one: str, many: str = "") -> str:
    """So many of something, in words."""
    return f"1 {one}" if count == 1 else f"{count} {many or one + 's'}"
