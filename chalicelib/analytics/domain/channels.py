"""The channel of a visit, by the tags and the referrer of its first page."""

from __future__ import annotations

import json
from enum import StrEnum
from urllib.parse import urlsplit


class Channel(StrEnum):
    """How a visitor came."""

    DIRECT = "direct"
    SEARCH = "search"
    SOCIAL = "social"
    EMAIL = "email"
    PAID = "paid"
    REFERRAL = "referral"


_PAID = {"cpc", "ppc", "cpm", "cpv", "cpa", "paid", "paidsearch", "paid_search", "paid-search", "paidsocial", "paid_social",
         "paid-social", "display", "banner", "retargeting"}  # fmt: skip
_EMAIL = {"email", "e-mail", "e_mail", "mail", "newsletter"}
_SOCIAL_MEDIA = {"social", "social-network", "social_network", "social-media", "social_media", "sm"}
_SEARCH_SITES = {
    "google",
    "bing",
    "yahoo",
    "duckduckgo",
    "ecosia",
    "baidu",
    "yandex",
    "qwant",
    "startpage",
    "brave",
    "naver",
}
_SOCIAL_SITES = {"facebook", "fb", "instagram", "twitter", "x", "t", "linkedin", "lnkd", "pinterest", "reddit", "tiktok",
                 "youtube", "youtu", "whatsapp", "wa", "telegram", "threads", "bsky", "mastodon", "snapchat"}  # fmt: skip
_SHORT_DOMAINS = {"t": "t.co", "x": "x.com", "fb": "fb.com", "wa": "wa.me", "youtu": "youtu.be"}
_MAIL_HOSTS = ("mail.", "webmail.", "outlook.")
_SECOND_LEVELS = {"co", "com", "org", "net"}


def channel_of(referrer: str | None, utm: str | None) -> Channel:
    """Return the channel of a visit. `utm` is a JSON object of `utm_*` tags; the tags decide before the referrer.

    Follows the order of Google Analytics' default channel groups: paid, then email, social and search.
    """
    tags = _tags(utm)
    medium, source = tags.get("utm_medium", ""), tags.get("utm_source", "")
    host = _host(referrer)
    site = _site(host)
    if medium in _PAID:
        return Channel.PAID
    if medium in _EMAIL or source in _EMAIL or host.startswith(_MAIL_HOSTS):
        return Channel.EMAIL
    if medium in _SOCIAL_MEDIA or source in _SOCIAL_SITES or _is_social(site, host):
        return Channel.SOCIAL
    if medium == "organic" or source in _SEARCH_SITES or site in _SEARCH_SITES:
        return Channel.SEARCH
    return Channel.REFERRAL if host or medium or source else Channel.DIRECT


def _tags(utm: str | None) -> dict[str, str]:
    try:
        tags = json.loads(utm) if utm else {}
    except ValueError:
        return {}
    if not isinstance(tags, dict):
        return {}
    names = ((key if key.startswith("utm_") else f"utm_{key}", value) for key, value in tags.items())
    return {name: str(value).strip().lower() for name, value in names}


def _host(referrer: str | None) -> str:
    """Return the host of a referrer, which is a URL or a host alone; empty if there is none."""
    if not referrer:
        return ""
    try:
        host = urlsplit(referrer if "://" in referrer else f"//{referrer}").hostname
    except ValueError:
        return ""
    return (host or "").removeprefix("www.")


def _site(host: str) -> str:
    """Return the name that the host's domain registered: `google` of `www.google.co.uk`."""
    labels = host.split(".")[:-1]
    if len(labels) > 1 and labels[-1] in _SECOND_LEVELS:
        labels.pop()
    return labels[-1] if labels else ""


def _is_social(site: str, host: str) -> bool:
    return site in _SOCIAL_SITES and (site not in _SHORT_DOMAINS or host.endswith(_SHORT_DOMAINS[site]))
