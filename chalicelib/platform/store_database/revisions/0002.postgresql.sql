CREATE INDEX IF NOT EXISTS ix_categories_parent_id ON {schema}.categories (parent_id);

CREATE INDEX IF NOT EXISTS ix_products_featured_image_id ON {schema}.products (featured_image_id);

CREATE INDEX IF NOT EXISTS ix_product_categories_category_id ON {schema}.product_categories (category_id);

CREATE INDEX IF NOT EXISTS ix_product_attribute_values_attribute_id ON {schema}.product_attribute_values (attribute_id);

CREATE INDEX IF NOT EXISTS ix_orders_customer_id ON {schema}.orders (customer_id);

CREATE INDEX IF NOT EXISTS ix_orders_discount_id ON {schema}.orders (discount_id);

CREATE INDEX IF NOT EXISTS ix_order_items_product_id ON {schema}.order_items (product_id);
