"""Tracing details for somebody who is about to telephone: numbers first, then where, then whom to look for.

Shows opened details and nothing else; that they may be shown was decided, and recorded, before.
"""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from visitsafe.cli.lines import STOP, STRONG, WARN, fact, heading, put
from visitsafe.state.phrases import who_goes
from visitsafe.team.details import Details, is_old
from visitsafe.text.clock import age, date_only, span

if TYPE_CHECKING:
    from rich.console import Console

    from visitsafe.state.fold import PlanState
    from visitsafe.state.sealed import SealedDetails

INDENT = 2


def show_details(
    console: "Console",
    state: "PlanState",
    sealed: "SealedDetails",
    details: Details,
    by: str,
    now: datetime,
    zone: tzinfo,
) -> None:
    """Write somebody's tracing details.

    Args:
        console: Where to.
        state: The plan.
        sealed: How they were sealed.
        details: What they say.
        by: Who sealed this copy again; empty if it is the worker's own.
        now: For how old they are.
        zone: Whose local time is shown.
    """
    put(console, (f"Tracing details of {sealed.author.person.name} ({state.ref})", STRONG))
    if is_old(sealed.valid_until, now):
        put(
            console,
            (f"Looked over {age(sealed.given, now)}: past its date", WARN),
            "; numbers may have changed.",
        )
    else:
        put(console, f"Looked over {age(sealed.given, now)} ({date_only(sealed.given, zone)}).")
    if sealed.earlier:
        put(console, ("Of an earlier version of the plan", WARN), "; the one in force has none.")
    if by:
        whose = sealed.author.person.name
        put(console, (f"Sealed again by {by}: that this is what {whose} gave is {by}'s word alone.", WARN))
        own = [
            member.person.name
            for member in sealed.at_hand
            if member.fingerprint in sealed.copies[0].sealed.to
        ]
        put(console, f"{whose}'s own copy can be opened by: {', '.join(own) or 'nobody now'}")
    known = details.values
    _telephone(console, known)
    _where(console, state, known, zone)
    _whom(console, known)
    console.print()
    put(console, ("If you fear that somebody is in danger, ring 999 now.", STOP))


def _telephone(console: "Console", known: Mapping[str, str]) -> None:
    heading(console, "To telephone")
    network = f" ({known['mobile-network']})" if "mobile-network" in known else ""
    fact(console, "Mobile", (known.get("mobile", "not given"), STRONG), network, indent=INDENT)
    fact(console, "Home", (known.get("home-phone", "not given"), STRONG), indent=INDENT)
    kin = known.get("next-of-kin", "not given")
    fact(console, "Next of kin", kin, indent=INDENT)
    fact(console, "Their number", (known.get("next-of-kin-phone", "not given"), STRONG), indent=INDENT)


def _where(console: "Console", state: "PlanState", known: Mapping[str, str], zone: tzinfo) -> None:
    visit = state.body.visit
    heading(console, "Where to look")
    fact(
        console,
        "The visit",
        f"{span(visit.start, visit.due_back, zone)}, {who_goes(state.going)}",
        indent=INDENT,
    )
    fact(console, "Case", visit.case, indent=INDENT)
    place = ", ".join(part for part in (visit.address, visit.area) if part.strip())
    fact(console, "Place of the visit", place or "not given", indent=INDENT)
    fact(console, "Home address", known.get("home-address", "not given"), indent=INDENT)
    car = " ".join(known[name] for name in ("car-colour", "car-make") if name in known)
    fact(console, "Car", car or "not given", indent=INDENT)
    fact(console, "Registration", (known.get("car-registration", "not given"), STRONG), indent=INDENT)


def _whom(console: "Console", known: Mapping[str, str]) -> None:
    if not known.keys() & {"recognise", "emergency"}:
        return
    heading(console, "Whom to look for")
    fact(console, "How to recognise them", known.get("recognise", ""), indent=INDENT)
    fact(console, "Worth knowing", known.get("emergency", ""), indent=INDENT)
