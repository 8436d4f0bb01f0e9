"""What a manager sees of sealed tracing details before deciding: that they are there, for whom, how old."""

import io
from zoneinfo import ZoneInfo

import pytest

from story import EVE, MO, NIA, NOW, SAM, Actor, Story, begun, calm_visit, visit
from visitsafe.cli.output import make_console
from visitsafe.cli.review_screen import review_plan
from visitsafe.cli.show import show_plan
from visitsafe.record.bodies import OpenedBody, ResealedBody, Sealed
from visitsafe.record.kinds import Kind
from visitsafe.supervision.page import supervision_page
from visitsafe.supervision.shapes import plan_shape

LONDON = ZoneInfo("Europe/London")
WORRYING = "What is worrying"


def sealed(*to: Actor, valid: str = "") -> Sealed:
    keys = tuple(actor.fingerprint for actor in to)
    return Sealed(age="YWdl", to=keys, given="2026-11-11T08:00:00Z", valid_until=valid)


def planned(*to: Actor, valid: str = "") -> Story:
    return begun().planned(body=calm_visit(sealed=sealed(*to, valid=valid)))


def reviewed(story: Story, width: int = 200) -> str:
    file = io.StringIO()
    console = make_console(plain=True, environ={}, file=file, width=width)
    review_plan(console, story.state, None, NOW, LONDON)
    return file.getvalue()


def shown(story: Story) -> str:
    file = io.StringIO()
    show_plan(make_console(plain=True, environ={}, file=file, width=200), story.state, NOW, LONDON)
    return file.getvalue()


def test_details_that_others_can_open_are_no_worry() -> None:
    text = reviewed(planned(MO, NIA))
    assert WORRYING not in text
    assert "Tracing details: sealed to Mo Khan, Nia Price; looked over 12 days ago" in text


@pytest.mark.parametrize(
    ("story", "worry"),
    [
        (begun().planned(body=calm_visit()), "No tracing details are sealed in this plan"),
        (planned(MO).revised(body=calm_visit(nonce="")), "No tracing details are sealed in this version"),
        (planned(EVE, SAM), "Nobody who stays behind can open the tracing details"),
        (
            planned(MO, valid="2026-11-20T00:00:00Z"),
            "Old tracing details: Sam Okafor looked them over 12 days",
        ),
    ],
    ids=["none", "earlier", "nobody", "old"],
)
def test_details_that_would_not_help_at_night_are_a_worry(story: Story, worry: str) -> None:
    text = reviewed(story)
    assert WORRYING in text
    assert worry in text.split("The visit")[0]


def test_only_a_companion_who_could_open_them_is_a_worry() -> None:
    goes = calm_visit(sealed=sealed(MO), visit=visit(companions=(MO.companion,)))
    assert "Nobody who stays behind" in reviewed(begun().planned(body=goes))


def test_everybody_sees_who_opened_them_when_and_why() -> None:
    story = planned(MO, NIA)
    of = story.state.version.id
    story = story.entry(MO, Kind.OPENED, OpenedBody(of=of, reason="Not back.\x1b[2J"))
    story = story.entry(NIA, Kind.RESEALED, ResealedBody(of=of, sealed=sealed(NIA), reason="A new key."))
    assert "Opened by Mo Khan, 2026-11-23 08:01:00 UTC: Not back." in reviewed(story)
    text = shown(story)
    assert "opened, by Mo Khan" in text
    assert "Reason: Not back." in text
    assert "\x1b" not in text
    page = supervision_page(story.state, NOW, LONDON)
    assert "Tracing details opened by Mo Khan" in page
    assert "Tracing details sealed again by Nia Price" in page
    assert "Reason: A new key." in page
    reasons = [entry["reason"] for entry in plan_shape(story.state, NOW)["entries"]]
    assert reasons == [None, "Not back.\x1b[2J", "A new key."]


def test_no_view_holds_the_sealed_bytes() -> None:
    story = planned(MO)
    views = [
        reviewed(story),
        shown(story),
        str(plan_shape(story.state, NOW)),
        supervision_page(story.state, NOW, LONDON),
    ]
    assert not any("YWdl" in view for view in views)
