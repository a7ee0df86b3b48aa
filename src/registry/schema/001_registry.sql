-- The registry, version 1. Times are microseconds since 1970 in UTC; lists are JSON arrays of strings.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What the list shows stands first, so that a row's overflow pages need not be read for it.
CREATE TABLE client (
    id           INTEGER PRIMARY KEY,
    client_id    TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    -- Derived when the row is written.
    name_key     TEXT    NOT NULL,           -- the name as it is sorted
    facets       INTEGER NOT NULL,           -- standing, type, kind and grants as bits: see facets.rs
    worst        INTEGER,                    -- severity of the worst finding, 0 info to 4 critical
    held         INTEGER NOT NULL,
    type         TEXT    NOT NULL CHECK (type IN ('public', 'confidential')),
    kind         TEXT    NOT NULL,
    -- What happened to it.
    status       TEXT    NOT NULL CHECK (status IN ('active', 'disabled')),
    version      INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL DEFAULT 0, -- 0: never
    tokens_valid_after INTEGER,
    origin       TEXT,
    -- The registration.
    application_type           TEXT NOT NULL,
    token_endpoint_auth_method TEXT NOT NULL,
    grant_types                TEXT NOT NULL,
    response_types             TEXT NOT NULL,
    scopes                     TEXT NOT NULL,
    audience                   TEXT NOT NULL,
    redirect_uris              TEXT NOT NULL,
    post_logout_redirect_uris  TEXT NOT NULL,
    metadata                   TEXT NOT NULL -- every other member, as one JSON object
) STRICT;

-- One index for each order of the list, each with the bits that filters need.
CREATE INDEX client_by_client_id ON client (client_id, facets);
CREATE INDEX client_by_name ON client (name_key, facets);
CREATE INDEX client_by_last_used ON client (last_used_at, facets);
CREATE INDEX client_by_facets ON client (facets, name_key);

-- The index by client_id carries the filters' bits and so cannot be UNIQUE by itself.
CREATE TRIGGER client_id_is_unique BEFORE INSERT ON client
WHEN EXISTS (SELECT 1 FROM client WHERE client_id = NEW.client_id)
BEGIN
    SELECT RAISE(ABORT, 'client_id is taken');
END;
CREATE TRIGGER client_id_is_for_life BEFORE UPDATE OF client_id ON client
BEGIN
    SELECT RAISE(ABORT, 'client_id cannot change');
END;

-- How many clients there are of each combination of bits: exact counts without counting.
CREATE TABLE facet_count (
    facets  INTEGER PRIMARY KEY,
    clients INTEGER NOT NULL
) STRICT;
CREATE TRIGGER facet_count_insert AFTER INSERT ON client
BEGIN
    INSERT INTO facet_count VALUES (NEW.facets, 1) ON CONFLICT DO UPDATE SET clients = clients + 1;
END;
CREATE TRIGGER facet_count_update AFTER UPDATE OF facets ON client WHEN NEW.facets <> OLD.facets
BEGIN
    UPDATE facet_count SET clients = clients - 1 WHERE facets = OLD.facets;
    DELETE FROM facet_count WHERE facets = OLD.facets AND clients = 0;
    INSERT INTO facet_count VALUES (NEW.facets, 1) ON CONFLICT DO UPDATE SET clients = clients + 1;
END;
CREATE TRIGGER facet_count_delete AFTER DELETE ON client
BEGIN
    UPDATE facet_count SET clients = clients - 1 WHERE facets = OLD.facets;
    DELETE FROM facet_count WHERE facets = OLD.facets AND clients = 0;
END;

-- Trigrams of everything a client is searched by, and of its filters: see search.rs. The words are folded before they
-- are stored, so the index takes them as they are.
CREATE VIRTUAL TABLE client_search USING fts5 (
    words, detail = none, columnsize = 0, tokenize = 'trigram case_sensitive 1'
);

CREATE TABLE client_secret (
    id                 INTEGER PRIMARY KEY,
    client             INTEGER NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    selector           TEXT,
    client_secret_hash TEXT    NOT NULL,     -- Argon2id as a PHC string
    label              TEXT    NOT NULL,
    created_at         INTEGER NOT NULL,
    expires_at         INTEGER,
    revoked_at         INTEGER,
    last_used_at       INTEGER
) STRICT;
CREATE INDEX client_secret_by_client ON client_secret (client);

CREATE TABLE scope_use (
    client       INTEGER NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    scope        TEXT    NOT NULL,           -- empty: a token without scope
    last_used_at INTEGER NOT NULL,
    latest_exp   INTEGER NOT NULL,
    PRIMARY KEY (client, scope)
) STRICT, WITHOUT ROWID;

CREATE TABLE resource_server (
    id                   INTEGER PRIMARY KEY,
    identifier           TEXT NOT NULL UNIQUE,
    slug                 TEXT NOT NULL UNIQUE,
    scopes               TEXT NOT NULL,
    introspecting_client INTEGER REFERENCES client (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX resource_server_by_client ON resource_server (introspecting_client);

CREATE TABLE test_user (
    name          TEXT    PRIMARY KEY,
    password_hash TEXT    NOT NULL,
    claims        TEXT    NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE signing_key (
    kid        TEXT    PRIMARY KEY,
    alg        TEXT    NOT NULL,
    sealed     BLOB    NOT NULL,
    public_jwk TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    retires_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE revoked_token (
    jti TEXT    PRIMARY KEY,
    exp INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX revoked_token_by_exp ON revoked_token (exp);

-- Who did what, when. Each row's mac covers the row and the mac before it; `chain` seals the number of rows and
-- the last mac.
CREATE TABLE history (
    seq         INTEGER PRIMARY KEY,
    at          INTEGER NOT NULL,
    by          TEXT    NOT NULL,
    action      TEXT    NOT NULL,
    client_id   TEXT,
    client_name TEXT,
    before      TEXT,
    after       TEXT,
    note        TEXT    NOT NULL,
    mac         BLOB    NOT NULL
) STRICT;
CREATE INDEX history_by_client ON history (client_id, seq) WHERE client_id IS NOT NULL;

CREATE TABLE chain (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    rows INTEGER NOT NULL,
    head BLOB    NOT NULL,
    seal BLOB    NOT NULL
) STRICT;
