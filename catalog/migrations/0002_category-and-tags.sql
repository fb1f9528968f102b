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

-- Words of names that resemble a word, for what a shopper may have meant. Wider than a search is: two letters that
-- changed places leave a short word few trigrams ("glaaxy" has 0.29 of "galaxy").
CREATE FUNCTION words_like(typed text) RETURNS text[]
  LANGUAGE sql STABLE STRICT PARALLEL SAFE
  SET pg_trgm.word_similarity_threshold = '0.25'
  AS $$
    SELECT array(
      SELECT DISTINCT part FROM (
        SELECT fold(name) AS name FROM product WHERE archived_at IS NULL AND typed <% fold(name)
        ORDER BY word_similarity(typed, fold(name)) DESC, id DESC LIMIT 50
      ) AS near CROSS JOIN LATERAL regexp_split_to_table(near.name, '[^[:alnum:]]+') AS part
    )
  $$;
