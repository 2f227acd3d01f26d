CREATE INDEX ix_orders_placed_at ON {schema}.orders (placed_at);

CREATE INDEX ix_customers_created_at ON {schema}.customers (created_at);
