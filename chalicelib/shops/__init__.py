"""Shops: install, settings and webhooks of any number of Shopify apps."""
