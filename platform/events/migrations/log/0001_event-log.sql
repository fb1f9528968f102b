-- The event log of the embedded shop. Appends are serialised by an advisory lock, so positions become visible in
-- order and a reader may go on from the last position it saw.
CREATE TABLE event (
  position    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic       text  NOT NULL,
  key         text  NOT NULL,
  -- The header ce_id: an event that is published again is recognised by it.
  ce_id       uuid  NOT NULL UNIQUE,
  -- CloudEvents attributes, aggregate_version and traceparent, as they travel beside the value.
  headers     jsonb NOT NULL,
  value       json  NOT NULL,
  appended_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX event_topic_position ON event (topic, position);
