"""Supabase: projects in an owner's organization, by the Management API."""
