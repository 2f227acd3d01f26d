"""`/analytics/app`: the analytics of a site, and revenue."""
