"""Which of the Shopify apps the studio is."""

APP = "studio"
