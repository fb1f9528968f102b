-- Categories are a tree: none is moved or removed, so a path, once written, holds for good.
CREATE TABLE category (
  id         uuid        PRIMARY KEY,
  name       text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
  -- Null at the top.
  parent_id  uuid        REFERENCES category (id),
  -- The ids from the top down to this one.
  path       uuid[]      NOT NULL CHECK (cardinality(path) BETWEEN 1 AND 8 AND path[cardinality(path)] = id),
  created_at timestamptz NOT NULL,
  -- Grows by one with every change.
  version    bigint      NOT NULL DEFAULT 1
);
CREATE INDEX category_parent ON category (parent_id);
-- All below one: path @> ARRAY[id].
CREATE INDEX category_path ON category USING gin (path);

-- Tags as one text; array_to_string is only STABLE since it takes any type of element.
CREATE FUNCTION tag_text(tags text[]) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN array_to_string(tags, ' ');

ALTER TABLE product
  ADD COLUMN category_id uuid REFERENCES category (id),
  -- Folded to lower case, each once.
  ADD COLUMN tags text[] NOT NULL DEFAULT '{}' CHECK (cardinality(tags) <= 20),
  DROP COLUMN search;
-- Weight A is the name, B the description, C the tags.
ALTER TABLE product ADD COLUMN search tsvector NOT NULL GENERATED ALWAYS AS (
  setweight(to_tsvector('pg_catalog.english', fold(name)), 'A') ||
  setweight(to_tsvector('pg_catalog.simple', fold(name)), 'A') ||
  setweight(to_tsvector('pg_catalog.english', fold(description)), 'B') ||
  setweight(to_tsvector('pg_catalog.simple', fold(description)), 'B') ||
  setweight(to_tsvector('pg_catalog.english', fold(tag_text(tags))), 'C') ||
  setweight(to_tsvector('pg_catalog.simple', fold(tag_text(tags))), 'C')
) STORED;

CREATE INDEX product_search ON product USING gin (search) WHERE archived_at IS NULL;
CREATE INDEX product_price ON product (price_minor, id) WHERE archived_at IS NULL;
CREATE INDEX product_category ON product (category_id, id) WHERE archived_at IS NULL;
CREATE INDEX product_tags ON product USING gin (tags) WHERE archived_at IS NULL;
