"""What is known of a visit as it is planned, and again as it is read: the facts for its rules (D17).

The record of its case, the light at the team's place, and other visits at the same time. That something
cannot be looked at is said, and is no reason not to plan.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from visitsafe.checklists.facts import DARK, DAYLIGHT, DUSK, LIGHT, Known, Occasion
from visitsafe.errors import SettingsError, StoreError
from visitsafe.record.bodies import KnownFact, Place
from visitsafe.record.terms import Answer
from visitsafe.text.clock import to_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from astral import Observer

    from visitsafe.desk import Desk
    from visitsafe.state.fold import PlanState
    from visitsafe.team.people import Member


_HORIZON = -0.833
"""Degrees at which the sun's upper edge is on the horizon, refraction included."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Daylight:
    """What the sun does on the day of a visit.

    Attributes:
        answer: Yes only if the whole visit lies between sunrise and sunset.
        sunrise: Aware UTC; None where the sun does not rise or set that day.
        sunset: The same.
        dusk: When it is dark; None if it does not get dark.
        light: The value of the fact `visit.light`: twilight is no daylight, and not dark either.
        sentence: The reason for the answer, in local time.
    """

    answer: Answer
    sunrise: datetime | None
    sunset: datetime | None
    dusk: datetime | None
    sentence: str
    light: str


def daylight(place: Place, start: datetime, due_back: datetime) -> Daylight:
    """The answer to propose for a visit; times are aware.

    Raises:
        SettingsError: The place is not on this earth, or its time zone is not known.
    """
    from astral import Observer

    zone = _zone(place)
    observer = Observer(latitude=place.latitude, longitude=place.longitude)
    found = _sunlit(observer, start.astimezone(zone).date(), zone)
    if found is None:
        return _without_sunset(place, observer, start, due_back)
    sunrise, sunset = found
    dusk = _dusk(observer, sunset)
    dawn = _dawn(observer, sunrise)
    lit = sunrise <= start and due_back <= sunset
    dark = (dawn is not None and start < dawn) or (dusk is not None and due_back > dusk)
    answer = Answer.YES if lit else Answer.NO
    sentence = _sentence(place, zone, (start, due_back), (sunrise, sunset, dusk))
    light = DAYLIGHT if lit else DARK if dark else DUSK
    return Daylight(answer, sunrise, sunset, dusk, sentence, light)


def light_fact(place: Place, start: datetime, due_back: datetime) -> KnownFact:
    """What is worked out about the light of a visit, with what it was worked out from.

    Raises:
        SettingsError: As `daylight`.
    """
    found = daylight(place, start, due_back)
    sun = {"sunrise": found.sunrise, "sunset": found.sunset, "dusk": found.dusk}
    times = {name: to_text(at) for name, at in sun.items() if at is not None}
    where = f"{place.name}, {place.latitude:g}, {place.longitude:g}"
    return KnownFact(name=LIGHT, value=found.light, text=found.sentence, details={"place": where, **times})


def _zone(place: Place) -> ZoneInfo:
    if not (-90 <= place.latitude <= 90 and -180 <= place.longitude <= 180):  # noqa: PLR2004 - degrees
        raise SettingsError(
            f"{place.latitude}, {place.longitude} is not a place on earth",
            hint="give latitude and longitude in degrees, such as 53.48 and -2.29",
        )
    try:
        return ZoneInfo(place.timezone)
    except (KeyError, OSError, ValueError) as error:
        raise SettingsError(
            f"there is no time zone {place.timezone!r}", hint="give it as Europe/London"
        ) from error


def _sunlit(observer: "Observer", day: date, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """Sunrise and sunset around this day; far from Greenwich they fall on two days of UTC."""
    from astral.sun import sunrise, sunset

    days = [day - _DAY, day, day + _DAY]
    rises = [at for one in days if (at := _event(sunrise, observer, one))]
    sets = [at for one in days if (at := _event(sunset, observer, one))]
    for rise in rises:
        down = min((at for at in sets if rise < at < rise + _DAY), default=None)
        if down and (rise + (down - rise) / 2).astimezone(zone).date() == day:
            return rise, down
    return None


def _event(which: Callable[..., datetime], observer: "Observer", day: date) -> datetime | None:
    try:
        return which(observer, date=day, tzinfo=UTC)
    except ValueError:
        return None


def _dusk(observer: "Observer", sunset: datetime) -> datetime | None:
    from astral.sun import dusk

    days = [sunset.date(), sunset.date() + _DAY]
    found = [at for one in days if (at := _event(dusk, observer, one))]
    return min((at for at in found if sunset < at < sunset + _DAY / 2), default=None)


def _dawn(observer: "Observer", sunrise: datetime) -> datetime | None:
    from astral.sun import dawn

    days = [sunrise.date() - _DAY, sunrise.date()]
    found = [at for one in days if (at := _event(dawn, observer, one))]
    return max((at for at in found if sunrise - _DAY / 2 < at < sunrise), default=None)


def _without_sunset(place: Place, observer: "Observer", start: datetime, due_back: datetime) -> Daylight:
    """Beyond the polar circles, when the sun stays up or stays down."""
    from astral.sun import elevation

    up = all(elevation(observer, at) > _HORIZON for at in (start, due_back))
    what = "The sun does not set" if up else "There is no sunrise or sunset"
    sentence = f"{what} in {place.name} that day: {'in daylight' if up else 'not in daylight'}."
    answer, light = (Answer.YES, DAYLIGHT) if up else (Answer.NO, DARK)
    return Daylight(answer, None, None, None, sentence, light)


def _sentence(
    place: Place,
    zone: ZoneInfo,
    visit: tuple[datetime, datetime],
    sun: tuple[datetime, datetime, datetime | None],
) -> str:
    (start, due_back), (sunrise, sunset, dusk) = visit, sun
    if start < sunrise:
        # Rounded up, so that a start in the same minute does not read as if it were after sunrise.
        shown = f"{(sunrise + timedelta(minutes=1)).astimezone(zone):%H:%M}"
        plan = f"you plan to start at {start.astimezone(zone):%H:%M}"
        return f"The sun rises at {shown} in {place.name} that day; {plan}: before daylight."
    back = due_back.astimezone(zone)
    nights = (back.date() - start.astimezone(zone).date()).days
    plan = f"you plan to be back at {back:%H:%M}" + (" the next day" if nights else "")
    how = "in daylight" if due_back <= sunset else "after sunset"
    if dusk and due_back > dusk:
        how = "after dark"
    return f"The sun sets at {sunset.astimezone(zone):%H:%M} in {place.name} that day; {plan}: {how}."


def knowing(desk: "Desk", zone: "tzinfo", worker: "Member", *, but: str = "") -> Callable[[Occasion], Known]:
    """A way to ask what is known, which looks at each case once.

    Args:
        desk: Who asks.
        zone: Whose clocks and days are named.
        worker: Whose visit it is.
        but: The id of the plan that is revised or read; empty for a new one.
    """
    cases: dict[str, Known] = {}

    def known(occasion: Occasion) -> Known:
        found = cases.get(occasion.case) or _of_case(desk, occasion.case, zone, but)
        cases[occasion.case] = found
        facts = [*_light(desk, occasion), *_overlaps(desk, zone, worker, occasion, but), *found.facts]
        return Known(found.notes, tuple(facts))

    return known


def known_of(desk: "Desk", zone: "tzinfo", state: "PlanState") -> Known:
    """What is known now of a plan that was signed."""
    from visitsafe.text.clock import from_text

    visit = state.body.visit
    names = tuple(one.name for one in visit.companions)
    occasion = Occasion(visit.case, from_text(visit.start), from_text(visit.due_back), names)
    return knowing(desk, zone, state.author, but=state.plan)(occasion)


def _of_case(desk: "Desk", case: str, zone: "tzinfo", but: str) -> Known:
    from visitsafe.planning.last_time import known_about

    if not case:
        return Known()
    try:
        return known_about(desk, case, zone, but=but)
    except StoreError as error:
        desk.warn(f"the earlier visits of this case could not be looked at: {error.message}")
        return Known()


def _light(desk: "Desk", occasion: Occasion) -> "Sequence[KnownFact]":

    place = desk.roster.place
    if place is None or occasion.start is None or occasion.due_back is None:
        return ()
    try:
        return (light_fact(place, occasion.start, occasion.due_back),)
    except SettingsError as error:
        desk.warn(f"the light could not be worked out: {error.message}")
        return ()


def _overlaps(
    desk: "Desk", zone: "tzinfo", worker: "Member", occasion: Occasion, but: str
) -> "Sequence[KnownFact]":
    from visitsafe.find import plans_between
    from visitsafe.planning.sign import companions_in
    from visitsafe.state.known import overlap_fact
    from visitsafe.text.clock import to_text

    if occasion.start is None or occasion.due_back is None:
        return ()
    start, due_back = to_text(occasion.start), to_text(occasion.due_back)
    try:
        near = plans_between(desk, start, due_back)
    except StoreError as error:
        desk.warn(f"whether visits overlap could not be looked at: {error.message}")
        return ()
    others = [state for state in near if state.plan != but]
    companions = [*map(companions_in(desk.roster), occasion.companions)]
    found = overlap_fact(worker, companions, others, desk.roster.everyone, zone)
    return () if found is None else (found,)
