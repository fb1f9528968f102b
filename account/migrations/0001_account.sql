-- Accounts: who buys. Ids are UUIDv7, so their order is the order of creation.
CREATE TABLE account (
  id         uuid        PRIMARY KEY,
  name       text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  created_at timestamptz NOT NULL,
  -- Grows by one with every change.
  version    bigint      NOT NULL DEFAULT 1
);
