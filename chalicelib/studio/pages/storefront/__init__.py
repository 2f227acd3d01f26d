"""The storefront page, on which a shopper makes a preview."""
