-- What devices wait for (RFC 8628): a person who types the user code on another screen and allows it. The device code
-- stands here as SHA-256, the user code as HMAC under the key file: it is short enough to be found by trying.

CREATE TABLE device_authorization (
    device_code BLOB    PRIMARY KEY,
    user_code   BLOB    NOT NULL UNIQUE,
    client      INTEGER NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    scopes      TEXT    NOT NULL,
    resources   TEXT    NOT NULL,
    expires_at  INTEGER NOT NULL,
    answer      TEXT    CHECK (answer IN ('allowed', 'denied', 'spent')), -- NULL: nobody has answered yet
    grant       TEXT    REFERENCES grant (id) ON DELETE SET NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX device_authorization_by_client ON device_authorization (client);
CREATE INDEX device_authorization_awaited ON device_authorization (client, expires_at) WHERE answer IS NULL;
CREATE INDEX device_authorization_by_grant ON device_authorization (grant);
CREATE INDEX device_authorization_by_expires_at ON device_authorization (expires_at);
