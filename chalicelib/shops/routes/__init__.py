"""HTTP of the shops: one blueprint for Shopify and its browsers, one for merchants, one for operators."""
