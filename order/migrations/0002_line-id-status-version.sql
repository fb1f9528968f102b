-- Ids of order lines. A line of an earlier release gets a UUIDv7 with the time of its order; the other bits are a hash of
-- the order's id and the line number, so that a restored backup that is migrated again has the same ids. The table is
-- locked while it is rewritten.
ALTER TABLE order_line ADD COLUMN id uuid NOT NULL CONSTRAINT order_line_id UNIQUE GENERATED ALWAYS AS (
  overlay(overlay(left(encode(sha256((order_id::text || '/' || nr::text)::bytea), 'hex'), 32)
    -- 48 bits of time and the version, then the variant.
    PLACING left(replace(order_id::text, '-', ''), 13) FROM 1)
    PLACING substr(order_id::text, 20, 1) FROM 17)::uuid
) STORED;
ALTER TABLE order_line ALTER COLUMN id DROP EXPRESSION;
-- For the previous release, which inserts lines without ids while it is replaced.
ALTER TABLE order_line ALTER COLUMN id SET DEFAULT uuidv7();

ALTER TABLE orders
  -- The names of order/order-status.ts, which also has the transitions.
  ADD COLUMN status text NOT NULL DEFAULT 'PLACED' CONSTRAINT orders_status CHECK (status IN ('PLACED')),
  -- Grows by one with every change.
  ADD COLUMN version bigint NOT NULL DEFAULT 1;
