"""The shopper's page in the storefront."""
