CREATE TABLE {schema}.backroom_cursors (
    id UUID NOT NULL,
    byte_offset BIGINT NOT NULL,
    line_number INTEGER NOT NULL,
    rows_read INTEGER NOT NULL,
    rows_created INTEGER NOT NULL,
    rows_updated INTEGER NOT NULL,
    rows_failed INTEGER NOT NULL,
    errors TEXT COLLATE "C",
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (id)
);
