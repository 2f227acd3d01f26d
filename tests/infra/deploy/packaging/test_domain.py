"""The API's address in the templates: a custom domain, or the execute-api address."""

from __future__ import annotations

from typing import Any

import pytest

from infra.deploy.packaging import domain, gateway
from infra.deploy.packaging.domain import InvalidDomain
from infra.deploy.packaging.gateway import InvalidOrigins
from infra.deploy.packaging.names import HTTP_FUNCTIONS, logical
from tests.infra.deploy.packaging.conftest import Packaged, of_type, read, run_packaging, united

CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/6f4c1a52-0000-4d2e-9a3e-3d0b0a1f0c11"
EXECUTE_API = {"Fn::Sub": "https://${RestAPI}.execute-api.${AWS::Region}.${AWS::URLSuffix}/api"}


@pytest.fixture(scope="module")
def api(packaged: Packaged) -> dict[str, Any]:
    return read(packaged("prod") / "api.json")


def test_functions_get_the_domain_or_the_execute_api_address(api: dict[str, Any], packaged: Packaged) -> None:
    """The functions of the API compute it as the output does; all others get the output as a parameter."""
    address = {"Fn::If": ["HasDomain", {"Fn::Sub": "https://${DomainName}"}, EXECUTE_API]}
    assert api["Outputs"]["PublicUrl"] == {"Value": address}
    serving = {logical(name) for name in HTTP_FUNCTIONS.values()}
    for name, body in of_type(united(packaged("prod")), "AWS::Serverless::Function").items():
        variables = body["Environment"]["Variables"]
        assert variables["PUBLIC_URL"] == (address if name in serving else {"Ref": "PublicUrl"})
        assert variables.get("CORS_ORIGINS") == ({"Ref": "CorsOrigins"} if name in serving else None)


def test_without_parameters_a_stage_has_no_domain_and_no_origins(api: dict[str, Any]) -> None:
    defaults = {name: api["Parameters"][name]["Default"] for name in (*domain.parameters(), gateway.CORS_ORIGINS)}
    assert defaults == {"DomainName": "", "CertificateArn": "", "ExecuteApiEndpoint": "closed", "CorsOrigins": ""}
    assert api["Conditions"]["HasDomain"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "DomainName"}, ""]}]}
    for name in ("ApiDomain", "ApiMapping"):
        assert api["Resources"][name]["Condition"] == "HasDomain"
    for name in ("DnsTarget", "DnsTargetHostedZoneId"):
        assert api["Outputs"][name]["Condition"] == "HasDomain"


def test_the_domain_is_regional_with_tls_1_2_and_maps_its_root_to_the_stage(api: dict[str, Any]) -> None:
    name, mapping = (api["Resources"][each]["Properties"] for each in ("ApiDomain", "ApiMapping"))
    assert (name["SecurityPolicy"], name["EndpointConfiguration"]) == ("TLS_1_2", {"Types": ["REGIONAL"]})
    assert mapping["Stage"] == {"Ref": "RestAPI.Stage"}
    assert "BasePath" not in mapping


def test_the_execute_api_address_is_closed_with_a_domain_unless_it_is_left_open(api: dict[str, Any]) -> None:
    closes = api["Conditions"]["ClosesExecuteApi"]["Fn::And"]
    assert closes == [api["Conditions"]["HasDomain"], {"Fn::Equals": [{"Ref": "ExecuteApiEndpoint"}, "closed"]}]
    closed = api["Resources"]["RestAPI"]["Properties"]["DisableExecuteApiEndpoint"]
    assert closed == {"Fn::If": ["ClosesExecuteApi", True, False]}


def test_the_gateways_own_responses_can_be_read_by_every_page(api: dict[str, Any]) -> None:
    """They are the same for every caller; a throttled page sees the status and when to retry."""
    responses = api["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["x-amazon-apigateway-gateway-responses"]
    for response in responses.values():
        headers = response["responseParameters"]
        assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"
        assert headers["gatewayresponse.header.Access-Control-Expose-Headers"] == "'Retry-After'"


@pytest.mark.parametrize("name", ["api.example.com", "a.b-c.example.museum", "xn--bcher-kva.example"])
def test_a_domain_with_a_certificate_of_the_region_is_accepted(name: str) -> None:
    domain.check(name, CERTIFICATE, "eu-central-1")
    domain.check(None, None, "eu-central-1")


@pytest.mark.parametrize(
    ("name", "certificate", "reason"),
    [
        ("https://api.example.com", CERTIFICATE, "no host name"),
        ("API.example.com", CERTIFICATE, "no host name"),
        ("localhost", CERTIFICATE, "no host name"),
        ("api.example.com/v1", CERTIFICATE, "no host name"),
        (f"{'a' * 60}." * 5 + "example", CERTIFICATE, "no host name"),
        ("api.example.com", None, "needs a certificate"),
        ("api.example.com", CERTIFICATE.replace("acm", "iam"), "needs a certificate"),
        ("api.example.com", CERTIFICATE.replace("eu-central-1", "us-east-1"), "in us-east-1"),
    ],
)
def test_another_domain_or_certificate_is_refused(name: str, certificate: str | None, reason: str) -> None:
    with pytest.raises(InvalidDomain, match=reason):
        domain.check(name, certificate, "eu-central-1")


def test_malformed_origins_are_refused() -> None:
    gateway.check_origins("https://shop.example,http://localhost:3000")
    gateway.check_origins(None)
    with pytest.raises(InvalidOrigins, match=r"shop\.example/"):
        gateway.check_origins("https://shop.example/")


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [("--domain", "api.example.com", "needs a certificate"), ("--cors-origins", "*", "CORS_ORIGINS has *")],
)
def test_the_command_refuses_them_before_it_calls_aws(option: str, value: str, reason: str) -> None:
    result = run_packaging("deploy", "--stage", "dev", option, value, AWS_ENDPOINT_URL="http://127.0.0.1:1")
    assert result.returncode == 1
    assert reason in result.stderr
