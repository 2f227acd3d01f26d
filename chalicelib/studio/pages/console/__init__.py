"""`/studio/app`: the merchant's console in Shopify's admin."""
