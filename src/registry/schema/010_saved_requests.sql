-- The registry, version 10: token requests that somebody wants to make again. Never a secret, a token or a code.

CREATE TABLE saved_request (
    client       INTEGER NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    name         TEXT    NOT NULL,           -- for people; unique for each client
    grant_type   TEXT,
    scope        TEXT,
    audience     TEXT,
    redirect_uri TEXT,
    sign_in      TEXT,                       -- who signs in
    credential   TEXT,                       -- which kind it authenticates with
    saved_at     INTEGER NOT NULL,
    PRIMARY KEY (client, name)
) STRICT, WITHOUT ROWID;
