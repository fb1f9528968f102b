-- A relay reads the events of its shards in the order of their ids and deletes them. With one index in just that order
-- it never sorts what waits, and writing and deleting an event is one entry cheaper than with two.
ALTER TABLE outbox DROP CONSTRAINT outbox_pkey;
DROP INDEX outbox_shard;
ALTER TABLE outbox ADD PRIMARY KEY (shard, id);
