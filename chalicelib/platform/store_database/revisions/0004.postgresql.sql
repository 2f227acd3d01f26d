CREATE INDEX IF NOT EXISTS ix_orders_placed_at ON {schema}.orders (placed_at);

CREATE INDEX IF NOT EXISTS ix_customers_created_at ON {schema}.customers (created_at);
