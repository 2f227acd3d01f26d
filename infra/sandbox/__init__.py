"""Local sandboxes of Shopify, Stripe and an image provider, on loopback.

They have their own signature code and import nothing from the bundle. A mistake in the bundle's code therefore fails.
"""
