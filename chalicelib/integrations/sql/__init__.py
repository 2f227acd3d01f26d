"""PostgreSQL and MySQL servers of strangers. Importing the package loads no driver; `engines` and `tls` do."""
