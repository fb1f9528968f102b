-- The password with which the owner of an account signs in. Accounts that staff creates have none.
CREATE TABLE credential (
  account_id    uuid        PRIMARY KEY REFERENCES account (id),
  -- In the form of identity/email.ts.
  email         text        NOT NULL CONSTRAINT credential_email UNIQUE,
  -- Argon2id in PHC format.
  password_hash text        NOT NULL,
  changed_at    timestamptz NOT NULL DEFAULT now()
);

-- Sign-ups whose e-mail address is not verified yet. They become an account with their token and their password. An address
-- can have several, so that a sign-up by somebody else does not end that of the owner.
CREATE TABLE pending_sign_up (
  email         text        NOT NULL,
  name          text        NOT NULL,
  password_hash text        NOT NULL,
  -- SHA-256 of the token in the e-mail.
  token_hash    bytea       PRIMARY KEY,
  expires_at    timestamptz NOT NULL
);
CREATE INDEX pending_sign_up_email ON pending_sign_up (email);
CREATE INDEX pending_sign_up_expires_at ON pending_sign_up (expires_at);

-- An address without an account gets a row as well, so that it takes the same time.
CREATE TABLE password_reset (
  -- SHA-256 of the address.
  key        bytea       PRIMARY KEY,
  account_id uuid        REFERENCES account (id),
  token_hash bytea       NOT NULL CONSTRAINT password_reset_token UNIQUE,
  expires_at timestamptz NOT NULL
);
CREATE INDEX password_reset_account ON password_reset (account_id);
CREATE INDEX password_reset_expires_at ON password_reset (expires_at);

-- New e-mail addresses that are not verified yet.
CREATE TABLE email_change (
  account_id uuid        PRIMARY KEY REFERENCES account (id),
  email      text        NOT NULL,
  token_hash bytea       NOT NULL CONSTRAINT email_change_token UNIQUE,
  expires_at timestamptz NOT NULL
);
CREATE INDEX email_change_expires_at ON email_change (expires_at);

-- A session is a family of refresh tokens (identity/refresh-token.ts), of which only the last one is valid.
CREATE TABLE session (
  id           uuid        PRIMARY KEY,
  account_id   uuid        NOT NULL REFERENCES account (id),
  -- SHA-256 of the part that all refresh tokens of the session have.
  family_hash  bytea       NOT NULL,
  -- SHA-256 of the part of the last refresh token.
  token_hash   bytea       NOT NULL,
  created_at   timestamptz NOT NULL,
  refreshed_at timestamptz NOT NULL,
  -- The session ends here, or when it has not been refreshed for long enough.
  expires_at   timestamptz NOT NULL,
  revoked_at   timestamptz
);
CREATE INDEX session_of_account ON session (account_id, id DESC);
CREATE INDEX session_expires_at ON session (expires_at);

-- E-mails to send, deleted once the mail server has accepted them.
CREATE TABLE mail (
  id              uuid        PRIMARY KEY,
  recipient       text        NOT NULL,
  subject         text        NOT NULL,
  body            text        NOT NULL,
  attempts        integer     NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT '-infinity'
);
-- Ids are in the order of time.
CREATE INDEX mail_next_attempt_at ON mail (next_attempt_at, id);

-- Attempts since the last success, by a hash of what they concern (identity/throttle-store.ts).
CREATE TABLE attempt (
  key           bytea       PRIMARY KEY,
  count         integer     NOT NULL,
  blocked_until timestamptz NOT NULL,
  last_at       timestamptz NOT NULL
);
CREATE INDEX attempt_last_at ON attempt (last_at);
