"""The text that `make run` prints when the stack is ready."""

from __future__ import annotations

from infra.local.couple import EMAILS, PASSWORD
from infra.local.environment import HOST, Plan
from infra.local.seed import SHOP


def addresses(plan: Plan) -> dict[str, str]:
    """Return the addresses of a stack that is ready, by service."""
    return {
        "api": plan.api_url,
        "shopify": f"http://{HOST}:{plan.shopify_port}" if plan.sandbox_shopify else "",
        "stripe": f"http://{HOST}:{plan.stripe_port}" if plan.sandbox_stripe else "",
        "aws": plan.environment["AWS_ENDPOINT_URL"],
        "mailbox": plan.mailbox_url if plan.embedded_aws else "",
        "supabase": f"http://{HOST}:{plan.supabase_port}",
        "postgresql": f"{HOST}:{plan.postgresql_port}",
        "mariadb": f"{HOST}:{plan.mariadb_port}",
        "state": str(plan.state_dir),
    }


def text(plan: Plan, seconds: float) -> str:
    """Return the URLs of the stack and the first commands to try."""
    shopify = f"http://{HOST}:{plan.shopify_port} (sandbox)" if plan.sandbox_shopify else "your test credentials"
    stripe = f"http://{HOST}:{plan.stripe_port} (sandbox)" if plan.sandbox_stripe else "your test credentials"
    aws = plan.environment["AWS_ENDPOINT_URL"] + (" (embedded)" if plan.embedded_aws else "")
    mailbox = plan.mailbox_url if plan.embedded_aws else "the inboxes of the recipients"
    return f"""
Backroom is ready after {seconds:.1f} s.

  API       {plan.api_url}
  Shopify   {shopify}
  Stripe    {stripe}
  AWS       {aws}
  mailbox   {mailbox}
  Supabase  http://{HOST}:{plan.supabase_port} (sandbox)
  SQL       PostgreSQL {HOST}:{plan.postgresql_port}, MariaDB {HOST}:{plan.mariadb_port}; each starts at the first connection
  state     {plan.state_dir}

Open {plan.api_url}/ in a browser: it leads to the couples app, the shop, the merchant's admin, the
operator's console and the API reference. The couples app has a couple with 60 days of history: sign in as
{EMAILS[0]} or {EMAILS[1]} with the password "{PASSWORD}".

Try, in another terminal:
  make demo                        run the main workflow with a real photo
  curl {plan.api_url}/ready
  curl -i '{plan.api_url}/shopify/studio/auth?shop={SHOP}'      start an OAuth install
  .venv/bin/backroom tick retention-start_sweep   run a schedule now
  .venv/bin/backroom ops --help    list operator commands

A change of the code is served at once.

Ctrl-C stops the stack; stored data stays for the next run."""
