"""Checks of the names that become part of a URL or host of Supabase.

Source: the OpenAPI document of the Management API (api.supabase.com/api/v1): a project ref is 20 letters.
"""

from __future__ import annotations

import re

from chalicelib.integrations.supabase.errors import InvalidSupabaseName

_REF = re.compile(r"[a-z]{20}")
_ORGANIZATION = re.compile(r"[A-Za-z0-9_-]{1,64}")
_REGION = re.compile(r"[a-z]{2}-[a-z]{4,9}-[1-9]")
"""A code of an AWS region, such as `ap-southeast-1`."""
_POOLER = re.compile(r"aws-[0-9]{1,2}-[a-z]{2}-[a-z]{4,9}-[1-9]\.pooler\.supabase\.com")


def checked_ref(text: str) -> str:
    """Return the project ref. Raises InvalidSupabaseName if it is none."""
    return _checked(_REF, text, "project ref")


def checked_organization(text: str) -> str:
    """Return the organization's slug. Raises InvalidSupabaseName if it is none."""
    return _checked(_ORGANIZATION, text, "organization")


def checked_region(text: str) -> str:
    """Return the region's code. Raises InvalidSupabaseName if it is none."""
    return _checked(_REGION, text, "region")


def checked_pooler_host(text: str) -> str:
    """Return the host of a pooler. Raises InvalidSupabaseName if it is none of Supabase's."""
    return _checked(_POOLER, text, "pooler")


def _checked(pattern: re.Pattern[str], text: str, kind: str) -> str:
    if not pattern.fullmatch(text):
        raise InvalidSupabaseName(f"This is no {kind} of Supabase.")
    return text
