"""What robots.txt allows, by the examples of RFC 9309 and Google's documentation of its parser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.discounts.domain.robots import is_allowed

AGENT = "BackroomPrices"

RFC_9309_SIMPLE = """User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-Agent: barbot
User-Agent: bazbot
Disallow: /example/page.html

User-Agent: quxbot

EOF
"""


@pytest.mark.parametrize(
    ("agent", "target", "allowed"),
    [
        ("anybot", "/example/page.html", False),
        ("anybot", "/publications/", True),
        ("anybot", "/pictures/a.gif", False),
        ("anybot", "/pictures/a.gif?b", True),
        ("foobot", "/publications/", False),
        ("foobot", "/example/page.html", True),
        ("FooBot", "/example/allowed.gif", True),
        ("barbot", "/example/page.html", False),
        ("bazbot", "/example/page.html", False),
        ("bazbot", "/example/", True),
        ("quxbot", "/example/page.html", True),
    ],
)
def test_the_example_of_the_rfc(agent: str, target: str, allowed: bool) -> None:
    """RFC 9309, 5.1."""
    assert is_allowed(RFC_9309_SIMPLE, agent, target) is allowed


def test_the_longest_match_decides() -> None:
    """RFC 9309, 5.2."""
    robots = "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n"
    assert not is_allowed(robots, "foobot", "/example/page/disallowed.gif")
    assert is_allowed(robots, "foobot", "/example/page/other.gif")


@pytest.mark.parametrize(
    ("rules", "target", "allowed"),
    [
        # Google, "How Google interprets the robots.txt specification": order of precedence, URL matching
        ("Allow: /p\nDisallow: /", "/page", True),
        ("Allow: /folder\nDisallow: /folder", "/folder/page", True),
        ("Allow: /page\nDisallow: /*.htm", "/page.htm", False),
        ("Allow: /page\nDisallow: /*.ph", "/page.php5", True),
        ("Allow: /$\nDisallow: /", "/", True),
        ("Allow: /$\nDisallow: /", "/page.htm", False),
        ("Disallow: /fish", "/fish.html", False),
        ("Disallow: /fish", "/Fish.asp", True),
        ("Disallow: /fish", "/catfish", True),
        ("Disallow: /fish*", "/fishheads/yummy.html", False),
        ("Disallow: /fish/", "/fish", True),
        ("Disallow: /fish/", "/fish/salmon.htm", False),
        ("Disallow: /*.php", "/folder/any.php.file.html", False),
        ("Disallow: /*.php", "/windows.PHP", True),
        ("Disallow: /*.php$", "/filename.php", False),
        ("Disallow: /*.php$", "/filename.php?parameters", True),
        ("Disallow: /*.php$", "/filename.php5", True),
        ("Disallow: /fish*.php", "/fishheads/catfish.php?parameters", False),
        ("Disallow: /fish*.php", "/Fish.PHP", True),
        # Shopify's default file
        ("Disallow: /*?*variant=*", "/products/a?variant=1", False),
        ("Disallow: /collections/*+*", "/collections/a+b", False),
        ("Disallow: /", "/anything", False),
        ("Disallow:", "/anything", True),
        ("", "/anything", True),
        # RFC 9309, 2.2.2: encoded and plain characters are the same
        ("Disallow: /foo/bar/ツ", "/foo/bar/%E3%83%84", False),
        ("Disallow: /foo/bar/%62%61%7A", "/foo/bar/baz", False),
        ("Disallow: /a%3cd", "/a%3Cd", False),
        ("Disallow: /a # comment", "/a", False),
    ],
)
def test_patterns(rules: str, target: str, allowed: bool) -> None:
    assert is_allowed(f"user-agent : *\r\n{rules}", AGENT, target) is allowed


def test_groups_of_our_name_count_together_instead_of_the_general_one() -> None:
    robots = "User-agent: backroomprices/2.0\nDisallow: /a\n\nUser-agent: *\nDisallow: /\n\nUser-agent: BackroomPrices\nDisallow: /b"
    assert [is_allowed(robots, AGENT, path) for path in ("/a", "/b", "/c")] == [False, False, True]
    assert not is_allowed("\ufeffUser-agent: *\nDisallow: /", AGENT, "/c")
    assert is_allowed("Disallow: /\nUser-agent: *\nCrawl-delay: 5", AGENT, "/c")  # a rule without a group
    assert is_allowed("<html>User-agent is not here</html>", AGENT, "/c")


def test_a_hostile_file_takes_no_time() -> None:
    stars = "User-agent: *\n" + f"Disallow: /{'*a' * 900}$\n" * 200
    assert is_allowed(stars, AGENT, "/" + "a" * 500 + "b")


@given(st.text(max_size=200), st.text(max_size=40))
def test_any_text_gives_an_answer(robots: str, path: str) -> None:
    assert is_allowed(robots, AGENT, f"/{path}") in (True, False)
