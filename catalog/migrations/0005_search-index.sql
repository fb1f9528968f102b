-- The terms of products are computed by the program (catalog/search/text), and stored in one table for each version of
-- that code and each language: search_product_<fingerprint>. A start creates and fills the table that it needs.
CREATE TABLE search_index (
  fingerprint text        PRIMARY KEY,
  used_at     timestamptz NOT NULL
);

DROP FUNCTION words_like(text);
DROP INDEX product_name_trigrams, product_price, product_category, product_tags;
ALTER TABLE product DROP COLUMN search;
DROP FUNCTION tag_text(text[]);
