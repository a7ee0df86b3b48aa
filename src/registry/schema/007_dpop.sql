-- The registry, version 7: what is bound to a key of the client's (RFC 9449), by the key's SHA-256 thumbprint (RFC 7638),
-- and the proofs that were used and could still be replayed.

ALTER TABLE authorization_code ADD COLUMN dpop_jkt BLOB;
ALTER TABLE refresh_token ADD COLUMN dpop_jkt BLOB;

CREATE TABLE used_dpop_proof (
    hash BLOB    PRIMARY KEY,                -- SHA-256 over the key's thumbprint and the jti
    exp  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX used_dpop_proof_by_exp ON used_dpop_proof (exp);
