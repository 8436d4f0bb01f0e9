"""What was recorded after a visit goes the ways of every entry: bundle, import, verify, a store made anew."""

from contextlib import closing
from pathlib import Path

from after_story import ALERT, debriefed, documented, incident, marked, over, shared
from bundles import bundle_of, members_of, zip_of
from story import Story, begun, hostile_visit
from visit_story import DEE, NOW, OLA
from visitsafe.desk import folded, summariser_at
from visitsafe.exchange.bundle import parse_bundle
from visitsafe.exchange.importing import check, incoming, take_in
from visitsafe.exchange.verify import verify_file
from visitsafe.store.open import create_store


def recorded() -> Story:
    """A visit about which everything was recorded."""
    story = incident(over(hostile_visit()), by=OLA, sharing=(ALERT,))
    story = shared(story, ALERT.trigger, of=story.newest.id)
    return marked(documented(debriefed(story)))


def test_a_bundle_with_everything_that_came_after_holds() -> None:
    story = recorded()
    report = verify_file(parse_bundle(zip_of(members_of(bundle_of(story)))), story.team[0].id)
    assert (report.faults, report.doubts, report.notes) == ((), (), ())
    assert report.entries == len(story.team) + len(story.entries)


def test_what_does_not_count_is_named() -> None:
    story = shared(recorded(), by=DEE)
    report = verify_file(bundle_of(story), story.team[0].id)
    assert report.faults == ()
    (idle,) = report.uncounted
    assert "may not decide what is shared" in idle.text


def test_what_came_after_is_taken_in_and_its_row_says_what_is_owed(tmp_path: Path) -> None:
    story, team = recorded(), begun().team[0].id
    with closing(create_store(f"sqlite:///{tmp_path / 'store.sqlite3'}", NOW)) as store:
        first = over(hostile_visit())
        store.append([one.entry for one in (*first.team, *first.entries)], NOW, summariser_at(store, team))
        bundle = parse_bundle(zip_of(members_of(bundle_of(story))))
        added = incoming(check(bundle), team, store.history, store.head()[0], NOW)
        take_in(store, added, NOW)
        state = folded(story.plan, store.history(story.plan), story.roster)
        assert state.after == story.state.after
        before = store.plans(owed_only=True)
        assert [row.plan for row in before] == [story.plan]
        store.rebuild(summariser_at(store, team))
        assert (store.plans(owed_only=True), store.doubtful()) == (before, [])
