-- The orders of an account, from either end. Both columns in one direction, so that (account_id, id) < (…) is a range of
-- the index.
CREATE INDEX orders_account ON orders (account_id, id);
DROP INDEX orders_of_account;
