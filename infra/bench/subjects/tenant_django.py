"""Create a tenant with django-tenants: tenant_django.py FOLDER TABLES DATABASE.

TABLES is a JSON file with the tables of a store, as `infra.bench.tenants` writes it. The login is in PG* variables.
The apps and their migrations are written to FOLDER, once. Prints the seconds of the tenant's creation.
"""

import os
import secrets
import sys
from pathlib import Path

import django  # type: ignore[import-not-found,unused-ignore]
from django.conf import settings  # type: ignore[import-not-found,unused-ignore]
from django.core.management import call_command  # type: ignore[import-not-found,unused-ignore]
from measure import report  # type: ignore[import-not-found,unused-ignore]

CUSTOMERS = """
from django.db import models
from django_tenants.models import DomainMixin, TenantMixin

class Client(TenantMixin):
    name = models.CharField(max_length=100)
    auto_create_schema = True

class Domain(DomainMixin):
    pass
"""
SHOP = """
import json
import os
from decimal import Decimal
from django.db import models

FIELDS = {
    "VARCHAR": lambda size, **o: models.CharField(max_length=int(size), **o),
    "NUMERIC": lambda digits, places, **o: models.DecimalField(max_digits=int(digits), decimal_places=int(places), **o),
    "TEXT": models.TextField,
    "UUID": models.UUIDField,
    "BOOLEAN": models.BooleanField,
    "INTEGER": models.IntegerField,
    "BIGINT": models.BigIntegerField,
    "SMALLINT": models.SmallIntegerField,
    "JSONB": models.JSONField,
    "TIMESTAMP": models.DateTimeField,
}

def field(column):
    options = {"null": column["null"], "unique": column["unique"]}
    if column["references"]:
        return models.ForeignKey(column["references"], models.CASCADE, related_name="+", db_index=column["index"],
                                 primary_key=False, db_column=column["name"], null=column["null"])
    return FIELDS[column["type"]](*column["arguments"], **options, db_index=column["index"])

for table in json.loads(open(os.environ["BENCH_TABLES"]).read()):
    constraints = [models.UniqueConstraint(fields=names, name=f"{table['name'][:20]}_{i}_uq")
                   for i, names in enumerate(table["unique"])]
    meta = type("Meta", (), {"db_table": table["name"], "constraints": constraints})
    members = {"__module__": __name__, "Meta": meta}
    for column in table["columns"]:
        if column["key"]:
            members["id"] = models.UUIDField(primary_key=True)
        else:
            members[column["name"].removesuffix("_id") if column["references"] else column["name"]] = field(column)
    globals()[table["name"].title().replace("_", "")] = type(table["name"].title().replace("_", ""), (models.Model,), members)
"""


def main() -> None:
    folder, tables, database = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    os.environ["BENCH_TABLES"] = tables
    is_new = not (folder / "shop").exists()
    if is_new:
        for name, models in (("tenants", CUSTOMERS), ("shop", SHOP)):
            (folder / name / "migrations").mkdir(parents=True)
            for file in ("__init__.py", "migrations/__init__.py"):
                (folder / name / file).touch()
            (folder / name / "models.py").write_text(models)
    sys.path.insert(0, str(folder))
    shared = ["django_tenants", "django.contrib.contenttypes", "tenants"]
    settings.configure(
        SECRET_KEY=secrets.token_hex(),
        DATABASES={
            "default": {
                "ENGINE": "django_tenants.postgresql_backend",
                "NAME": database,
                "USER": os.environ["PGUSER"],
                "PASSWORD": os.environ["PGPASSWORD"],
                "HOST": os.environ["PGHOST"],
                "PORT": os.environ["PGPORT"],
            }
        },
        DATABASE_ROUTERS=["django_tenants.routers.TenantSyncRouter"],
        SHARED_APPS=shared,
        TENANT_APPS=["shop"],
        INSTALLED_APPS=[*shared, "shop"],
        TENANT_MODEL="tenants.Client",
        TENANT_DOMAIN_MODEL="tenants.Domain",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
    if is_new:
        call_command("makemigrations", "tenants", "shop", verbosity=0)
        call_command("migrate_schemas", "--shared", verbosity=0)
    from tenants.models import Client  # type: ignore[import-not-found,unused-ignore]

    tenant = Client(schema_name=f"t_{secrets.token_hex(8)}", name="Tea House")
    report(lambda: tenant.save(verbosity=0))


main()
