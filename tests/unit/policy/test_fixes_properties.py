"""Whatever the layout: a splice changes the data at its path and nowhere else, and comments stay."""

import json
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.model.finding import Fix
from conformance.policy import fixes
from conformance.policy.sources import Manifest, manifests_in

KEYS = st.sampled_from(["name", "a", "b/c", "on", "1", "x y", "nvidia.com/gpu", "#", "ü", "-", "value"])
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.just(0.5),
    st.sampled_from(["", "x", "true", "null", "1", "0x1", "a: b", "a #b", "# c", "- x", "it's", '"q"', "{x}", "[", "%a",
                     "日本", "two\nlines", "trailing\n", " lead", "*x", "&y", "!z", "|", "@", "`", "a,b", "1:30", "😀"]),
    st.text(max_size=5).filter(str.isprintable))
VALUES = st.recursive(SCALARS, lambda inner: st.one_of(
    st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)), max_leaves=8)
BODIES = st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)


class Writer:
    """Writes data as YAML, each part in a style that the draw picks."""

    def __init__(self, draw):
        self.draw, self.comments = draw, {}

    def pick(self, *choices):
        return self.draw(st.sampled_from(choices))

    def scalar(self, value, flow):
        if not isinstance(value, str):
            return json.dumps(value)
        forms = [json.dumps(value, ensure_ascii=False)]
        if value.isprintable():
            forms.append("'" + value.replace("'", "''") + "'")
        if re.fullmatch("[a-z][a-z]*", value) and value not in ("on", "true", "null", "y", "n", "no", "yes", "off"):
            forms.append(value)
        return self.pick(*forms)

    def flow(self, value):
        if isinstance(value, dict):
            inner = [f"{self.scalar(key, True)}: {self.flow(item)}" for key, item in value.items()]
            opening, closing = "{}"
        elif isinstance(value, list):
            inner, (opening, closing) = [self.flow(item) for item in value], "[]"
        else:
            return self.scalar(value, True)
        space = self.pick("", " ")
        return opening + space + self.pick(", ", " , ").join(inner) + space + closing

    def comment(self, path):
        name = f"c{len(self.comments)}c"
        self.comments[name] = path
        return f"# {name}"

    def rows(self, value, path):
        """Return the rows of a value in block style, where it has one, else None."""
        if not isinstance(value, dict | list) or not value or self.pick(True, False, False, False):
            return None
        rows = []
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if self.pick(True, False, False):
                rows.append(self.comment(None))
            head = "-" if isinstance(step, int) else f"{self.scalar(step, False)}:"
            block = self.rows(inner, (*path, step))
            if block is None:
                text = self.pick("", self.flow(inner)) if inner is None else self.flow(inner)
                if isinstance(inner, str) and "\n" in inner and self.pick(True, False):
                    text = ("|" if inner.endswith("\n") else "|-") + "".join(f"\n  {row}" for row in inner.splitlines())
                    rows += f"{head} {text}".split("\n")
                    continue
                tail = f"  {self.comment((*path, step))}" if self.pick(True, False, False) else ""
                rows.append(f"{head} {text}{tail}".rstrip())
            elif isinstance(step, int) and not block[0].startswith("#"):
                rows += [f"- {block[0]}", *(f"  {row}" for row in block[1:])]
            else:
                indent = "" if isinstance(inner, list) and isinstance(step, str) and self.pick(True, False) else \
                    self.pick("  ", "    ")
                rows += [head, *(indent + row for row in block)]
        return rows


def paths(data, path=()):
    """Yield the way to every part, and to what could be put into each."""
    yield path
    if isinstance(data, dict):
        for key, inner in data.items():
            yield from paths(inner, (*path, key))
        yield (*path, "new")
        yield (*path, "new", "er")
        yield (*path, "new", 0)
    elif isinstance(data, list):
        for index, inner in enumerate(data):
            yield from paths(inner, (*path, index))
        yield (*path, len(data))
    elif data is None:
        yield (*path, "new")


@st.composite
def cases(draw):
    writer = Writer(draw)
    body = draw(BODIES)
    rows = writer.rows({"apiVersion": "v1", "kind": "Pod", "body": body}, ())
    if rows is None:
        rows = [writer.flow({"apiVersion": "v1", "kind": "Pod", "body": body})]
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    before = draw(st.sampled_from(["", "---\n", "other: 日本 # stays\n---\n# a comment\n"])).replace("\n", newline)
    after = draw(st.sampled_from(["", newline, newline + "---" + newline + "last: 1"]))
    text = before + newline.join(rows) + after
    path = draw(st.sampled_from(sorted(paths(body, ("body",)), key=str)))
    fix = Fix(path=path, remove=True) if draw(st.booleans()) else Fix(path=path, value=draw(VALUES))
    return text, fix, writer.comments


def contents(text):
    return [part.data for part in manifests_in(text, "f") if isinstance(part, Manifest)]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(cases())
def test_a_splice_changes_nothing_else(case):
    text, fix, comments = case
    (manifest,) = (part for part in manifests_in(text, "f") if isinstance(part, Manifest))
    refused = ""
    try:
        after = fixes.splice(text, manifest, fix)
    except fixes.Refused as why:
        refused = str(why)
    if refused:
        assert re.search("comment stands in it|not there|shares its line", refused)
        return
    assert [json.dumps(data) for data in contents(after)] == [json.dumps(fixes.edited(manifest.data, fix.path, fix))]
    lost = {name for name in comments if name not in after}
    assert all(fix.remove and comments[name] is not None and comments[name][:len(fix.path)] == fix.path
               for name in lost), lost
    assert after.count("\r\n") == after.count("\n") or "\r" not in text
    assert after.startswith("other: 日本 # stays") == text.startswith("other: 日本 # stays")
