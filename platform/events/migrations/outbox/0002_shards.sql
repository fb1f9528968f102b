-- Several relays share the outbox by shards, each of which one of them holds; the events of one aggregate are in one
-- shard, so that they keep their order. 8 is SHARDS in platform/events/relay.ts.
ALTER TABLE outbox ADD COLUMN shard smallint NOT NULL GENERATED ALWAYS AS (abs(hashtext(key) % 8)) STORED;
-- The one index is in the order in which a relay reads: it never sorts what waits, and deletes by the same.
ALTER TABLE outbox DROP CONSTRAINT outbox_pkey;
ALTER TABLE outbox ADD PRIMARY KEY (shard, id);
