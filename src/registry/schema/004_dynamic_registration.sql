-- The registry, version 4: clients that register themselves (RFC 7591, RFC 7592). Their tokens are kept as SHA-256 only.

CREATE TABLE initial_access_token (
    id           TEXT    PRIMARY KEY,          -- the first digits of the hash, to name it by
    hash         BLOB    NOT NULL UNIQUE,
    label        TEXT    NOT NULL UNIQUE,
    scopes       TEXT,                         -- NULL: it sets no bound of its own
    uses         INTEGER,                      -- NULL: as many as there are until it ends
    used         INTEGER NOT NULL DEFAULT 0,
    last_used_at INTEGER,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE dynamic_client (
    client      INTEGER PRIMARY KEY REFERENCES client (id) ON DELETE CASCADE,
    hash        BLOB    NOT NULL,              -- of its registration access token
    former_hash BLOB                           -- of the one before, which works until this one's first use
) STRICT;

-- How many clients came without a token is asked at each such registration.
CREATE INDEX client_open ON client (id) WHERE origin = 'dcr:open';
