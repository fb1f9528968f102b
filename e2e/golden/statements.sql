-- The text of each statement that the records name.

-- accounts_by_ids
SELECT id, name, created_at, version FROM account WHERE id = ANY($1::uuid[]);

-- any_product_text
SELECT FROM (SELECT * FROM search_product_<fingerprint> WHERE everything @@ $1::tsquery OFFSET 0) AS matching LIMIT 1;

-- begin
BEGIN;

-- best_sellers
SELECT product_id FROM product_sales JOIN product ON product.id = product_id
WHERE archived_at IS NULL
ORDER BY units DESC, product_id DESC LIMIT $1;

-- best_sellers_in
SELECT product_id FROM product_sales JOIN product ON product.id = product_id
WHERE archived_at IS NULL AND category_id = ANY(ARRAY(SELECT id FROM category WHERE path @> ARRAY[$2::uuid]))
ORDER BY units DESC, product_id DESC LIMIT $1;

-- candidates_for_words
SELECT given.word,
  ARRAY(
    SELECT near.word FROM (
      SELECT known.word FROM search_word_<fingerprint> AS known WHERE known.word % given.word
      ORDER BY similarity(known.word, given.word) DESC, known.word LIMIT 100
    ) AS near WHERE EXISTS (SELECT FROM search_product_<fingerprint> WHERE everything @@ ('''' || near.word || '''')::tsquery)
    UNION SELECT known.word FROM search_word_<fingerprint> AS known
    WHERE known.word = ANY(ARRAY(
      SELECT overlay(given.word PLACING substr(given.word, at + 1, 1) || substr(given.word, at, 1) FROM at FOR 2)
      FROM generate_series(1, char_length(given.word) - 1) AS at
    )) AND EXISTS (SELECT FROM search_product_<fingerprint> WHERE everything @@ ('''' || known.word || '''')::tsquery)
  ) AS similar,
  (
    SELECT left(given.word, at) || ' ' || substr(given.word, at + 1)
    FROM generate_series(3, char_length(given.word) - 3) AS at
    WHERE EXISTS (SELECT FROM search_product_<fingerprint> WHERE everything @@ ('''' || left(given.word, at) || '''')::tsquery) AND EXISTS (SELECT FROM search_product_<fingerprint> WHERE everything @@ ('''' || substr(given.word, at + 1) || '''')::tsquery)
    LIMIT 1
  ) AS halves
FROM unnest($1::text[]) AS given(word);

-- categories_by_ids
SELECT id, name, path, created_at, version FROM category WHERE id = ANY($1::uuid[]);

-- categories_by_parents
SELECT * FROM (
  SELECT parent.id AS parent_id, child.*
  FROM category AS parent LEFT JOIN LATERAL (
    SELECT id, name, path, created_at, version FROM category WHERE parent_id = parent.id ORDER BY fold(name), id LIMIT $3
  ) AS child ON true
  WHERE parent.id = ANY($1::uuid[])
  UNION ALL (
    SELECT parent_id, id, name, path, created_at, version FROM category WHERE $2 AND parent_id IS NULL ORDER BY fold(name), id LIMIT $3
  )
) AS found
ORDER BY fold(name), id;

-- category_name_taken
SELECT FROM category AS renamed JOIN category AS sibling
  ON sibling.parent_id IS NOT DISTINCT FROM renamed.parent_id AND sibling.id <> renamed.id
WHERE renamed.id = $1 AND fold(sibling.name) = fold($2) LIMIT 1;

-- claim_idempotency_keys
INSERT INTO idempotency_key (key, request_hash, answer)
SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS claim (key, request_hash, answer) ORDER BY key
ON CONFLICT DO NOTHING
RETURNING key;

-- commit
COMMIT;

-- count_attempt
INSERT INTO attempt AS known (key, count, blocked_until, last_at) VALUES ($1, 1, $2, $2)
ON CONFLICT (key) DO UPDATE SET
  count = CASE WHEN known.last_at < $3 THEN 1 ELSE known.count + 1 END,
  blocked_until = CASE
    WHEN known.last_at < $3 OR known.count < 5 THEN $2::timestamptz
    ELSE $2::timestamptz + least(900, 2 ^ least(20, known.count + 1 - 5)) * interval '1 second'
  END,
  last_at = $2
WHERE known.blocked_until <= $2
RETURNING count;

-- count_products_in_tags
SELECT count(*)::int AS total FROM (SELECT FROM search_product_<fingerprint> WHERE category_id = ANY(ARRAY(SELECT id FROM category WHERE path && $1::uuid[])) AND tags @> $2::text[] LIMIT 10000) AS counted;

-- count_products_text
SELECT count(*)::int AS total FROM (SELECT FROM (SELECT * FROM search_product_<fingerprint> WHERE everything @@ $1::tsquery OFFSET 0) AS matching  LIMIT 10000) AS counted;

-- create_search_index_1
CREATE INDEX IF NOT EXISTS search_product_<fingerprint>_name ON search_product_<fingerprint> USING gin (name);

-- create_search_index_2
CREATE INDEX IF NOT EXISTS search_product_<fingerprint>_everything ON search_product_<fingerprint> USING gin (everything);

-- create_search_index_3
CREATE INDEX IF NOT EXISTS search_product_<fingerprint>_price ON search_product_<fingerprint> (price_minor, id);

-- create_search_index_4
CREATE INDEX IF NOT EXISTS search_product_<fingerprint>_line ON search_product_<fingerprint> (line, id);

-- create_search_index_5
CREATE INDEX IF NOT EXISTS search_product_<fingerprint>_category ON search_product_<fingerprint> (category_id, id);

-- create_search_index_6
CREATE INDEX IF NOT EXISTS search_product_<fingerprint>_tags ON search_product_<fingerprint> USING gin (tags);

-- create_search_index_7
CREATE INDEX IF NOT EXISTS search_word_<fingerprint>_trigrams ON search_word_<fingerprint> USING gin (word gin_trgm_ops);

-- create_search_table_1
CREATE TABLE IF NOT EXISTS search_product_<fingerprint> (
      id          uuid     PRIMARY KEY,
      version     bigint   NOT NULL,
      price_minor bigint   NOT NULL,
      category_id uuid,
      tags        text[]   STORAGE MAIN NOT NULL,
      line        text     STORAGE MAIN COLLATE "C" NOT NULL,
      name_length smallint NOT NULL,
      sales       smallint NOT NULL,
      name        tsvector STORAGE EXTERNAL NOT NULL,
      everything  tsvector STORAGE EXTERNAL NOT NULL,
      spaces      text     NOT NULL DEFAULT repeat(' ', 2100)
    ) WITH (toast_tuple_target = 256);

-- create_search_table_2
CREATE TABLE IF NOT EXISTS search_word_<fingerprint> (word text COLLATE "C" PRIMARY KEY);

-- credential_by_email
SELECT account_id, email, password_hash FROM credential WHERE email = $1;

-- facets_prices_categories_tags_text
WITH counted AS MATERIALIZED (
  SELECT GROUPING(bucket, category_id, tags) AS facet, bucket, category_id, tags, CASE GROUPING(bucket, category_id, tags) WHEN 3 THEN count(*) WHEN 5 THEN count(*) WHEN 6 THEN count(*) END AS count
  FROM (
    SELECT price_minor, category_id, tags, width_bucket(price_minor, ARRAY[0, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000]::bigint[]) - 1 AS bucket FROM (SELECT * FROM search_product_<fingerprint> WHERE everything @@ $1::tsquery OFFSET 0) AS matching
  ) AS found
  GROUP BY GROUPING SETS (bucket, category_id, tags)
) (SELECT 'prices' AS facet, bucket::text AS value, count::int FROM counted WHERE facet = 3 AND count > 0 ORDER BY bucket) UNION ALL (
  SELECT 'categories' AS facet, above.id::text AS value, sum(count)::int AS count
  FROM (SELECT * FROM counted WHERE facet = 5 AND count > 0) AS own JOIN category ON category.id = category_id CROSS JOIN unnest(path) AS above(id)
  GROUP BY above.id ORDER BY 3 DESC, above.id LIMIT 20) UNION ALL (
  SELECT 'tags' AS facet, tag AS value, sum(count)::int AS count
  FROM (SELECT * FROM counted WHERE facet = 6 AND count > 0) AS own CROSS JOIN unnest(tags) AS tag
  GROUP BY tag ORDER BY 3 DESC, tag COLLATE "C" LIMIT 20);

-- forget_search_indexes
DELETE FROM search_index WHERE fingerprint IN (
  SELECT fingerprint FROM search_index ORDER BY used_at DESC OFFSET 2
) RETURNING fingerprint;

-- has_password_reset
SELECT FROM password_reset WHERE token_hash = $1 AND expires_at > $2 AND account_id IS NOT NULL;

-- idempotency_keys_by_keys
SELECT key, request_hash, answer FROM idempotency_key WHERE key = ANY($1::bytea[]);

-- insert_accounts
WITH published AS (INSERT INTO outbox (event_id, topic, key, event_type, occurred_at, aggregate_version, traceparent, payload) SELECT event_id, topic, key, event_type, occurred_at, aggregate_version, traceparent, payload FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::timestamptz[], $9::bigint[], $10::text[], $11::json[]) WITH ORDINALITY AS e(event_id, topic, key, event_type, occurred_at, aggregate_version, traceparent, payload, ordinal) ORDER BY ordinal)
INSERT INTO account (id, name, created_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]);

-- insert_category
INSERT INTO category (id, name, parent_id, path, created_at) VALUES ($1, $2, $3, $4, $5);

-- insert_orders
WITH published AS (INSERT INTO outbox (event_id, topic, key, event_type, occurred_at, aggregate_version, traceparent, payload) SELECT event_id, topic, key, event_type, occurred_at, aggregate_version, traceparent, payload FROM unnest($14::uuid[], $15::text[], $16::text[], $17::text[], $18::timestamptz[], $19::bigint[], $20::text[], $21::json[]) WITH ORDINALITY AS e(event_id, topic, key, event_type, occurred_at, aggregate_version, traceparent, payload, ordinal) ORDER BY ordinal),
lines AS (
  INSERT INTO order_line (order_id, nr, product_id, name, description, price_minor, quantity)
  SELECT * FROM unnest($7::uuid[], $8::smallint[], $9::uuid[], $10::text[], $11::text[], $12::bigint[], $13::integer[])
)
INSERT INTO orders (id, account_id, total_price_minor, created_at, status, version)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::timestamptz[], $5::text[], $6::bigint[]);

-- insert_outbox
INSERT INTO outbox (event_id, topic, key, event_type, occurred_at, aggregate_version, traceparent, payload) SELECT event_id, topic, key, event_type, occurred_at, aggregate_version, traceparent, payload FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::bigint[], $7::text[], $8::json[]) WITH ORDINALITY AS e(event_id, topic, key, event_type, occurred_at, aggregate_version, traceparent, payload, ordinal) ORDER BY ordinal;

-- insert_products
WITH published AS (INSERT INTO outbox (event_id, topic, key, event_type, occurred_at, aggregate_version, traceparent, payload) SELECT event_id, topic, key, event_type, occurred_at, aggregate_version, traceparent, payload FROM unnest($8::uuid[], $9::text[], $10::text[], $11::text[], $12::timestamptz[], $13::bigint[], $14::text[], $15::json[]) WITH ORDINALITY AS e(event_id, topic, key, event_type, occurred_at, aggregate_version, traceparent, payload, ordinal) ORDER BY ordinal),
search_words AS (
  INSERT INTO search_word_<fingerprint> SELECT word FROM unnest($16::text[]) AS given(word)
  WHERE NOT EXISTS (SELECT FROM search_word_<fingerprint> AS known WHERE known.word = given.word)
  ORDER BY word ON CONFLICT DO NOTHING
),
searchable AS (
  INSERT INTO search_product_<fingerprint> AS indexed
  SELECT id, version, price_minor, category_id, string_to_array(tags, E'\n'), line, name_length,
    coalesce((SELECT floor(log(2, units + 1))::smallint FROM product_sales WHERE product_id = id), 0), name::tsvector,
    everything::tsvector || array_to_tsvector(ARRAY(
      SELECT '@' || above.id FROM category CROSS JOIN unnest(path) AS above(id)
      WHERE category.id = p.category_id
    ))
  FROM unnest($17::uuid[], $18::bigint[], $19::bigint[], $20::uuid[], $21::text[],
    $22::text[], $23::smallint[], $24::text[], $25::text[])
    AS p(id, version, price_minor, category_id, tags, line, name_length, name, everything)
  ON CONFLICT (id) DO UPDATE SET
    version = excluded.version, price_minor = excluded.price_minor, category_id = excluded.category_id,
    tags = excluded.tags, line = excluded.line, name_length = excluded.name_length, sales = excluded.sales,
    name = excluded.name, everything = excluded.everything
  WHERE indexed.version <= excluded.version
)
INSERT INTO product (id, name, description, price_minor, created_at, category_id, tags)
SELECT id, name, description, price_minor, created_at, category_id, string_to_array(tags, E'\n')
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::uuid[], $7::text[])
  AS p(id, name, description, price_minor, created_at, category_id, tags);

-- known_words
SELECT EXISTS (SELECT FROM search_product_<fingerprint> WHERE everything @@ exact::tsquery)
  OR EXISTS (SELECT FROM search_product_<fingerprint> WHERE everything @@ form::tsquery) AS known
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS given(exact, form, ordinal) ORDER BY ordinal;

-- limit_idempotency_wait
SELECT set_config('lock_timeout', '2000ms', true);

-- lines_of_orders
SELECT order_id, fits, nr, product_id,
  CASE WHEN fits THEN name END AS name,
  CASE WHEN fits THEN CASE WHEN char_length(description) <= 500 THEN description ELSE left(description, 499) || '…' END END AS description,
  price_minor, quantity
FROM (
  SELECT *, sum(bytes) OVER (ORDER BY account_bytes, account_id) <= 6000000 AS fits
  FROM (
    SELECT *, sum(bytes) OVER (PARTITION BY account_id) AS account_bytes
    FROM (
      SELECT orders.account_id, order_line.*, 400 + octet_length(order_line.name)
        + least(octet_length(order_line.description), 2000) AS bytes
      FROM orders JOIN order_line ON order_line.order_id = orders.id
      WHERE orders.id = ANY($1::uuid[])
    ) AS line
  ) AS weighed
) AS counted
WHERE fits OR nr = 0
ORDER BY order_id, nr;

-- list_accounts
SELECT id, name, created_at, version FROM account WHERE id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff') AND id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000') ORDER BY id DESC LIMIT $3 OFFSET $4;

-- list_orders_forward
SELECT * FROM (
  SELECT id, account_id, total_price_minor, created_at, status, version, row_number() OVER (ORDER BY id DESC) = $3 AS is_last,
    created_at >= coalesce($5::timestamptz, '-infinity') AND created_at < coalesce($6::timestamptz, 'infinity')
      AND total_price_minor BETWEEN coalesce($7::bigint, 0) AND coalesce($8::bigint, 999999999999999) AS matches
  FROM (
    SELECT id, account_id, total_price_minor, created_at, status, version FROM orders
    WHERE id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff') AND id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000') ORDER BY id DESC LIMIT $3 OFFSET $4
  ) AS part
) AS searched
WHERE matches OR is_last
ORDER BY id DESC LIMIT $9;

-- list_orders_of_accounts_backward
SELECT found.* FROM unnest($10::uuid[]) AS wanted (account_id) CROSS JOIN LATERAL (
  SELECT * FROM (
    SELECT id, account_id, total_price_minor, created_at, status, version, row_number() OVER (ORDER BY id ASC) = $3 AS is_last,
      created_at >= coalesce($5::timestamptz, '-infinity') AND created_at < coalesce($6::timestamptz, 'infinity')
        AND total_price_minor BETWEEN coalesce($7::bigint, 0) AND coalesce($8::bigint, 999999999999999) AS matches
    FROM (
      SELECT id, account_id, total_price_minor, created_at, status, version FROM orders
      WHERE (account_id, id) < (wanted.account_id, coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')) AND (account_id, id) > (wanted.account_id, coalesce($2::uuid, '00000000-0000-0000-0000-000000000000')) ORDER BY account_id ASC, id ASC LIMIT $3 OFFSET $4
    ) AS part
  ) AS searched
  WHERE matches OR is_last
  ORDER BY id ASC LIMIT $9
) AS found
ORDER BY id ASC LIMIT $9;

-- list_products
SELECT id, name, description, price_minor, created_at, version, archived_at, category_id, tags FROM product WHERE archived_at IS NULL AND id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff') AND id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000') ORDER BY id DESC LIMIT $3 OFFSET $4;

-- list_products_backward
SELECT id, name, description, price_minor, created_at, version, archived_at, category_id, tags FROM product WHERE archived_at IS NULL AND id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff') AND id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000') ORDER BY id ASC LIMIT $3 OFFSET $4;

-- lock_categories
SELECT pg_advisory_xact_lock(4711020);

-- lock_product
SELECT id, name, description, price_minor, created_at, version, archived_at, category_id, tags FROM product WHERE id = $1 FOR UPDATE;

-- lock_search_tables
SELECT pg_try_advisory_lock(4711021, hashtext('postgres')) AS locked;

-- order_lines_by_ids
SELECT line.* FROM unnest($1::uuid[], $2::uuid[], $3::smallint[]) AS place (first_order_id, last_order_id, nr)
CROSS JOIN LATERAL (
  SELECT order_id, nr, product_id, name, CASE WHEN char_length(description) <= 500 THEN description ELSE left(description, 499) || '…' END AS description, price_minor, quantity
  FROM order_line
  WHERE order_id BETWEEN place.first_order_id AND place.last_order_id AND order_line.nr = place.nr
  LIMIT 1
) AS line;

-- orders_by_accounts
SELECT o.* FROM unnest($1::uuid[]) AS wanted (account_id)
CROSS JOIN LATERAL (
  SELECT id, account_id, total_price_minor, created_at, status, version FROM orders WHERE account_id = wanted.account_id AND id < coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff') AND id > coalesce($3::uuid, '00000000-0000-0000-0000-000000000000') ORDER BY id DESC LIMIT $4 OFFSET $5
) AS o;

-- orders_by_ids
SELECT id, account_id, total_price_minor, created_at, status, version FROM orders WHERE id = ANY($1::uuid[]);

-- pending_sign_up_by_token
SELECT email, name, password_hash FROM pending_sign_up WHERE token_hash = $1 AND expires_at > $2;

-- products_by_ids
SELECT id, name, description, price_minor, created_at, version, archived_at, category_id, tags FROM product WHERE id = ANY($1::uuid[]);

-- products_to_index
SELECT id, name, description, price_minor, created_at, version, archived_at, category_id, tags FROM product WHERE archived_at IS NULL AND id > $1
  AND NOT EXISTS (SELECT FROM search_product_<fingerprint> AS indexed WHERE indexed.id = product.id AND indexed.version = product.version)
ORDER BY id LIMIT 500;

-- remove_archived_products
DELETE FROM search_product_<fingerprint> AS indexed USING product WHERE product.id = indexed.id AND archived_at IS NOT NULL;

-- remove_search_row
DELETE FROM search_product_<fingerprint> WHERE id = $1;

-- rename_account
UPDATE account SET name = $2, version = version + 1 WHERE id = $1 RETURNING id, name, created_at, version;

-- rename_category
UPDATE category SET name = $2, version = version + 1 WHERE id = $1 RETURNING id, name, path, created_at, version;

-- request_password_reset
WITH known AS (SELECT account_id FROM credential WHERE email = $1),
reset AS (
  INSERT INTO password_reset (key, account_id, token_hash, expires_at)
  VALUES ($2, (SELECT account_id FROM known), $3, $4)
  ON CONFLICT (key) DO UPDATE SET account_id = excluded.account_id, token_hash = excluded.token_hash,
    expires_at = excluded.expires_at
)
INSERT INTO mail (id, recipient, subject, body)
SELECT $5, CASE WHEN EXISTS (SELECT FROM known) THEN $1 ELSE '' END, $6, $7;

-- search_products_name_desc_back_max
SELECT id, line AS key FROM search_product_<fingerprint> WHERE price_minor <= $1::bigint ORDER BY line ASC, id ASC LIMIT $2 OFFSET $3;

-- search_products_name_desc_back_max_after
SELECT id, line AS key FROM search_product_<fingerprint> WHERE price_minor <= $1::bigint AND (line, id) > ($2::text, $3::uuid) ORDER BY line ASC, id ASC LIMIT $4 OFFSET $5;

-- search_products_price_asc_back_max
SELECT id, price_minor AS key FROM search_product_<fingerprint> WHERE price_minor <= $1::bigint ORDER BY price_minor DESC, id DESC LIMIT $2 OFFSET $3;

-- search_products_price_desc_min_max
SELECT id, price_minor AS key FROM search_product_<fingerprint> WHERE price_minor >= $1::bigint AND price_minor <= $2::bigint ORDER BY price_minor DESC, id DESC LIMIT $3 OFFSET $4;

-- search_products_relevance_id_text_nn
SELECT id FROM (
    WITH hits0 AS MATERIALIZED (
      SELECT id FROM (SELECT * FROM search_product_<fingerprint> WHERE name @@ $3::tsquery AND id = $4::uuid OFFSET 0) AS matching
      ORDER BY name_length, sales DESC, id DESC LIMIT $7
    ), hits1 AS MATERIALIZED (
      SELECT id FROM (SELECT * FROM search_product_<fingerprint> WHERE name @@ $5::tsquery AND id = $6::uuid OFFSET 0) AS matching WHERE id NOT IN (SELECT id FROM hits0)
      ORDER BY name_length, sales DESC, id DESC LIMIT $7
    ), hits2 AS MATERIALIZED (
      SELECT id FROM (SELECT * FROM search_product_<fingerprint> WHERE everything @@ $1::tsquery AND id = $2::uuid OFFSET 0) AS matching WHERE id NOT IN (SELECT id FROM hits0 UNION ALL SELECT id FROM hits1)
      ORDER BY name_length, sales DESC, id DESC LIMIT $7
    )
    SELECT id FROM hits0 UNION ALL SELECT id FROM hits1 UNION ALL SELECT id FROM hits2) AS hit LIMIT $8 OFFSET $9;

-- search_products_relevance_text_nn
SELECT id FROM (
    WITH hits0 AS MATERIALIZED (
      SELECT id FROM (SELECT * FROM search_product_<fingerprint> WHERE name @@ $2::tsquery OFFSET 0) AS matching
      ORDER BY name_length, sales DESC, id DESC LIMIT $4
    ), hits1 AS MATERIALIZED (
      SELECT id FROM (SELECT * FROM search_product_<fingerprint> WHERE name @@ $3::tsquery OFFSET 0) AS matching WHERE id NOT IN (SELECT id FROM hits0)
      ORDER BY name_length, sales DESC, id DESC LIMIT $4
    ), hits2 AS MATERIALIZED (
      SELECT id FROM (SELECT * FROM search_product_<fingerprint> WHERE everything @@ $1::tsquery OFFSET 0) AS matching WHERE id NOT IN (SELECT id FROM hits0 UNION ALL SELECT id FROM hits1)
      ORDER BY name_length, sales DESC, id DESC LIMIT $4
    )
    SELECT id FROM hits0 UNION ALL SELECT id FROM hits1 UNION ALL SELECT id FROM hits2) AS hit LIMIT $5 OFFSET $6;

-- search_products_relevance_text_nne
SELECT id FROM (
    WITH hits0 AS MATERIALIZED (
      SELECT id FROM (SELECT * FROM search_product_<fingerprint> WHERE name @@ $2::tsquery OFFSET 0) AS matching
      ORDER BY name_length, sales DESC, id DESC LIMIT $5
    ), hits1 AS MATERIALIZED (
      SELECT id FROM (SELECT * FROM search_product_<fingerprint> WHERE name @@ $3::tsquery OFFSET 0) AS matching WHERE id NOT IN (SELECT id FROM hits0)
      ORDER BY name_length, sales DESC, id DESC LIMIT $5
    ), hits2 AS MATERIALIZED (
      SELECT id FROM (SELECT * FROM search_product_<fingerprint> WHERE everything @@ $4::tsquery OFFSET 0) AS matching WHERE id NOT IN (SELECT id FROM hits0 UNION ALL SELECT id FROM hits1)
      ORDER BY name_length, sales DESC, id DESC LIMIT $5
    ), hits3 AS MATERIALIZED (
      SELECT id FROM (SELECT * FROM search_product_<fingerprint> WHERE everything @@ $1::tsquery OFFSET 0) AS matching WHERE id NOT IN (SELECT id FROM hits0 UNION ALL SELECT id FROM hits1 UNION ALL SELECT id FROM hits2)
      ORDER BY name_length, sales DESC, id DESC LIMIT $5
    )
    SELECT id FROM hits0 UNION ALL SELECT id FROM hits1 UNION ALL SELECT id FROM hits2 UNION ALL SELECT id FROM hits3) AS hit LIMIT $6 OFFSET $7;

-- search_products_relevance_text_nnne
SELECT id FROM (
    WITH hits0 AS MATERIALIZED (
      SELECT id FROM (SELECT * FROM search_product_<fingerprint> WHERE name @@ $2::tsquery OFFSET 0) AS matching
      ORDER BY name_length, sales DESC, id DESC LIMIT $6
    ), hits1 AS MATERIALIZED (
      SELECT id FROM (SELECT * FROM search_product_<fingerprint> WHERE name @@ $3::tsquery OFFSET 0) AS matching WHERE id NOT IN (SELECT id FROM hits0)
      ORDER BY name_length, sales DESC, id DESC LIMIT $6
    ), hits2 AS MATERIALIZED (
      SELECT id FROM (SELECT * FROM search_product_<fingerprint> WHERE name @@ $4::tsquery OFFSET 0) AS matching WHERE id NOT IN (SELECT id FROM hits0 UNION ALL SELECT id FROM hits1)
      ORDER BY name_length, sales DESC, id DESC LIMIT $6
    ), hits3 AS MATERIALIZED (
      SELECT id FROM (SELECT * FROM search_product_<fingerprint> WHERE everything @@ $5::tsquery OFFSET 0) AS matching WHERE id NOT IN (SELECT id FROM hits0 UNION ALL SELECT id FROM hits1 UNION ALL SELECT id FROM hits2)
      ORDER BY name_length, sales DESC, id DESC LIMIT $6
    ), hits4 AS MATERIALIZED (
      SELECT id FROM (SELECT * FROM search_product_<fingerprint> WHERE everything @@ $1::tsquery OFFSET 0) AS matching WHERE id NOT IN (SELECT id FROM hits0 UNION ALL SELECT id FROM hits1 UNION ALL SELECT id FROM hits2 UNION ALL SELECT id FROM hits3)
      ORDER BY name_length, sales DESC, id DESC LIMIT $6
    )
    SELECT id FROM hits0 UNION ALL SELECT id FROM hits1 UNION ALL SELECT id FROM hits2 UNION ALL SELECT id FROM hits3 UNION ALL SELECT id FROM hits4) AS hit LIMIT $7 OFFSET $8;

-- sign_up
WITH known AS (SELECT FROM credential WHERE email = $1),
pending AS (
  INSERT INTO pending_sign_up (email, name, password_hash, token_hash, expires_at)
  SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS (SELECT FROM known)
)
INSERT INTO mail (id, recipient, subject, body)
SELECT $6::uuid, $1, CASE WHEN is_known THEN $7 ELSE $9 END, CASE WHEN is_known THEN $8 ELSE $10 END
FROM (SELECT EXISTS (SELECT FROM known) AS is_known) AS found;

-- size_of_categories
SELECT (SELECT path FROM category WHERE id = $1) AS parent_path,
  (SELECT count(*)::int FROM category WHERE parent_id IS NOT DISTINCT FROM $1::uuid) AS siblings,
  EXISTS (
    SELECT FROM category WHERE parent_id IS NOT DISTINCT FROM $1::uuid AND fold(name) = fold($2)
  ) AS is_name_taken,
  (SELECT count(*)::int FROM category) AS total;

-- suggest_products
SELECT id FROM (SELECT id, line FROM search_product_<fingerprint> WHERE name @@ $1::tsquery LIMIT 2000) AS found
ORDER BY starts_with(line, $2) DESC, char_length(line), id DESC
LIMIT $3;

-- update_product
UPDATE product SET name = $2, description = $3, price_minor = $4, archived_at = $5, version = $6,
  category_id = $7, tags = $8
WHERE id = $1;

-- use_search_index
INSERT INTO search_index VALUES ($1, now()) ON CONFLICT (fingerprint) DO UPDATE SET used_at = now();

-- write_search_rows
WITH
    search_words AS (
      INSERT INTO search_word_<fingerprint> SELECT word FROM unnest($1::text[]) AS given(word)
      WHERE NOT EXISTS (SELECT FROM search_word_<fingerprint> AS known WHERE known.word = given.word)
      ORDER BY word ON CONFLICT DO NOTHING
    ),
    searchable AS (
      INSERT INTO search_product_<fingerprint> AS indexed
      SELECT id, version, price_minor, category_id, string_to_array(tags, E'\n'), line, name_length,
        coalesce((SELECT floor(log(2, units + 1))::smallint FROM product_sales WHERE product_id = id), 0), name::tsvector,
        everything::tsvector || array_to_tsvector(ARRAY(
          SELECT '@' || above.id FROM category CROSS JOIN unnest(path) AS above(id)
          WHERE category.id = p.category_id
        ))
      FROM unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::uuid[], $6::text[],
        $7::text[], $8::smallint[], $9::text[], $10::text[])
        AS p(id, version, price_minor, category_id, tags, line, name_length, name, everything)
      ON CONFLICT (id) DO UPDATE SET
        version = excluded.version, price_minor = excluded.price_minor, category_id = excluded.category_id,
        tags = excluded.tags, line = excluded.line, name_length = excluded.name_length, sales = excluded.sales,
        name = excluded.name, everything = excluded.everything
      WHERE indexed.version <= excluded.version
    ) SELECT;
