"""The Backroom app: the contexts in it, no logic. Each context's `contents.py` lists its paths."""

from chalicelib.analytics import contents as analytics
from chalicelib.billing import contents as billing
from chalicelib.discounts import contents as discounts
from chalicelib.kit import contents as kit
from chalicelib.kit.http import problem_details
from chalicelib.kit.lazy_app import LazyChalice
from chalicelib.operator import contents as operator
from chalicelib.platform import contents as platform
from chalicelib.retention import contents as retention
from chalicelib.shops import contents as shops
from chalicelib.studio import contents as studio
from chalicelib.together import contents as together

app = LazyChalice(
    "backroom",
    kit.BLUEPRINTS,
    shops.BLUEPRINTS,
    billing.BLUEPRINTS,
    analytics.BLUEPRINTS,
    discounts.BLUEPRINTS,
    studio.BLUEPRINTS,
    together.BLUEPRINTS,
    platform.BLUEPRINTS,
    retention.BLUEPRINTS,
    operator.BLUEPRINTS,
)
app.register_middleware(problem_details, "http")
