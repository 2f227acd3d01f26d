"""SKU discounts: prices that Shopify applies, their usage, and advice drawn from it."""
