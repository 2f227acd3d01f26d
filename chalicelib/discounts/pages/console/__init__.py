"""`/discounts/app`: the merchant's three pages in Shopify's admin."""
