import re
from dataclasses import replace
from html.parser import HTMLParser

from conformance.report.audit import html


class Page(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.references, self.handlers = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.references += [value for name, value in attributes if name in ("src", "href", "action")]
        self.handlers += [name for name, _ in attributes if name.startswith("on")]


def test_the_page_needs_nothing_but_itself(audit, policies, lines):
    rendered = html.render(audit, policies, lines=lines)
    page = Page(rendered)
    assert page.references == []
    assert page.handlers == []
    assert page.tags.count("script") == page.tags.count("style") == 1
    assert "default-src 'none'" in rendered
    assert not re.search(r"url\(|@import|https?:", rendered)
    assert rendered.isascii()


def test_the_page_shows_every_part_of_the_audit(audit, policies, lines):
    rendered = html.render(audit, policies, lines=lines)
    for said in ("HF_TOKEN is written out", "queues/a b.yaml", "is not YAML: a tab", "scaling/metric-exists needs",
                 "Expired waivers", "Waivers that cover nothing", "Waived", "must be nil when cohort is empty",
                 "kueue v0.19.2 clusterqueue_types.go", "1 error, 1 warning, 1 info in 5 objects of 5 files"):
        assert said in rendered


def test_nothing_that_a_manifest_says_is_markup(alone, policies):
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"' --> \x00\udcff $style"
    audit = alone(message=evil, object=f"Pod {evil}/x", file=evil, remedy=evil)
    rendered = html.render(replace(audit, undecided={evil: (evil,)}), policies, lines=lambda _: [f"k: {evil}"])
    page = Page(rendered)
    assert "img" not in page.tags
    assert page.handlers == []
    assert page.tags.count("script") == 1
    assert rendered.isascii()
