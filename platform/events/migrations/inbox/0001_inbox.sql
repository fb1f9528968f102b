-- The events that a consumer has handled, written in the transaction of their effect: an event that comes again has
-- none. Kept longer than the event log keeps events.
CREATE TABLE inbox (
  consumer   text        NOT NULL,
  -- The header ce_id.
  event_id   uuid        NOT NULL,
  handled_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (consumer, event_id)
);
CREATE INDEX inbox_handled_at ON inbox USING brin (handled_at);
