"""Database servers on this machine without Docker: PostgreSQL, MariaDB and PgBouncer, on loopback."""
