CREATE TABLE {schema}.media_library (
    id UUID NOT NULL,
    storage_key VARCHAR(700) COLLATE "C" NOT NULL,
    file_name VARCHAR(255) COLLATE "C" NOT NULL,
    content_type VARCHAR(127) COLLATE "C" NOT NULL,
    byte_size BIGINT NOT NULL,
    width INTEGER,
    height INTEGER,
    alt_text VARCHAR(1000) COLLATE "C",
    checksum VARCHAR(128) COLLATE "C",
    status VARCHAR(20) COLLATE "C" DEFAULT 'pending' NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_media_library PRIMARY KEY (id),
    CONSTRAINT ck_media_library_status CHECK (status IN ('pending', 'ready')),
    CONSTRAINT ck_media_library_byte_size_min CHECK (byte_size >= 0),
    CONSTRAINT uq_media_library_storage_key UNIQUE (storage_key)
);

CREATE TABLE {schema}.categories (
    id UUID NOT NULL,
    parent_id UUID,
    name VARCHAR(255) COLLATE "C" NOT NULL,
    slug VARCHAR(255) COLLATE "C" NOT NULL,
    description TEXT COLLATE "C",
    sort_order INTEGER DEFAULT 0 NOT NULL,
    is_active BOOLEAN DEFAULT true NOT NULL,
    seo_title VARCHAR(255) COLLATE "C",
    seo_description VARCHAR(1000) COLLATE "C",
    version INTEGER DEFAULT 1 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_categories PRIMARY KEY (id),
    CONSTRAINT fk_categories_parent_id FOREIGN KEY(parent_id) REFERENCES {schema}.categories (id) ON DELETE SET NULL,
    CONSTRAINT uq_categories_slug UNIQUE (slug)
);

CREATE TABLE {schema}.products (
    id UUID NOT NULL,
    name VARCHAR(255) COLLATE "C" NOT NULL,
    slug VARCHAR(255) COLLATE "C" NOT NULL,
    sku VARCHAR(100) COLLATE "C" NOT NULL,
    description TEXT COLLATE "C",
    product_type VARCHAR(100) COLLATE "C",
    status VARCHAR(20) COLLATE "C" DEFAULT 'draft' NOT NULL,
    is_active BOOLEAN DEFAULT true NOT NULL,
    featured_image_id UUID,
    version INTEGER DEFAULT 1 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_products PRIMARY KEY (id),
    CONSTRAINT ck_products_status CHECK (status IN ('draft', 'active', 'archived')),
    CONSTRAINT uq_products_slug UNIQUE (slug),
    CONSTRAINT uq_products_sku UNIQUE (sku),
    CONSTRAINT fk_products_featured_image_id FOREIGN KEY(featured_image_id) REFERENCES {schema}.media_library (id) ON DELETE SET NULL
);

CREATE TABLE {schema}.product_categories (
    product_id UUID NOT NULL,
    category_id UUID NOT NULL,
    sort_order INTEGER DEFAULT 0 NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_product_categories PRIMARY KEY (product_id, category_id),
    CONSTRAINT fk_product_categories_product_id FOREIGN KEY(product_id) REFERENCES {schema}.products (id) ON DELETE CASCADE,
    CONSTRAINT fk_product_categories_category_id FOREIGN KEY(category_id) REFERENCES {schema}.categories (id) ON DELETE CASCADE
);

CREATE TABLE {schema}.attributes (
    id UUID NOT NULL,
    code VARCHAR(100) COLLATE "C" NOT NULL,
    label VARCHAR(255) COLLATE "C" NOT NULL,
    input_type VARCHAR(20) COLLATE "C" DEFAULT 'text' NOT NULL,
    options JSONB,
    is_filterable BOOLEAN DEFAULT false NOT NULL,
    is_required BOOLEAN DEFAULT false NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_attributes PRIMARY KEY (id),
    CONSTRAINT ck_attributes_input_type CHECK (input_type IN ('text', 'number', 'boolean', 'select', 'multiselect', 'date')),
    CONSTRAINT uq_attributes_code UNIQUE (code)
);

CREATE TABLE {schema}.product_attribute_values (
    product_id UUID NOT NULL,
    attribute_id UUID NOT NULL,
    value JSONB NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_product_attribute_values PRIMARY KEY (product_id, attribute_id),
    CONSTRAINT fk_product_attribute_values_product_id FOREIGN KEY(product_id) REFERENCES {schema}.products (id) ON DELETE CASCADE,
    CONSTRAINT fk_product_attribute_values_attribute_id FOREIGN KEY(attribute_id) REFERENCES {schema}.attributes (id) ON DELETE CASCADE
);

CREATE TABLE {schema}.prices (
    id UUID NOT NULL,
    product_id UUID NOT NULL,
    currency VARCHAR(3) COLLATE "C" NOT NULL,
    amount NUMERIC(19, 4) NOT NULL,
    compare_at_amount NUMERIC(19, 4),
    customer_group VARCHAR(100) COLLATE "C",
    minimum_quantity INTEGER DEFAULT 1 NOT NULL,
    valid_from TIMESTAMP WITH TIME ZONE,
    valid_to TIMESTAMP WITH TIME ZONE,
    version INTEGER DEFAULT 1 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_prices PRIMARY KEY (id),
    CONSTRAINT ck_prices_amount_min CHECK (amount >= 0),
    CONSTRAINT ck_prices_compare_at_amount_min CHECK (compare_at_amount >= 0),
    CONSTRAINT ck_prices_minimum_quantity_min CHECK (minimum_quantity >= 1),
    CONSTRAINT ck_prices_window CHECK (valid_to > valid_from),
    CONSTRAINT fk_prices_product_id FOREIGN KEY(product_id) REFERENCES {schema}.products (id) ON DELETE CASCADE
);

CREATE INDEX ix_prices_product_id_currency ON {schema}.prices (product_id, currency);

CREATE TABLE {schema}.inventory (
    id UUID NOT NULL,
    product_id UUID NOT NULL,
    location VARCHAR(100) COLLATE "C" DEFAULT 'default' NOT NULL,
    quantity INTEGER NOT NULL,
    reserved INTEGER DEFAULT 0 NOT NULL,
    low_stock_threshold INTEGER,
    version INTEGER DEFAULT 1 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_inventory PRIMARY KEY (id),
    CONSTRAINT ck_inventory_quantity_min CHECK (quantity >= 0),
    CONSTRAINT ck_inventory_reserved_min CHECK (reserved >= 0),
    CONSTRAINT ck_inventory_low_stock_threshold_min CHECK (low_stock_threshold >= 0),
    CONSTRAINT ck_inventory_reserved_max CHECK (reserved <= quantity),
    CONSTRAINT uq_inventory_product_id_location UNIQUE (product_id, location),
    CONSTRAINT fk_inventory_product_id FOREIGN KEY(product_id) REFERENCES {schema}.products (id) ON DELETE CASCADE
);

CREATE TABLE {schema}.customers (
    id UUID NOT NULL,
    email VARCHAR(254) COLLATE "C" NOT NULL,
    first_name VARCHAR(255) COLLATE "C",
    last_name VARCHAR(255) COLLATE "C",
    phone VARCHAR(50) COLLATE "C",
    addresses JSONB,
    customer_group VARCHAR(100) COLLATE "C",
    marketing_consent BOOLEAN DEFAULT false NOT NULL,
    marketing_consent_at TIMESTAMP WITH TIME ZONE,
    total_spent NUMERIC(19, 4) DEFAULT 0 NOT NULL,
    order_count INTEGER DEFAULT 0 NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_customers PRIMARY KEY (id),
    CONSTRAINT uq_customers_email UNIQUE (email)
);

CREATE TABLE {schema}.discounts (
    id UUID NOT NULL,
    code VARCHAR(64) COLLATE "C" NOT NULL,
    title VARCHAR(255) COLLATE "C" NOT NULL,
    value_type VARCHAR(20) COLLATE "C" NOT NULL,
    value NUMERIC(19, 4) NOT NULL,
    currency VARCHAR(3) COLLATE "C",
    minimum_subtotal NUMERIC(19, 4),
    usage_limit INTEGER,
    times_used INTEGER DEFAULT 0 NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE,
    ends_at TIMESTAMP WITH TIME ZONE,
    is_active BOOLEAN DEFAULT true NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_discounts PRIMARY KEY (id),
    CONSTRAINT ck_discounts_value_type CHECK (value_type IN ('percentage', 'fixed_amount')),
    CONSTRAINT ck_discounts_minimum_subtotal_min CHECK (minimum_subtotal >= 0),
    CONSTRAINT ck_discounts_times_used_min CHECK (times_used >= 0),
    CONSTRAINT ck_discounts_value_min CHECK (value > 0),
    CONSTRAINT ck_discounts_percentage_max CHECK (value_type <> 'percentage' OR value <= 100),
    CONSTRAINT ck_discounts_fixed_amount_currency CHECK (value_type <> 'fixed_amount' OR currency IS NOT NULL),
    CONSTRAINT ck_discounts_usage_limit_min CHECK (usage_limit >= 1),
    CONSTRAINT ck_discounts_times_used_max CHECK (times_used <= usage_limit),
    CONSTRAINT ck_discounts_window CHECK (ends_at > starts_at),
    CONSTRAINT uq_discounts_code UNIQUE (code)
);

CREATE TABLE {schema}.orders (
    id UUID NOT NULL,
    number INTEGER NOT NULL,
    customer_id UUID,
    status VARCHAR(20) COLLATE "C" DEFAULT 'pending' NOT NULL,
    currency VARCHAR(3) COLLATE "C" NOT NULL,
    subtotal NUMERIC(19, 4) NOT NULL,
    discount_total NUMERIC(19, 4) NOT NULL,
    tax_total NUMERIC(19, 4) NOT NULL,
    shipping_total NUMERIC(19, 4) NOT NULL,
    total NUMERIC(19, 4) NOT NULL,
    discount_id UUID,
    billing_address JSONB,
    shipping_address JSONB,
    placed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    paid_at TIMESTAMP WITH TIME ZONE,
    fulfilled_at TIMESTAMP WITH TIME ZONE,
    cancelled_at TIMESTAMP WITH TIME ZONE,
    refunded_at TIMESTAMP WITH TIME ZONE,
    version INTEGER DEFAULT 1 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_orders PRIMARY KEY (id),
    CONSTRAINT ck_orders_status CHECK (status IN ('pending', 'paid', 'fulfilled', 'cancelled', 'refunded')),
    CONSTRAINT ck_orders_subtotal_min CHECK (subtotal >= 0),
    CONSTRAINT ck_orders_discount_total_min CHECK (discount_total >= 0),
    CONSTRAINT ck_orders_tax_total_min CHECK (tax_total >= 0),
    CONSTRAINT ck_orders_shipping_total_min CHECK (shipping_total >= 0),
    CONSTRAINT ck_orders_total_min CHECK (total >= 0),
    CONSTRAINT ck_orders_total_sum CHECK (total = subtotal - discount_total + tax_total + shipping_total),
    CONSTRAINT uq_orders_number UNIQUE (number),
    CONSTRAINT fk_orders_customer_id FOREIGN KEY(customer_id) REFERENCES {schema}.customers (id) ON DELETE SET NULL,
    CONSTRAINT fk_orders_discount_id FOREIGN KEY(discount_id) REFERENCES {schema}.discounts (id) ON DELETE SET NULL
);

CREATE TABLE {schema}.order_items (
    id UUID NOT NULL,
    order_id UUID NOT NULL,
    position SMALLINT NOT NULL,
    product_id UUID,
    sku VARCHAR(100) COLLATE "C" NOT NULL,
    name VARCHAR(255) COLLATE "C" NOT NULL,
    quantity INTEGER NOT NULL,
    unit_price NUMERIC(19, 4) NOT NULL,
    discount_amount NUMERIC(19, 4) DEFAULT 0 NOT NULL,
    total NUMERIC(19, 4) NOT NULL,
    location VARCHAR(100) COLLATE "C",
    version INTEGER DEFAULT 1 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_order_items PRIMARY KEY (id),
    CONSTRAINT ck_order_items_unit_price_min CHECK (unit_price >= 0),
    CONSTRAINT ck_order_items_discount_amount_min CHECK (discount_amount >= 0),
    CONSTRAINT ck_order_items_total_min CHECK (total >= 0),
    CONSTRAINT ck_order_items_quantity_min CHECK (quantity >= 1),
    CONSTRAINT ck_order_items_total_product CHECK (total = quantity * unit_price - discount_amount),
    CONSTRAINT uq_order_items_order_id_position UNIQUE (order_id, position),
    CONSTRAINT fk_order_items_order_id FOREIGN KEY(order_id) REFERENCES {schema}.orders (id) ON DELETE CASCADE,
    CONSTRAINT fk_order_items_product_id FOREIGN KEY(product_id) REFERENCES {schema}.products (id) ON DELETE SET NULL
);

CREATE TABLE {schema}.cms_pages (
    id UUID NOT NULL,
    slug VARCHAR(255) COLLATE "C" NOT NULL,
    title VARCHAR(255) COLLATE "C" NOT NULL,
    body TEXT COLLATE "C",
    status VARCHAR(20) COLLATE "C" DEFAULT 'draft' NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE,
    seo_title VARCHAR(255) COLLATE "C",
    seo_description VARCHAR(1000) COLLATE "C",
    version INTEGER DEFAULT 1 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_cms_pages PRIMARY KEY (id),
    CONSTRAINT ck_cms_pages_status CHECK (status IN ('draft', 'published', 'archived')),
    CONSTRAINT uq_cms_pages_slug UNIQUE (slug)
);

CREATE TABLE {schema}.seo_settings (
    id UUID NOT NULL,
    scope VARCHAR(20) COLLATE "C" NOT NULL,
    title_template VARCHAR(255) COLLATE "C",
    description_template VARCHAR(1000) COLLATE "C",
    canonical_base VARCHAR(2048) COLLATE "C",
    robots VARCHAR(255) COLLATE "C",
    structured_data JSONB,
    redirects JSONB,
    version INTEGER DEFAULT 1 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_seo_settings PRIMARY KEY (id),
    CONSTRAINT ck_seo_settings_scope CHECK (scope IN ('store', 'products', 'categories', 'cms_pages')),
    CONSTRAINT uq_seo_settings_scope UNIQUE (scope)
);
