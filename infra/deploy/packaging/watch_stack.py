"""The watch stack: alarms, the topic that they publish to, and the dashboard. It refers to other resources by name."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import config
from infra.deploy.packaging import alarms, dashboard


def template() -> dict[str, Any]:
    """Return the CloudFormation template of this process's stage."""
    email = {"Type": "String", "Default": "", "Description": "Address for alarm notifications; none if empty"}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"{config.settings().namespace}: alarms and dashboard",
        "Parameters": {alarms.ALARM_EMAIL: email},
        "Conditions": {alarms.EMAIL_GIVEN: {"Fn::Not": [{"Fn::Equals": [{"Ref": alarms.ALARM_EMAIL}, ""]}]}},
        "Resources": alarms.resources() | {"Dashboard": dashboard.resource()},
        "Outputs": {"AlarmTopicArn": {"Value": {"Ref": "AlarmTopic"}}},
    }
