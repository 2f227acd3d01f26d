"""The data API as one blueprint: importing this module registers the routes of all its modules."""

from chalicelib.platform.routes import store_orders, store_rows, transfers, uploads
from chalicelib.platform.routes.store_blueprint import bp

__all__ = ["bp", "store_orders", "store_rows", "transfers", "uploads"]
