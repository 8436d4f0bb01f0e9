"""Signed heartbeats of watchers, for the team of `office`."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from story import NOW, Actor, Story, begun
from visit_story import DEE
from visitsafe.record.bodies import BeatBody
from visitsafe.record.entry import Verified, compose, seal_entry, verify_entry
from visitsafe.record.terms import BEAT, TEAM_STREAM
from visitsafe.text.clock import to_text


def office() -> Story:
    return replace(begun().added(DEE, "duty"), at=NOW)


def beat(
    by: Actor = DEE, at: datetime = NOW, kind: str = BEAT, stream: str = TEAM_STREAM, **changes: Any
) -> Verified:
    plain: dict[str, Any] = {
        "watcher": "w1",
        "host": "DESK-PC",
        "pid": 7,
        "since": to_text(at),
        "every": 20,
        "visits": 3,
    }
    body = BeatBody(**{**plain, **changes})
    return verify_entry(seal_entry(compose(stream, kind, at, by.fingerprint, (), body), by.signer))
