"""Shopify: OAuth token endpoint (`oauth`), Admin GraphQL API (`admin_api`), signature schemes (`signature`)."""
