CREATE TABLE {schema}.backroom_cursors (
    id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    byte_offset BIGINT NOT NULL,
    line_number INTEGER NOT NULL,
    rows_read INTEGER NOT NULL,
    rows_created INTEGER NOT NULL,
    rows_updated INTEGER NOT NULL,
    rows_failed INTEGER NOT NULL,
    errors MEDIUMTEXT,
    updated_at DATETIME(6) NOT NULL,
    PRIMARY KEY (id)
)ENGINE=InnoDB CHARSET=utf8mb4 COLLATE utf8mb4_bin;
