"""Lambda layers: packages too large for the bundle, for the functions that name them (`QueueOptions.layer`)."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import config
from infra.deploy import handlers
from infra.deploy.packaging import bytecode
from infra.deploy.packaging.names import STORE_API

Properties = dict[str, Any]

DUCKDB, SQL = "duckdb", "sql"
PACKAGES = {DUCKDB: ("duckdb",), SQL: ("psycopg", "psycopg-binary", "pymysql", "sqlalchemy")}
"""By layer: packages of requirements-dev.txt. What else they need is in the bundle (typing_extensions) or never imported."""
SCRATCH_MEGABYTES = 4096
"""The size of /tmp of functions with DuckDB, which reads up to 1 GB of files there, and spills what memory lacks."""
SUBNETS, SECURITY_GROUPS = "SqlSubnets", "SqlSecurityGroups"
"""Parameters with comma-separated ids: where functions with SQL drivers reach servers without a public address."""
IN_VPC = "SqlInVpc"
VPC_ACCESS = "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"


def by_function() -> dict[str, str]:
    """Return the layer of each function that has one."""
    declared = {each.name: each.options.layer for each in handlers.consumers() if each.options.layer}
    return {STORE_API: SQL, **declared}


def layer_id(layer: str) -> str:
    """Return the layer's id in the templates."""
    return f"{layer.capitalize()}Layer"


def layer_key(layer: str) -> str:
    """Return the templates' parameter for the S3 key of the layer's zip."""
    return f"{layer_id(layer)}Key"


def resource(layer: str) -> dict[str, Any]:
    """Return the layer's resource."""
    return {
        "Type": "AWS::Lambda::LayerVersion",
        "Properties": {
            "LayerName": f"{config.settings().namespace}-{layer}",
            "CompatibleRuntimes": [bytecode.RUNTIME],
            "CompatibleArchitectures": ["x86_64"],
            "Content": {"S3Bucket": {"Ref": "ArtefactBucket"}, "S3Key": {"Ref": layer_key(layer)}},
        },
    }


def function_properties(layer: str) -> Properties:
    """Return the properties of a function with the layer: with DuckDB more of /tmp, with SQL drivers the VPC, if any."""
    properties: Properties = {"Layers": [{"Ref": layer_id(layer)}]}
    if layer == DUCKDB:
        return properties | {"EphemeralStorage": {"Size": SCRATCH_MEGABYTES}}
    inside = {"SubnetIds": {"Ref": SUBNETS}, "SecurityGroupIds": {"Ref": SECURITY_GROUPS}}
    return properties | {"VpcConfig": {"Fn::If": [IN_VPC, inside, {"Ref": "AWS::NoValue"}]}}


def role_properties(layer: str) -> Properties:
    """Return the properties of the role of a function with the layer: Lambda creates its network interfaces with it."""
    if layer != SQL:
        return {}
    return {"ManagedPolicyArns": {"Fn::If": [IN_VPC, [{"Fn::Sub": VPC_ACCESS}], {"Ref": "AWS::NoValue"}]}}


def parameters() -> dict[str, Any]:
    """Return the templates' parameters of the layers and of the VPC. An empty list of subnets: no VPC."""
    keys = {layer_key(name): f"The key of the layer {name} in it" for name in sorted(set(by_function().values()))}
    lists = {SUBNETS: "Subnets of functions with SQL drivers", SECURITY_GROUPS: "Their security groups"}
    return {name: {"Type": "String", "Description": about} for name, about in keys.items()} | {
        name: {"Type": "CommaDelimitedList", "Default": "", "Description": about} for name, about in lists.items()
    }


def conditions() -> dict[str, Any]:
    """Return the condition under which functions with SQL drivers run in a VPC."""
    return {IN_VPC: {"Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": SUBNETS}]}, ""]}]}}
