-- The registry, version 2: what people allowed clients. Secrets of the protocol are kept as SHA-256 only. A grant that
-- ended is a row that is gone, and all that hangs on it with it.

CREATE TABLE grant (
    id         TEXT    PRIMARY KEY,
    client     INTEGER NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    user       TEXT    NOT NULL REFERENCES test_user (name) ON DELETE CASCADE,
    scopes     TEXT    NOT NULL,
    resources  TEXT    NOT NULL,
    nonce      TEXT,
    auth_time  INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL              -- when nothing of it can live any more
) STRICT, WITHOUT ROWID;
CREATE INDEX grant_by_client ON grant (client);
CREATE INDEX grant_by_user ON grant (user);
CREATE INDEX grant_by_expires_at ON grant (expires_at);

CREATE TABLE authorization_code (
    hash           BLOB    PRIMARY KEY,
    grant          TEXT    NOT NULL REFERENCES grant (id) ON DELETE CASCADE,
    redirect_uri   TEXT,                     -- as the request had it, if it had one
    code_challenge TEXT,
    expires_at     INTEGER NOT NULL,
    spent_at       INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX authorization_code_by_grant ON authorization_code (grant);

-- Those that were rotated away stay until their own end: one that comes back ends the family.
CREATE TABLE refresh_token (
    hash       BLOB    PRIMARY KEY,
    grant      TEXT    NOT NULL REFERENCES grant (id) ON DELETE CASCADE,
    issued_at  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    spent_at   INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_token_by_grant ON refresh_token (grant);
CREATE INDEX refresh_token_by_expires_at ON refresh_token (expires_at);

CREATE TABLE consent (
    user      TEXT    NOT NULL REFERENCES test_user (name) ON DELETE CASCADE,
    client    INTEGER NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    resources TEXT    NOT NULL,
    scopes    TEXT    NOT NULL,
    given_at  INTEGER NOT NULL,
    PRIMARY KEY (user, client, resources)
) STRICT, WITHOUT ROWID;
CREATE INDEX consent_by_client ON consent (client);

-- Assertions of clients that were used and could still be replayed.
CREATE TABLE used_assertion (
    client INTEGER NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    jti    TEXT    NOT NULL,
    exp    INTEGER NOT NULL,
    PRIMARY KEY (client, jti)
) STRICT, WITHOUT ROWID;
CREATE INDEX used_assertion_by_exp ON used_assertion (exp);
