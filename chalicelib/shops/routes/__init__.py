"""HTTP endpoints of the shops: for Shopify and OAuth browsers, for merchants, for operators."""
