-- Consumer groups. The log takes an event as often as it is appended, as Kafka does: a replayed dead letter keeps its
-- id, and consumers recognise what they have handled by their inbox.
ALTER TABLE event DROP CONSTRAINT event_ce_id_key;
-- Messages of one key share a partition; 6 is PARTITIONS in platform/events/event.ts.
ALTER TABLE event ADD COLUMN partition smallint NOT NULL GENERATED ALWAYS AS (abs(hashtext(key) % 6)) STORED;
DROP INDEX event_topic_position;
CREATE INDEX event_partition_position ON event (topic, partition, position);
-- What is kept for a time only is found by its age; appends are in order of time, so a small index does.
CREATE INDEX event_appended_at ON event USING brin (appended_at);

-- The last message that a group has handled in a partition.
CREATE TABLE consumer_position (
  consumer_group text     NOT NULL,
  topic          text     NOT NULL,
  partition      smallint NOT NULL,
  position       bigint   NOT NULL,
  PRIMARY KEY (consumer_group, topic, partition)
);
