"""CSV imports and exports of stores' tables: requests, and the worker that runs them."""
