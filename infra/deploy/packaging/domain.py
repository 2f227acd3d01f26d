"""The API's address: a custom domain if the stage has one, or the execute-api address with the path of its stage (ADR 45).

Sources: CloudFormation's reference of AWS::ApiGateway::DomainName and AWS::ApiGateway::BasePathMapping, and the developer
guide of API Gateway, "Set up a Regional custom domain name". A regional domain name needs a certificate of ACM in the
region of the API.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chalicelib.kit import aws
from infra.deploy.packaging.errors import PackagingFailed
from infra.deploy.packaging.names import API_STAGE

DOMAIN, CERTIFICATE, EXECUTE_API = "DomainName", "CertificateArn", "ExecuteApiEndpoint"
"""Parameters of the API's template."""
OPEN, CLOSED = "open", "closed"
HAS_DOMAIN, CLOSES_EXECUTE_API = "HasDomain", "ClosesExecuteApi"
API_DOMAIN, API_MAPPING = "ApiDomain", "ApiMapping"
_DOMAIN = r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}"
_CERTIFICATE = re.compile(r"arn:aws[a-z-]*:acm:([a-z0-9-]+):\d{12}:certificate/[0-9a-f-]+")


class InvalidDomain(PackagingFailed):
    """The domain or its certificate cannot be used; the message says why."""


def check(domain: str | None, certificate: str | None, region: str) -> None:
    """Raise InvalidDomain if a domain is malformed or has no certificate of ACM in the region. None: nothing to check."""
    if not domain:
        return
    if len(domain) > 253 or not re.fullmatch(_DOMAIN, domain):
        raise InvalidDomain(f"{domain} is no host name; expected lower-case letters as in api.example.com")
    match = _CERTIFICATE.fullmatch(certificate or "")
    if match is None:
        raise InvalidDomain(f"{domain} needs a certificate: CERTIFICATE=arn:aws:acm:{region}:…:certificate/…")
    if match[1] != region:
        raise InvalidDomain(f"The certificate is in {match[1]}; API Gateway in {region} needs one of {region}")


def parameters() -> dict[str, Any]:
    """Return the declarations of the template's parameters. Empty values: no domain."""
    text = {"Type": "String", "Default": ""}
    about = f"Whether the execute-api address also answers while there is a domain: {OPEN} or {CLOSED}"
    return {
        DOMAIN: {**text, "AllowedPattern": f"^({_DOMAIN})?$", "Description": "The API's custom domain"},
        CERTIFICATE: {**text, "Description": "The ARN of its certificate, of ACM in the same region"},
        EXECUTE_API: {"Type": "String", "AllowedValues": [OPEN, CLOSED], "Default": CLOSED, "Description": about},
    }


def conditions() -> dict[str, Any]:
    """Return the conditions: the stage has a domain; it has one, and the execute-api address is closed."""
    has_domain = {"Fn::Not": [{"Fn::Equals": [{"Ref": DOMAIN}, ""]}]}
    is_closed = {"Fn::Equals": [{"Ref": EXECUTE_API}, CLOSED]}
    return {HAS_DOMAIN: has_domain, CLOSES_EXECUTE_API: {"Fn::And": [has_domain, is_closed]}}


def api_properties() -> dict[str, Any]:
    """Return the properties that close the API's execute-api address: clients cannot avoid the domain's TLS policy."""
    return {"DisableExecuteApiEndpoint": {"Fn::If": [CLOSES_EXECUTE_API, True, False]}}


def resources() -> dict[str, dict[str, Any]]:
    """Return the domain name and its mapping to the API's stage, at the root: the path of the stage is no part of URLs."""
    name = {
        "DomainName": {"Ref": DOMAIN},
        "RegionalCertificateArn": {"Ref": CERTIFICATE},
        "EndpointConfiguration": {"Types": ["REGIONAL"]},
        "SecurityPolicy": "TLS_1_2",
    }
    mapping = {
        "DomainName": {"Ref": API_DOMAIN},
        "RestApiId": {"Ref": "RestAPI"},
        "Stage": {"Ref": "RestAPI.Stage"},  # also makes CloudFormation wait for the stage
    }
    return {
        API_DOMAIN: {"Type": "AWS::ApiGateway::DomainName", "Condition": HAS_DOMAIN, "Properties": name},
        API_MAPPING: {"Type": "AWS::ApiGateway::BasePathMapping", "Condition": HAS_DOMAIN, "Properties": mapping},
    }


def public_url() -> dict[str, Any]:
    """Return the API's address, without a slash at its end."""
    execute_api = f"https://${{RestAPI}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/{API_STAGE}"
    return {"Fn::If": [HAS_DOMAIN, {"Fn::Sub": f"https://${{{DOMAIN}}}"}, {"Fn::Sub": execute_api}]}


def outputs() -> dict[str, Any]:
    """Return the API's address, and for a domain the target of its DNS record with the hosted zone of an alias in Route 53."""
    attributes = {"DnsTarget": "RegionalDomainName", "DnsTargetHostedZoneId": "RegionalHostedZoneId"}
    targets = {
        name: {"Condition": HAS_DOMAIN, "Value": {"Fn::GetAtt": [API_DOMAIN, attribute]}}
        for name, attribute in attributes.items()
    }
    return {"PublicUrl": {"Value": public_url()}, **targets}


def publish_changes(given: Mapping[str, str | None], rest_api: str) -> None:
    """Deploy the API again if this deployment named the domain or whether the execute-api address is open.

    API Gateway applies that only with a deployment (developer guide, "Disable the default endpoint for REST APIs"), and
    SAM makes none: it compares the text of the API's document, in which the parameters are references.
    """
    if given.get(DOMAIN) is not None or given.get(EXECUTE_API) is not None:
        aws.client("apigateway").create_deployment(restApiId=rest_api, stageName=API_STAGE)
