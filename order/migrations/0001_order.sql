-- Orders: what was bought, by whom, at which price. Named in the plural since ORDER is a word of SQL. Ids are UUIDv7,
-- so their order is the order of creation.
CREATE TABLE orders (
  id                uuid        PRIMARY KEY,
  -- An account of the account service; that it exists is checked when the order is placed.
  account_id        uuid        NOT NULL,
  -- Minor units; at most 15 digits, so that a client that reads JSON numbers as doubles sees every amount exactly.
  total_price_minor bigint      NOT NULL CHECK (total_price_minor BETWEEN 0 AND 999999999999999),
  created_at        timestamptz NOT NULL
);
CREATE INDEX orders_of_account ON orders (account_id, id DESC);

-- What an order is made of: names and prices as they were when it was placed.
CREATE TABLE order_line (
  order_id    uuid     NOT NULL REFERENCES orders (id),
  -- The place in the order, from 0.
  nr          smallint NOT NULL,
  product_id  uuid     NOT NULL,
  name        text     NOT NULL,
  description text     NOT NULL,
  -- The price of one, in minor units.
  price_minor bigint   NOT NULL CHECK (price_minor >= 0),
  quantity    integer  NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
  PRIMARY KEY (order_id, nr)
);
