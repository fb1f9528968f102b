-- Events that wait to be published. Written in the transaction of the change that they tell of, deleted once the
-- event log has them. The relay always starts from the lowest id that is there: it never remembers a position, since
-- ids are drawn before they are committed and a higher one can become visible first.
CREATE TABLE outbox (
  id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id          uuid        NOT NULL,
  topic             text        NOT NULL,
  -- The aggregate's id: events of one key keep their order.
  key               text        NOT NULL,
  event_type        text        NOT NULL,
  occurred_at       timestamptz NOT NULL,
  aggregate_version bigint      NOT NULL,
  -- W3C Trace Context of the call that caused the event.
  traceparent       text        NOT NULL,
  payload           json        NOT NULL
);
