-- The registry, version 12: what reviewers decided, what the rules found day by day, and the lists they work from.

-- A risk that somebody accepted, for exactly one finding.
CREATE TABLE accepted_risk (
    client INTEGER NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    rule   TEXT    NOT NULL,
    field  TEXT    NOT NULL,
    value  TEXT    NOT NULL,                 -- empty: the whole field
    held   TEXT    NOT NULL,                 -- a digest of what it was accepted for
    reason TEXT    NOT NULL,
    by     TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    until  INTEGER NOT NULL,
    PRIMARY KEY (client, rule, field, value)
) STRICT, WITHOUT ROWID;

-- The latest sign-off of a client.
CREATE TABLE approval (
    client   INTEGER PRIMARY KEY REFERENCES client (id) ON DELETE CASCADE,
    version  INTEGER NOT NULL,
    by       TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    approved TEXT    NOT NULL                -- what could give access, as it was then: one JSON object
) STRICT;

-- How many findings were open at the last audit of each day, by severity.
CREATE TABLE finding_count (
    day      INTEGER PRIMARY KEY,            -- days since 1970 in UTC
    critical INTEGER NOT NULL,
    high     INTEGER NOT NULL,
    medium   INTEGER NOT NULL,
    low      INTEGER NOT NULL,
    info     INTEGER NOT NULL,
    accepted INTEGER NOT NULL
) STRICT;

-- A filter of the review that somebody wants to use again.
CREATE TABLE review_filter (
    name     TEXT    PRIMARY KEY,
    filter   TEXT    NOT NULL,               -- one JSON object
    saved_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
