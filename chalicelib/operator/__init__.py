"""The operator's console, dead letters and sizes of buckets. This context owns no data."""
