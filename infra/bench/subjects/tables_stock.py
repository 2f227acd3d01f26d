"""The first access to the same tables with stock PynamoDB: a session and a client for each model."""

import os

from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model

from infra.bench.subjects.measure import report

TABLES = {
    "kit-guards": "guard",
    "kit-idempotency": "key",
    "kit-locks": "name",
    "kit-tombstones": "subject",
    "studio-generations": "id",
    "studio-quotas": "shop_id",
    "billing-customers": "owner_type",
    "billing-subscription_plans": "id",
}


def model(table: str, key: str) -> type[Model]:
    name = f"backroom-{os.environ['STAGE']}-{table}"
    meta = type("Meta", (), {"table_name": name, "host": os.environ["AWS_ENDPOINT_URL"], "region": "us-east-1"})
    return type(table.title().replace("-", ""), (Model,), {"Meta": meta, "key_": UnicodeAttribute(True, attr_name=key)})


models = [model(table, key) for table, key in TABLES.items()]
report(lambda: [found.count("nobody") for found in models])
