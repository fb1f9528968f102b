-- The answers of requests that clients sent with an idempotency key. A row is written in the transaction of the effect of
-- its request, so that there is a row exactly if there is an effect.
CREATE TABLE idempotency_key (
  -- A hash of the caller, the method and the key of the client.
  key          bytea       PRIMARY KEY,
  -- A hash of the request: another request with the same key is an error of the client.
  request_hash bytea       NOT NULL,
  -- The response message (protobuf).
  answer       bytea       NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now()
);
-- For the deletion of old rows.
CREATE INDEX idempotency_key_created_at ON idempotency_key (created_at);
