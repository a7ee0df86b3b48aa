-- Which origins some active client lists in allowed_cors_origins, for the browsers' questions at the endpoints. A client
-- that is disabled or held lists none: its facets lack their first bit.

CREATE TABLE cors_origin (
    origin TEXT    NOT NULL,
    client INTEGER NOT NULL,
    PRIMARY KEY (origin, client)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER cors_origin_insert AFTER INSERT ON client WHEN NEW.facets & 1
BEGIN
    INSERT INTO cors_origin
        SELECT DISTINCT value, NEW.id FROM json_each(NEW.metadata, '$.allowed_cors_origins');
END;
CREATE TRIGGER cors_origin_update AFTER UPDATE OF metadata, facets ON client
WHEN NEW.metadata <> OLD.metadata OR (NEW.facets & 1) <> (OLD.facets & 1)
BEGIN
    DELETE FROM cors_origin WHERE client = OLD.id
        AND origin IN (SELECT value FROM json_each(OLD.metadata, '$.allowed_cors_origins'));
    INSERT INTO cors_origin
        SELECT DISTINCT value, NEW.id FROM json_each(NEW.metadata, '$.allowed_cors_origins') WHERE NEW.facets & 1;
END;
CREATE TRIGGER cors_origin_delete AFTER DELETE ON client
BEGIN
    DELETE FROM cors_origin WHERE client = OLD.id
        AND origin IN (SELECT value FROM json_each(OLD.metadata, '$.allowed_cors_origins'));
END;

INSERT INTO cors_origin
    SELECT DISTINCT value, client.id FROM client, json_each(client.metadata, '$.allowed_cors_origins')
    WHERE client.facets & 1;
