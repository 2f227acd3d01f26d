"""Questions about the events of a site, and the SQL that answers them.

One text runs on DuckDB and on Athena (Trino): common functions, integer milliseconds, and one macro in DuckDB,
`json_extract_scalar`.
"""
