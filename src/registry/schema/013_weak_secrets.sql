-- The registry, version 13: of a secret that another system's file told in clear, whether it was too short.

ALTER TABLE client_secret ADD COLUMN weak INTEGER NOT NULL DEFAULT 0;
