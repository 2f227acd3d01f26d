"""A simple clean-up with boto3's scan and batch writer. With `copy`, it first copies the rows to an archive table.

It has no conditions on its deletes, verifies nothing, and starts over after a crash.
"""

import sys
from typing import Any

import boto3
from boto3.dynamodb.conditions import Attr

from infra.bench.subjects.measure import report

source, counts, cut_off, *copy = sys.argv[1:]
table = boto3.resource("dynamodb").Table(source)
archive = boto3.resource("dynamodb").Table(copy[0]) if copy else None
key = [part["AttributeName"] for part in table.key_schema]


def clean_up() -> None:
    start: dict[str, Any] = {}
    while True:
        page = table.scan(FilterExpression=Attr(counts).lte(cut_off), ConsistentRead=True, **start)
        if archive:
            with archive.batch_writer() as batch:
                for row in page["Items"]:
                    batch.put_item(Item=row)
        with table.batch_writer() as batch:
            for row in page["Items"]:
                batch.delete_item(Key={name: row[name] for name in key})
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


print("ready", flush=True)
sys.stdin.readline()
report(clean_up)
