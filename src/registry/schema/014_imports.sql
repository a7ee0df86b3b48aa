-- The registry, version 14: each import by its number, by which its changes can be found and taken back.

CREATE TABLE import (
    number    INTEGER PRIMARY KEY AUTOINCREMENT,
    at        INTEGER NOT NULL,
    by        TEXT    NOT NULL,
    source    TEXT    NOT NULL,              -- what it was read from, for people
    undone_at INTEGER
) STRICT;

-- The changes that an import made carry its number in their note.
CREATE INDEX history_by_import ON history (note, seq) WHERE note GLOB 'import [0-9]*';
