"""Shapes of the shops: messages, Shopify's requests, the merchants' and the operator's API."""
