"""SKU discounts of a Shopify app, their usage, figures and advice."""
