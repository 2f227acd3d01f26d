"""Stores, each with a database of its own: accounts of owners and staff, provisioning, migrations, the data API."""
