-- Authorization requests that clients have pushed (RFC 9126). The reference stands here as SHA-256. A request that was
-- answered is a row that is gone.

CREATE TABLE pushed_request (
    hash       BLOB    PRIMARY KEY,
    client     INTEGER NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    parameters TEXT    NOT NULL,             -- form-urlencoded, without what authenticated the client
    expires_at INTEGER NOT NULL,             -- until when the reference leads to it
    kept_until INTEGER NOT NULL              -- later, while a person is on a page for it
) STRICT, WITHOUT ROWID;
CREATE INDEX pushed_request_by_client ON pushed_request (client, kept_until);
CREATE INDEX pushed_request_by_kept_until ON pushed_request (kept_until);
