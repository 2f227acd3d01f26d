"""One file per vendor, the only place that imports it."""
