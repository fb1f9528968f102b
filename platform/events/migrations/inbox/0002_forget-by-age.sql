-- The oldest are found in order: the BRIN index only narrowed a scan of the whole table.
DROP INDEX inbox_handled_at;
CREATE INDEX inbox_handled_at ON inbox (handled_at);
