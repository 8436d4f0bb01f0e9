"""What the server itself refuses to a store in PostgreSQL, whoever writes (docs/adr/0021).

An entry is taken in only at the end, with the id that its bytes have, with the running hash that follows, and
with a time near the server's clock; nothing is changed, and nothing is removed that no `purged` entry of the
same plan stands beside. It cannot check a signature: what was never signed is for the reader to skip. Only
the owner, while a copy is being filled, puts in rows as they are.
"""

from typing import LiteralString

import msgspec

ANY_TIME = "any_time"
"""A mark of the owner's in `meta`: the store is one for rehearsals and tests, in which any time is played."""


class TableTrigger(msgspec.Struct, frozen=True):
    """A trigger of the store: when it runs, for each what, which function, on which table."""

    when: LiteralString
    each: LiteralString
    function: LiteralString
    table: LiteralString = "entries"


# The search path is fixed, so that nobody can put a table or an operator of their own in the way.
FUNCTIONS: dict[str, LiteralString] = {
    "refuse_change": """
BEGIN
  RAISE EXCEPTION 'an entry is never removed' USING ERRCODE = 'restrict_violation';
END
""",
    "only_blank": """
BEGIN
  OLD.payload := ''::bytea;
  IF NEW IS NOT DISTINCT FROM OLD AND OLD.stream <> 'team' AND OLD.kind <> 'purged'
    AND EXISTS (SELECT 1 FROM visitsafe.purges AS p JOIN visitsafe.entries AS e ON e.id = p.entry
      WHERE p.id = OLD.id AND e.stream = OLD.stream AND e.kind = 'purged') THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'an entry is never changed' USING ERRCODE = 'restrict_violation';
END
""",
    "keep_note": """
BEGIN
  RAISE EXCEPTION 'what was removed stays noted' USING ERRCODE = 'restrict_violation';
END
""",
    "demand_next": """
DECLARE
  last_position bigint := 0;
  last_chain text := repeat('0', 64);
  copying boolean := has_table_privilege('visitsafe.meta', 'INSERT')
    AND EXISTS (SELECT 1 FROM visitsafe.meta WHERE key = 'filling');
  again text;
BEGIN
  SELECT e.position, e.chain INTO last_position, last_chain
    FROM visitsafe.entries AS e ORDER BY e.position DESC LIMIT 1;
  IF NOT FOUND THEN
    last_position := 0;
    last_chain := repeat('0', 64);
  END IF;
  IF NEW.position IS NULL OR NEW.position <= last_position
    OR (NOT copying AND NEW.position <> last_position + 1)
    OR EXISTS (SELECT 1 FROM visitsafe.entries WHERE id = NEW.id) THEN
    RAISE EXCEPTION 'an entry is only ever added at the end' USING ERRCODE = 'restrict_violation';
  END IF;
  IF copying THEN
    RETURN NEW;
  END IF;
  IF octet_length(NEW.payload) NOT BETWEEN 1 AND 1048576 OR octet_length(NEW.signature) > 65536
    OR octet_length(NEW."by") > 4096
    OR NEW.stream !~ '^(team|[0-9A-HJKMNP-TV-Z]{16})$' OR NEW.kind !~ '^[a-z][a-z0-9_-]{0,39}$'
    OR NEW.at !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$'
    OR NEW.received !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$' THEN
    RAISE EXCEPTION 'this does not have the form of an entry' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.id <> encode(sha256(NEW.payload), 'hex') THEN
    RAISE EXCEPTION 'the id is not the hash of the payload' USING ERRCODE = 'check_violation';
  END IF;
  again := encode(sha256(convert_to(concat_ws(chr(10), last_chain, NEW.position::text, NEW.id,
    encode(sha256(convert_to(NEW.signature, 'UTF8')), 'hex'),
    NEW.stream, NEW.kind, NEW.at, NEW."by", NEW.received), 'UTF8')), 'hex');
  IF NEW.chain <> again THEN
    RAISE EXCEPTION 'the running hash does not go on' USING ERRCODE = 'check_violation';
  END IF;
  IF NOT (NEW.received COLLATE "C" BETWEEN
      to_char(clock_timestamp() AT TIME ZONE 'UTC' - interval '1 day', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
      AND to_char(clock_timestamp() AT TIME ZONE 'UTC' + interval '1 day', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
    AND NOT EXISTS (SELECT 1 FROM visitsafe.meta WHERE key = 'any_time') THEN
    RAISE EXCEPTION 'it was not received at this time' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
""",
    "demand_removal": """
BEGIN
  IF NOT EXISTS (SELECT 1 FROM visitsafe.entries AS gone
      JOIN visitsafe.entries AS why ON why.stream = gone.stream AND why.id = NEW.entry
      WHERE gone.id = NEW.id AND gone.stream <> 'team' AND gone.kind <> 'purged' AND why.kind = 'purged')
    AND NOT (has_table_privilege('visitsafe.meta', 'INSERT')
      AND EXISTS (SELECT 1 FROM visitsafe.meta WHERE key = 'filling')) THEN
    RAISE EXCEPTION 'nobody signed that this is removed' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
""",
}
# ALWAYS: also for a superuser who set session_replication_role, and for what a replica takes in.
TRIGGERS: dict[str, TableTrigger] = {
    "entries_no_change": TableTrigger("BEFORE DELETE OR TRUNCATE", "STATEMENT", "refuse_change"),
    "entries_only_blanked": TableTrigger("BEFORE UPDATE", "ROW", "only_blank"),
    "entries_in_order": TableTrigger("BEFORE INSERT", "ROW", "demand_next"),
    "purges_of_removed": TableTrigger("BEFORE INSERT", "ROW", "demand_removal", "purges"),
    "purges_no_change": TableTrigger(
        "BEFORE UPDATE OR DELETE OR TRUNCATE", "STATEMENT", "keep_note", "purges"
    ),
}
SIZES: dict[str, LiteralString] = {
    "plans": "octet_length(plan || status || stage || closed || by || case_ref || area || start || due_back"
    " || level || newest || owed) <= 1200000",  # a signed plan may say so much of its case and area
    "beats": "octet_length(watcher) <= 200 AND octet_length(payload) <= 65536"
    " AND octet_length(received) <= 40 AND octet_length(signature) <= 65536",
    "claims": "octet_length(what) <= 400 AND octet_length(holder) <= 200 AND octet_length(until) <= 40",
    "purges": "octet_length(id) = 64 AND octet_length(entry) = 64 AND octet_length(at) <= 40",
}
"""How much each row of the other tables may hold, in bytes: whoever reads them must not be kept busy."""
RECEIVED = b"""
SELECT CASE WHEN given BETWEEN lowest AND highest
    OR EXISTS (SELECT 1 FROM visitsafe.meta WHERE key = 'any_time') THEN given ELSE here END
FROM (SELECT %s::text COLLATE "C" AS given, to_char(utc, form) AS here,
    to_char(utc - interval '23 hours', form) AS lowest, to_char(utc + interval '23 hours', form) AS highest
  FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS utc, 'YYYY-MM-DD"T"HH24:MI:SS"Z"' AS form) AS clock
) AS times
"""
"""When an entry was received: by the clock of whoever adds it, if that is right to a day.

A computer whose clock is years off must neither be refused nor write its time into the order of arrival; then
it is the server's clock that tells.
"""
