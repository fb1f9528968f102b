-- Old events are found by walking the primary key from the lowest position on. Dead letters are kept longer and have an
-- index of their own, so that the walk never returns to them.
DROP INDEX event_appended_at;
CREATE INDEX event_dead_letter ON event (appended_at) WHERE topic LIKE '%.dlq';
-- A few rows that are updated with every batch: room for the new version on the same page, vacuumed often.
ALTER TABLE consumer_position SET (
  fillfactor = 20,
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_cost_delay = 0
);
