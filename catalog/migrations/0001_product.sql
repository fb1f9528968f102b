-- Products: what is sold, and how PostgreSQL finds them. Ids are UUIDv7, so their order is the order of creation.
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;

-- Lower case without accents. PostgreSQL's unaccent is only STABLE since its dictionary can be changed; ours is not.
CREATE FUNCTION fold(value text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN lower(public.unaccent('public.unaccent'::regdictionary, value));

CREATE TABLE product (
  id          uuid        PRIMARY KEY,
  name        text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  description text        NOT NULL CHECK (char_length(description) <= 10000),
  -- Minor units of the shop's currency.
  price_minor bigint      NOT NULL CHECK (price_minor BETWEEN 0 AND 1000000000000),
  created_at  timestamptz NOT NULL,
  -- Grows by one with every change; an update names the version that it was made from.
  version     bigint      NOT NULL DEFAULT 1,
  -- Null while the product is sold.
  archived_at timestamptz,
  -- Stemmed words, and the words as they are for beginnings that no stem has ("organiza" of "organization").
  -- Weight A is the name, B the description.
  search tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(to_tsvector('pg_catalog.english', fold(name)), 'A') ||
    setweight(to_tsvector('pg_catalog.simple', fold(name)), 'A') ||
    setweight(to_tsvector('pg_catalog.english', fold(description)), 'B') ||
    setweight(to_tsvector('pg_catalog.simple', fold(description)), 'B')
  ) STORED
);

CREATE INDEX product_on_sale ON product (id DESC) WHERE archived_at IS NULL;
CREATE INDEX product_search ON product USING gin (search) WHERE archived_at IS NULL;
CREATE INDEX product_name_trigrams ON product USING gin (fold(name) gin_trgm_ops) WHERE archived_at IS NULL;
