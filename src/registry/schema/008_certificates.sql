-- The registry, version 8: the authorities that vouch for the server's own certificates, and refresh tokens that are
-- bound to a client's certificate, by its SHA-256 (RFC 8705 §4).

ALTER TABLE refresh_token ADD COLUMN x5t_s256 BLOB;

CREATE TABLE certificate_authority (
    host        TEXT    PRIMARY KEY,         -- what it may vouch for, and nothing else
    certificate BLOB    NOT NULL,            -- X.509, DER
    sealed      BLOB    NOT NULL,            -- the private key as PKCS #8, sealed by the vault under the host
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
