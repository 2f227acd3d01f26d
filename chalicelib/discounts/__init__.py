"""SKU discounts of a Shopify app, their usage, and what follows from it."""
