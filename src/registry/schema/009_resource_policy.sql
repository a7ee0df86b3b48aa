-- The registry, version 9: what a resource server asks of a token for each request. Without rules it denies every one.

ALTER TABLE resource_server ADD COLUMN policy TEXT NOT NULL DEFAULT '[]';
