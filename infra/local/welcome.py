"""What the terminal shows when the stack is up."""

from __future__ import annotations

from infra.local.environment import HOST, Plan
from infra.local.seed import PRODUCT, SHOP


def text(plan: Plan, seconds: float) -> str:
    """Where everything is and what to try first."""
    shopify = f"http://{HOST}:{plan.shopify_port} (sandbox)" if plan.sandbox_shopify else "your test credentials"
    stripe = f"http://{HOST}:{plan.stripe_port} (sandbox)" if plan.sandbox_stripe else "your test credentials"
    page = f"http://{HOST}:{plan.shopify_port}/{SHOP}/products/{PRODUCT}"
    admin = f"http://{HOST}:{plan.shopify_port}/{SHOP}/admin/apps/studio"
    browser = f"In a browser, as a shopper and as the merchant:\n  {page}\n  {admin}\n\n"
    storefront = browser if plan.sandbox_shopify else ""
    aws = plan.environment["AWS_ENDPOINT_URL"] + (" (embedded)" if plan.embedded_aws else "")
    return f"""
Backroom is up, in {seconds:.1f} s.

  API       {plan.api_url}        every route: {plan.api_url}/docs
  Shopify   {shopify}
  Stripe    {stripe}
  AWS       {aws}
  state     {plan.state_dir}

{storefront}Try, in another terminal:
  make demo                        walk the main job on a real photo
  curl {plan.api_url}/ready
  curl -i '{plan.api_url}/shopify/studio/auth?shop={SHOP}'      begin an install
  make tick NAME=retention-start_sweep   fire a schedule now
  make ops ARGS=--help             operator commands

Ctrl-C stops it; what is stored stays for the next run."""
