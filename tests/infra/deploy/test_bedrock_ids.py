"""Ids of Bedrock's models and profiles, and the grants that a caller needs."""

from __future__ import annotations

import pytest

from infra.deploy import bedrock_ids


@pytest.mark.parametrize(
    ("identifier", "model"),
    [
        ("us.stability.stable-fast-upscale-v1:0", "stability.stable-fast-upscale-v1:0"),
        ("eu.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
        ("us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
    ],
)
def test_a_profile_contains_the_id_of_its_model(identifier: str, model: str) -> None:
    assert bedrock_ids.is_profile(identifier)
    assert bedrock_ids.model_of(identifier) == model


@pytest.mark.parametrize("identifier", ["stability.sd3-5-large-v1:0", "deepseek.v3.2", "amazon.nova-lite-v1:0"])
def test_a_model_is_no_profile_although_its_id_has_points(identifier: str) -> None:
    assert not bedrock_ids.is_profile(identifier)
    assert bedrock_ids.callable_arns(identifier, "us-west-2") == [
        f"arn:${{AWS::Partition}}:bedrock:us-west-2::foundation-model/{identifier}"
    ]


def test_a_profile_needs_its_model_in_the_regions_of_its_geography_only() -> None:
    arns = bedrock_ids.callable_arns("eu.amazon.nova-lite-v1:0", "eu-west-1")

    assert arns == [
        "arn:${AWS::Partition}:bedrock:eu-west-1:${AWS::AccountId}:inference-profile/eu.amazon.nova-lite-v1:0",
        "arn:${AWS::Partition}:bedrock:eu-*::foundation-model/amazon.nova-lite-v1:0",
    ]


def test_a_profile_also_needs_its_model_in_the_callers_region_outside_of_its_geography() -> None:
    arns = bedrock_ids.callable_arns("us.amazon.nova-lite-v1:0", "ca-central-1")

    assert arns[1:] == [
        "arn:${AWS::Partition}:bedrock:us-*::foundation-model/amazon.nova-lite-v1:0",
        "arn:${AWS::Partition}:bedrock:ca-central-1::foundation-model/amazon.nova-lite-v1:0",
    ]
