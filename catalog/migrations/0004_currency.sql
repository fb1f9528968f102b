-- The currency of all amounts in this database: one row, written by the first start, never changed.
CREATE TABLE currency (
  only_row boolean  PRIMARY KEY DEFAULT true CHECK (only_row),
  -- ISO 4217.
  code     text     NOT NULL CHECK (code ~ '^[A-Z]{3}$'),
  -- With 2, the integer 119999 is 1199.99.
  decimals smallint NOT NULL CHECK (decimals BETWEEN 0 AND 4)
);
