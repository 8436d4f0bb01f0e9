"""How `team list` shows the team: lines for people, a shape for programs. Nothing secret is in either."""

from datetime import tzinfo
from typing import TYPE_CHECKING

from visitsafe.record.bodies import KEEP_DAYS_INCIDENT
from visitsafe.record.terms import ROLE_WORDS
from visitsafe.state.rules_after import agreed_days
from visitsafe.text.clean import one_line
from visitsafe.text.clock import from_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from visitsafe.record.bodies import AgreedBody
    from visitsafe.team.people import Member
    from visitsafe.team.roster import Roster


def team_lines(roster: "Roster", zone: tzinfo, *, everyone: bool) -> list[str]:
    """The team as lines for a terminal: members, those who have gone if `everyone`, what was agreed on."""
    lines = [f"{one_line(roster.name)}  (team {roster.team_id[:12]})"]
    lines += [_member_line(member, zone) for member in _sorted(roster.members.values())]
    gone = [member for member in _sorted(roster.known.values()) if member.until]
    if everyone and gone:
        lines.append("Keys that count no more:")
        lines += [_gone_line(member, zone) for member in gone]
    elif gone:
        lines.append(f"{_number(len(gone), 'key')} no more in the team: visitsafe team list --all")
    lines += [f"{label}: {one_line(text)}" for label, text in _agreed(roster) if text]
    return lines + [f"Note: {one_line(sentence)}" for sentence in (*roster.problems, *roster.notes)]


def team_shape(roster: "Roster", *, everyone: bool = False) -> dict[str, object]:
    """The team as JSON shows it; those who have gone too if `everyone`."""
    agreed = roster.settings
    shape: dict[str, object] = {
        "id": roster.team_id,
        "name": roster.name,
        "timezone": roster.place.timezone if roster.place else None,
        "place": roster.place.name if roster.place else None,
        "desk_phone": agreed.desk_phone or None,
        "country": agreed.country or None,
        "keep_days": agreed.keep_days,
        "keep_days_incident": agreed.keep_days_incident and agreed_days(agreed, KEEP_DAYS_INCIDENT),
        "duress_phrase": agreed.duress is not None,
        "members": [_shape(member) for member in _sorted(roster.members.values())],
        "problems": roster.problems,
        "notes": roster.notes,
    }
    if everyone:
        gone = (member for member in _sorted(roster.known.values()) if member.until)
        shape["gone"] = [{**_shape(one), "until": one.until, "why": one.why_ended} for one in gone]
    return shape


def day(at: str, zone: tzinfo) -> str:
    """The day of an entry's time where the team works: `23 November 2026`."""
    local = from_text(at).astimezone(zone)
    return f"{local.day} {local:%B %Y}"


def _shape(member: "Member") -> dict[str, object]:
    return {
        "name": member.person.name,
        "email": member.person.email,
        "fingerprint": member.fingerprint,
        "roles": sorted(member.roles),
        "since": member.since,
    }


def _sorted(members: "Iterable[Member]") -> "list[Member]":
    return sorted(members, key=lambda one: (one.person.name, one.since, one.fingerprint))


def _member_line(member: "Member", zone: tzinfo) -> str:
    roles = ", ".join(ROLE_WORDS[role] for role in sorted(member.roles)) or "no role"
    return f"  {_called(member)}: {roles}, since {day(member.since, zone)}"


def _gone_line(member: "Member", zone: tzinfo) -> str:
    return (
        f"  {_called(member)}: {day(member.since, zone)} to {day(member.until, zone)},"
        f" {one_line(member.why_ended)}  ({member.fingerprint})"
    )


def _called(member: "Member") -> str:
    return f"{one_line(member.person.name)} <{one_line(member.person.email)}>"


def _agreed(roster: "Roster") -> list[tuple[str, str]]:
    agreed = roster.settings
    place = f"{agreed.place.name} ({agreed.place.timezone})" if agreed.place else ""
    return [
        ("Place", place),
        ("Duty desk's telephone", agreed.desk_phone or ""),
        ("Country of telephone numbers", agreed.country or ""),
        ("Duress phrase", "agreed" if agreed.duress else ""),
        ("Records are kept for", _days(agreed.keep_days)),
        ("Records of cases with an incident are kept for", _with_incident(agreed)),
    ]


def _with_incident(agreed: "AgreedBody") -> str:
    """The time that counts; a shorter one than the ordinary never does."""
    said, counts = agreed.keep_days_incident, agreed_days(agreed, KEEP_DAYS_INCIDENT)
    if said is None or said == counts:
        return _days(said)
    return f"{_days(counts)}, as all others: the {_days(said)} agreed for them are fewer, and do not count"


def _days(days: int | None) -> str:
    return _number(days, "day") if days else ""


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
