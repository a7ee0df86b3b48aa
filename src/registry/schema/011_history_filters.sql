-- The registry, version 11: the history by person, kind, time, and by clients that are gone. What a filter looks at lies
-- together in the order of the rows, away from the records, which are most of the file.

CREATE INDEX history_outline ON history (seq, at, by, action, client_id);
CREATE INDEX history_of_deleted ON history (client_id, client_name) WHERE action = 'delete-client';
