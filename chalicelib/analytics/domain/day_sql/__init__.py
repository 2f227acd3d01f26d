"""The computation of a tenant's day as SQL of DuckDB. Each module creates tables from those of the modules before it.

The order is `union`, `visits`, `traffic`, `counts`, `users`, `rows`. Times are milliseconds since 1970 UTC. These
variables are set: `day` (DATE), `now_ms` (BIGINT) and `tenant` (VARCHAR). `zones` has the start and the end of the day
and of its neighbors in each time zone.
"""
