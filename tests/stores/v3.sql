-- The tables, rights and triggers of a store of version 3, as that version's own code made them.
CREATE SCHEMA visitsafe AUTHORIZATION "visitsafe_owner";
SET LOCAL ROLE "visitsafe_owner";
CREATE TABLE visitsafe."entries" ("position" bigint PRIMARY KEY, "stream" text COLLATE "C" NOT NULL, "kind" text COLLATE "C" NOT NULL, "at" text COLLATE "C" NOT NULL, "by" text COLLATE "C" NOT NULL, "received" text COLLATE "C" NOT NULL, "id" text COLLATE "C" NOT NULL UNIQUE, "payload" bytea NOT NULL, "signature" text COLLATE "C" NOT NULL, "chain" text COLLATE "C" NOT NULL);
CREATE TABLE visitsafe."plans" ("plan" text COLLATE "C" NOT NULL PRIMARY KEY, "status" text COLLATE "C" NOT NULL, "stage" text COLLATE "C" NOT NULL, "closed" text COLLATE "C" NOT NULL, "by" text COLLATE "C" NOT NULL, "case_ref" text COLLATE "C" NOT NULL, "area" text COLLATE "C" NOT NULL, "start" text COLLATE "C" NOT NULL, "due_back" text COLLATE "C" NOT NULL, "level" text COLLATE "C" NOT NULL, "urgent" integer NOT NULL, "entries" bigint NOT NULL, "newest" text COLLATE "C" NOT NULL);
CREATE TABLE visitsafe."beats" ("watcher" text COLLATE "C" NOT NULL PRIMARY KEY, "received" text COLLATE "C" NOT NULL, "payload" bytea NOT NULL, "signature" text COLLATE "C" NOT NULL);
CREATE TABLE visitsafe."claims" ("what" text COLLATE "C" NOT NULL PRIMARY KEY, "holder" text COLLATE "C" NOT NULL, "until" text COLLATE "C" NOT NULL);
CREATE TABLE visitsafe."purges" ("id" text COLLATE "C" NOT NULL PRIMARY KEY, "entry" text COLLATE "C" NOT NULL, "at" text COLLATE "C" NOT NULL);
CREATE TABLE visitsafe."meta" ("key" text COLLATE "C" NOT NULL PRIMARY KEY, "value" text COLLATE "C" NOT NULL);
CREATE INDEX entries_stream ON visitsafe.entries (stream, position);
CREATE INDEX plans_start ON visitsafe.plans (start DESC, plan);
CREATE INDEX plans_open ON visitsafe.plans (start DESC, plan) WHERE closed = '';
CREATE INDEX plans_case ON visitsafe.plans (case_ref, start DESC, plan);
CREATE FUNCTION visitsafe."refuse_change" () RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  RAISE EXCEPTION 'an entry is never removed' USING ERRCODE = 'restrict_violation';
END
$body$;
CREATE FUNCTION visitsafe."only_blank" () RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  OLD.payload := ''::bytea;
  IF NEW IS NOT DISTINCT FROM OLD AND OLD.stream <> 'team' AND OLD.kind <> 'purged'
    AND EXISTS (SELECT 1 FROM visitsafe.purges AS p JOIN visitsafe.entries AS e ON e.id = p.entry
      WHERE p.id = OLD.id AND e.stream = OLD.stream AND e.kind = 'purged') THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'an entry is never changed' USING ERRCODE = 'restrict_violation';
END
$body$;
CREATE FUNCTION visitsafe."keep_note" () RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  RAISE EXCEPTION 'what was removed stays noted' USING ERRCODE = 'restrict_violation';
END
$body$;
CREATE FUNCTION visitsafe."demand_next" () RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  IF NEW.position IS DISTINCT FROM (SELECT coalesce(max(position), 0) + 1 FROM visitsafe.entries)
    OR EXISTS (SELECT 1 FROM visitsafe.entries WHERE id = NEW.id) THEN
    RAISE EXCEPTION 'an entry is only ever added at the end' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$body$;
CREATE TRIGGER "entries_no_change" BEFORE DELETE OR TRUNCATE ON visitsafe."entries" FOR EACH STATEMENT EXECUTE FUNCTION visitsafe."refuse_change" ();
ALTER TABLE visitsafe."entries" ENABLE ALWAYS TRIGGER "entries_no_change";
CREATE TRIGGER "entries_only_blanked" BEFORE UPDATE ON visitsafe."entries" FOR EACH ROW EXECUTE FUNCTION visitsafe."only_blank" ();
ALTER TABLE visitsafe."entries" ENABLE ALWAYS TRIGGER "entries_only_blanked";
CREATE TRIGGER "entries_in_order" BEFORE INSERT ON visitsafe."entries" FOR EACH ROW EXECUTE FUNCTION visitsafe."demand_next" ();
ALTER TABLE visitsafe."entries" ENABLE ALWAYS TRIGGER "entries_in_order";
CREATE TRIGGER "purges_no_change" BEFORE UPDATE OR DELETE OR TRUNCATE ON visitsafe."purges" FOR EACH STATEMENT EXECUTE FUNCTION visitsafe."keep_note" ();
ALTER TABLE visitsafe."purges" ENABLE ALWAYS TRIGGER "purges_no_change";
GRANT USAGE ON SCHEMA visitsafe TO "visitsafe_app";
GRANT SELECT, INSERT ON visitsafe."entries" TO "visitsafe_app";
GRANT SELECT, INSERT, UPDATE, DELETE ON visitsafe."plans" TO "visitsafe_app";
GRANT SELECT, INSERT, UPDATE, DELETE ON visitsafe."beats" TO "visitsafe_app";
GRANT SELECT, INSERT, UPDATE, DELETE ON visitsafe."claims" TO "visitsafe_app";
GRANT SELECT ON visitsafe."purges" TO "visitsafe_app";
GRANT SELECT ON visitsafe."meta" TO "visitsafe_app";
GRANT USAGE ON SCHEMA visitsafe TO "visitsafe_retention";
GRANT SELECT, INSERT, UPDATE (payload) ON visitsafe."entries" TO "visitsafe_retention";
GRANT SELECT, INSERT, UPDATE, DELETE ON visitsafe."plans" TO "visitsafe_retention";
GRANT SELECT, INSERT ON visitsafe."purges" TO "visitsafe_retention";
GRANT SELECT ON visitsafe."meta" TO "visitsafe_retention";
