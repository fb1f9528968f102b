-- The id of a line is derived from the id of its order and its number (order/line-id.ts): no index, no stored bytes.
ALTER TABLE order_line DROP COLUMN id;
