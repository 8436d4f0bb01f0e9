"""Entries made by a program of somebody's own: signed with a real key, and put into the store as they are."""

from collections.abc import Sequence
from contextlib import closing

import msgspec

from office import NOW, Office, Someone
from visitsafe.desk import Desk, founding_entry, open_roster, summariser
from visitsafe.record.bodies import PlanBody
from visitsafe.record.entry import Entry
from visitsafe.record.ssh import Signer
from visitsafe.record.ssh import load as load_key
from visitsafe.settings import load as load_settings
from visitsafe.store.open import open_store
from visitsafe.team.roster import Roster
from visitsafe.text.clock import to_text


def signer(who: Someone) -> Signer:
    key = load_settings(who.environ).key
    assert key is not None
    return load_key(key, lambda: b"")


def made(
    who: Someone,
    stream: str,
    kind: str,
    after: Sequence[str],
    body: object,
    at: str = "",
) -> Entry:
    """An entry that says whatever it says."""
    with_key = signer(who)
    payload = msgspec.json.encode(
        {
            "v": 1,
            "plan": stream,
            "kind": kind,
            "at": at or to_text(NOW),
            "by": with_key.fingerprint,
            "after": list(after),
            "body": msgspec.to_builtins(body),
        }
    )
    return Entry(payload=payload, signature=with_key.sign(payload))


def roster(office: Office) -> Roster:
    with closing(open_store(str(office.store))) as store:
        founding = founding_entry(store)
        assert founding is not None
        return open_roster(store, founding.id)


def put(office: Office, *entries: Entry, listed: bool = True) -> None:
    """Append entries; `listed` false leaves the plans' rows out, as a program of one's own may."""
    summarise = summariser(roster(office)) if listed else (lambda _plan, _rows: None)
    with closing(open_store(str(office.store))) as store:
        store.append(entries, NOW, summarise)


def desk(office: Office, who: Someone) -> Desk:
    """A desk that stays open; close its store."""
    team = roster(office)
    me = team.members[signer(who).fingerprint]
    return Desk(open_store(str(office.store)), team, NOW, me, lambda: signer(who))


def body_of_plan(office: Office) -> PlanBody:
    """What the office's newest plan says."""
    with closing(open_store(str(office.store))) as store:
        history = store.history(office.show()["plan"])
    return msgspec.convert(history[0].entry.content.body, PlanBody)
