"""Development stand-ins for Shopify and Stripe, on loopback.

They sign and verify on their own and import nothing of the bundle, so that a mistake on our side shows.
"""
