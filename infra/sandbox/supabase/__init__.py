"""A Supabase on this machine: its Management API, and projects that are databases of a local PostgreSQL."""

from infra.sandbox.supabase.sandbox import SANDBOX_ACCESS_TOKEN, SANDBOX_ORGANIZATIONS, SupabaseSandbox

__all__ = ["SANDBOX_ACCESS_TOKEN", "SANDBOX_ORGANIZATIONS", "SupabaseSandbox"]
