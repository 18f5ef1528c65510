"""Writes what policies propose into the text of a manifest, at its place: all else stays letter by letter.

Nothing is taken on trust. After each edit the text is read and judged again: its data must differ by the edit alone,
the finding must be gone, and no other may have come. Otherwise the edit is refused.
"""

import copy
import difflib
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.kube.yaml import Document, Part, documents, scalar
from conformance.masking import MASK, hidden_in, masked
from conformance.model.finding import Finding, Fix, Problem, Step
from conformance.policy.sources import Manifest, manifests_in

_PLAIN = re.compile(r"[A-Za-z0-9_./$][A-Za-z0-9_./$()+-]*\Z")
_COMMENT = re.compile(r"(?:^|(?<=\s))#", re.MULTILINE)
_KEY = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|.*?)[ \t]*:(?=\s)""")
_COMMENT_LINE = re.compile(r"^[ \t]*#", re.MULTILINE)
_BOM = b"\xef\xbb\xbf"
_IN_IT = "a comment stands in it: mend it by hand"


class Refused(Exception):
    """An edit that is not made; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Fixed:
    """What became of one file's text."""

    file: str
    before: str
    after: str
    applied: tuple[Finding, ...] = ()
    refused: tuple[tuple[Finding, str], ...] = ()
    """Findings that stay, and why."""


@dataclass(frozen=True)
class _Edit:
    start: int
    """Counted from 0, in letters of the text."""
    end: int
    new: str


def read(file: str) -> str:
    """Return a file's text with the line ends that it has, as `fixed` needs it."""
    return Path(file).read_bytes().decode("utf-8-sig")


def fixed(text: str, file: str, findings: Sequence[Finding],
          judge: Callable[[str], Sequence[Finding]]) -> Fixed:
    """Return the text with as many of the findings mended as can be; `judge` returns what is found in a text."""
    before, applied, refused = text, list[Finding](), list[tuple[Finding, str]]()
    wanted = {finding.fingerprint: finding for finding in findings if finding.fix is not None}
    found, one_by_one = judge(text), False
    for _ in range(2 * len(findings) + 1):
        # From the end on, so that what is taken out of a list renumbers nothing that is still to be mended.
        open_ones = [finding for finding in reversed(found) if finding.fix is not None
                     and finding.fingerprint in wanted]
        edits, unfit = _edits(text, file, open_ones)
        for finding, why in unfit:
            refused.append((wanted.pop(finding.fingerprint, finding), why))
        batch = edits[:1] if one_by_one else edits
        if not batch:
            break
        try:
            after, found_after = _tried(text, file, batch, found, judge)
        except Refused as why:
            if len(batch) == 1:
                finding = batch[0][0]
                refused.append((wanted.pop(finding.fingerprint, finding), str(why)))
            one_by_one = True
            continue
        text, found, one_by_one = after, found_after, False
        applied += [finding for finding, _, _ in batch]
    done = {finding.fingerprint for finding in [*applied, *(finding for finding, _ in refused)]}
    refused += [(finding, "is not found when the file is judged by itself") for fingerprint, finding in wanted.items()
                if fingerprint not in done]
    return Fixed(file=file, before=before, after=text, applied=tuple(applied), refused=tuple(refused))


def splice(text: str, manifest: Manifest, fix: Fix) -> str:
    """Return the text with one edit made. Raises Refused for a place that cannot be edited; it judges nothing."""
    return _applied(text, [_edit(text, manifest, fix)])


def edited(data: Any, path: Sequence[Step], fix: Fix) -> Any:
    """Return a copy of data with an edit made. Raises Refused when the path leads through what holds nothing."""
    data = root = copy.deepcopy([data])
    steps: list[Step] = [0, *path]
    for number, step in enumerate(steps[:-1]):
        inner = _inner(data, step)
        if inner is None:  # not there, or null
            if fix.remove:
                raise Refused("is not there")
            _set(data, step, _nested(steps[number + 1:], fix.value))
            return root[0]
        data = inner
    if not fix.remove:
        _set(data, steps[-1], fix.value)
        return root[0]
    try:
        del data[steps[-1]]
    except (KeyError, IndexError, TypeError):
        raise Refused("is not there") from None
    return root[0]


def unified_diff(of: Fixed) -> str:
    """Return what changed, for people: values of Secrets and of variables are masked."""
    secrets = {value for _, _, value in _secrets(of.before, of.file)}
    before, after = (_masked(text, of.file, secrets).split("\n") for text in (of.before, of.after))
    name = of.file.lstrip("/")
    rows = difflib.unified_diff(before, after, f"a/{name}", f"b/{name}", lineterm="")
    return "".join(f"{_clean(row)}\n" for row in rows)


def write(of: Fixed) -> None:
    """Put the text into its file, all of it or nothing. Raises UsageError when the file has changed meanwhile."""
    path = Path(os.path.realpath(of.file))  # a link stays a link
    raw = path.read_bytes()
    bom = _BOM if raw.startswith(_BOM) else b""
    if raw != bom + of.before.encode():
        raise UsageError(f"{of.file}: was changed while it was judged", "run it again")
    about = path.stat()
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(bom + of.after.encode())
            opened.flush()
            os.fsync(opened.fileno())
        with suppress(PermissionError):
            os.chown(part, about.st_uid, about.st_gid)
        os.chmod(part, about.st_mode & 0o7777)
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise


def _edits(text: str, file: str, findings: Sequence[Finding]
           ) -> tuple[list[tuple[Finding, Manifest, _Edit]], list[tuple[Finding, str]]]:
    """Return edits that do not overlap, and findings that cannot be mended, with the reason."""
    edits: list[tuple[Finding, Manifest, _Edit]] = []
    unfit = []
    homes: dict[str, list[Manifest]] = {}
    for part in manifests_in(text, file):
        if isinstance(part, Manifest):
            homes.setdefault(part.name, []).append(part)
    lowest = len(text) + 1
    for finding in findings:
        home = next((manifest for manifest in homes.get(finding.object, ())
                     if manifest.place(finding.path) == (finding.line, finding.column)), None)
        if home is None or finding.fix is None:
            unfit.append((finding, "is not in this file"))
            continue
        try:
            edit = _edit(text, home, finding.fix)
        except Refused as why:
            unfit.append((finding, str(why)))
            continue
        if edit.end < lowest:
            lowest = edit.start
            edits.append((finding, home, edit))
    return edits, unfit


def _tried(text: str, file: str, batch: Sequence[tuple[Finding, Manifest, _Edit]], found: Sequence[Finding],
           judge: Callable[[str], Sequence[Finding]]) -> tuple[str, Sequence[Finding]]:
    after = _applied(text, [edit for _, _, edit in batch])
    if _contents(after, file) != _expected(text, file, batch):
        raise Refused("cannot be written there without changing something else")
    found_after = judge(after)
    left = Counter(finding.fingerprint for finding in found_after)
    were = Counter(finding.fingerprint for finding in found)
    if left - were:
        new = next(finding for finding in found_after if finding.fingerprint in left - were)
        raise Refused(f"would bring another finding: {new.policy}: {new.message}")
    gone = Counter(finding.fingerprint for finding, _, _ in batch)
    if left - (were - gone):
        raise Refused("does not make the finding go away")
    return after, found_after


def _contents(text: str, file: str) -> list[str]:
    return [part.message if isinstance(part, Problem) else _canonical(part.data) for part in documents(text, file)]


def _expected(text: str, file: str, batch: Sequence[tuple[Finding, Manifest, _Edit]]) -> list[str]:
    changes: dict[tuple[int, int], list[tuple[Manifest, Fix]]] = {}
    for finding, manifest, _ in batch:
        if finding.fix is not None:
            changes.setdefault(_place(manifest.document), []).append((manifest, finding.fix))
    contents = []
    for part in documents(text, file):
        if isinstance(part, Problem):
            contents.append(part.message)
            continue
        data = part.data
        for manifest, fix in changes.get(_place(part), ()):
            data = edited(data, (*manifest.prefix, *fix.path), fix)
        contents.append(_canonical(data))
    return contents


def _place(document: Document) -> tuple[int, int]:
    return document.base, document.part.start.index


def _canonical(data: Any) -> str:
    return json.dumps(data, sort_keys=True)  # unlike ==, it tells 1 from true and from 1.0


def _applied(text: str, edits: Sequence[_Edit]) -> str:
    for edit in sorted(edits, key=lambda one: -one.start):
        text = text[:edit.start] + edit.new + text[edit.end:]
    return text


def _inner(data: Any, step: Step) -> Any:
    if isinstance(data, list) and isinstance(step, int):
        return data[step] if step < len(data) else None
    if isinstance(data, dict) and isinstance(step, str):
        return data.get(step)
    raise Refused(f"leads through something that holds no {step!r}")


def _set(data: Any, step: Step, value: Any) -> None:
    _inner(data, step)  # refuses what does not fit
    if not isinstance(data, list):
        data[step] = value
    elif isinstance(step, int) and step <= len(data):
        data[step:step + 1] = [value]
    else:
        raise Refused("leads beyond the end of a list")


def _nested(steps: Sequence[Step], value: Any) -> Any:
    for step in reversed(steps):
        if isinstance(step, int) and step != 0:
            raise Refused("leads beyond the end of a list")
        value = [value] if isinstance(step, int) else {step: value}
    return value


def _edit(text: str, manifest: Manifest, fix: Fix) -> _Edit:
    path = (*manifest.prefix, *fix.path)
    edited(manifest.document.data, path, fix)  # refuses what leads nowhere
    return _Pen(text, manifest.document).edit(path, fix)


class _Pen:
    """Finds the letters of one document that an edit changes."""

    def __init__(self, text: str, document: Document) -> None:
        self._text, self._data, self._root, self._base = text, document.data, document.part, document.base
        self._is_json = text[self._at(document.part.start):][:1] in ("{", "[")

    def edit(self, path: tuple[Step, ...], fix: Fix) -> _Edit:
        part, data, around = self._root, self._data, None
        self._refuse_shared(part)
        for number, step in enumerate(path):
            inner = part.inner(step)
            if inner is None:
                if isinstance(data, dict) and step in data:
                    raise Refused("comes by a merge (<<)")
                return self._put_in(part, step, _nested(path[number + 1:], fix.value))
            self._refuse_shared(inner)
            part, data, around = inner, data[step], part
            if data is None and number + 1 < len(path) and not fix.remove:
                return self._replaced(part, _nested(path[number + 1:], fix.value))
        if not fix.remove:
            return self._replaced(part, fix.value)
        if around is None:
            raise Refused("is the whole document")
        return self._taken_out(part, around, path[-1])

    def _refuse_shared(self, part: Part) -> None:
        if part.aliased or self._letter(part) == "&":
            raise Refused("is shared through an anchor: mend it by hand")
        if self._letter(part) == "!":
            raise Refused("carries a tag: mend it by hand")

    # Places

    def _at(self, mark: Any) -> int:
        # The reader gives a file without a last line end one more letter.
        return min(int(mark.index) + self._base, len(self._text))

    def _letter(self, part: Part) -> str:
        start = self._at(part.start)
        return self._text[start:start + 1] if self._at(part.end) > start else ""

    def _is_flow(self, part: Part) -> bool:
        return self._letter(part) in ("{", "[") and part.parts is not None

    def _begin(self, part: Part) -> int:
        """Return where a part begins, with its key."""
        return self._at(part.key or part.start)

    def _end(self, part: Part) -> int:
        """Return where a part's last letter ends: libyaml ends blocks where the next thing begins."""
        if not part.parts or self._is_flow(part):
            return self._at(part.end)
        return max(self._end(inner) for inner in _inners(part))

    def _row_start(self, at: int) -> int:
        return self._text.rfind("\n", 0, at) + 1

    def _row_end(self, at: int) -> int:
        """Return where the next line begins; a block scalar has ended its line already."""
        if at and self._text[at - 1] == "\n":
            return at
        found = self._text.find("\n", at)
        return len(self._text) if found < 0 else found + 1

    def _newline(self, at: int) -> str:
        found = self._text.find("\n", at)
        found = self._text.rfind("\n", 0, at) if found < 0 else found
        return "\r\n" if found > 0 and self._text[found - 1] == "\r" else "\n"

    def _keep_comments(self, start: int, end: int, part: Part, comment: re.Pattern[str] = _COMMENT) -> None:
        """Refuse to lose a comment that stands between two places, outside of the scalars of a part."""
        at = start
        for leaf in _leaves(part):
            head = self._at(leaf.start)
            if self._letter(leaf) in ("|", ">"):
                head = self._text.find("\n", head)  # behind the sign of a block, too, there is room for one
            if comment.search(self._text, at, head):
                raise Refused(_IN_IT)
            at = self._at(leaf.end)
        if comment.search(self._text, at, end):
            raise Refused(_IN_IT)

    # Edits

    def _replaced(self, part: Part, value: Any) -> _Edit:
        start, end = self._at(part.start), self._end(part)
        self._keep_comments(start, end, part)
        if part.parts is None:
            return self._replaced_scalar(start, end, value)
        if self._is_flow(part):
            return _Edit(start, end, self._inline(value))
        if not value or not isinstance(value, dict | list):
            # Not where the block stood, which may be no deeper than its key; a comment between the two stays.
            behind = self._behind_key(part)
            return _Edit(behind, end, f" {self._inline(value)}{self._text[behind:start].rstrip()}")
        # A list may stand as far left as its key, a mapping may not.
        deeper = 2 if isinstance(value, dict) and part.key is not None and part.key.column == part.start.column else 0
        return _Edit(start, end, " " * deeper + self._rows(value, part.start.column + deeper, start))

    def _replaced_scalar(self, start: int, end: int, value: Any) -> _Edit:
        old = self._text[start:end]
        if not old:
            return _Edit(start, end, f" {self._inline(value)}")
        quote = old[0] if old[0] in "\"'" else ""
        new = self._inline(value)
        if isinstance(value, str) and quote == "'" and value.isprintable():
            new = "'" + value.replace("'", "''") + "'"
        elif isinstance(value, str) and quote:
            new = json.dumps(value, ensure_ascii=False)
        return _Edit(start, end, new + old[len(old.rstrip()):])  # a block has ended its line

    def _put_in(self, part: Part, step: Step, value: Any) -> _Edit:
        if self._is_flow(part):
            return self._put_in_flow(part, step, value)
        if not part.parts:
            raise Refused("stands beside nothing but a merge (<<)")
        last = _inners(part)[-1]
        at = self._row_end(self._end(last))
        newline = self._newline(self._end(last))
        column = part.start.column if isinstance(step, int) else last.key.column
        rows = self._rows([value] if isinstance(step, int) else {step: value}, column, at)
        new = " " * column + rows
        if at and self._text[at - 1] != "\n":
            return _Edit(at, at, newline + new)
        return _Edit(at, at, new + newline)

    def _put_in_flow(self, part: Part, step: Step, value: Any) -> _Edit:
        entry = self._inline(value) if isinstance(step, int) else f"{self._key(step)}: {self._inline(value)}"
        if not part.parts:
            at = self._at(part.start) + 1
            return _Edit(at, at, entry)
        last = _inners(part)[-1]
        at, begin = self._end(last), self._begin(last)
        lead = self._text[self._row_start(begin):begin]
        # An entry on a line of its own has its successor on the next.
        own_line = not lead.strip() and begin > self._at(part.start) and "\n" in self._text[self._at(part.start):begin]
        return _Edit(at, at, f",{self._newline(begin)}{lead}{entry}" if own_line else f", {entry}")

    def _taken_out(self, part: Part, around: Part, step: Step) -> _Edit:
        siblings = _inners(around)
        if len(siblings) == 1:
            return self._replaced(around, {} if isinstance(step, str) else [])
        number = next(index for index, sibling in enumerate(siblings) if sibling is part)
        following = siblings[number + 1] if number + 1 < len(siblings) else None
        if self._is_flow(around):
            start, end = (self._begin(part), self._begin(following)) if following is not None \
                else (self._end(siblings[number - 1]), self._end(part))
            self._keep_comments(start, end, part)
            return _Edit(start, end, "")
        begin = self._begin(part) if isinstance(step, str) else self._dash(part)
        start, end = self._row_start(begin), self._row_end(self._end(part))
        if self._text[start:begin].strip():
            # It shares its line with the dash before it: what follows it moves up.
            if following is None or isinstance(step, int):
                raise Refused("shares its line with something else: mend it by hand")
            start, end = begin, self._begin(following)
        # What is said at a line's end goes with the line.
        self._keep_comments(start, end, part, _COMMENT_LINE)
        return _Edit(start, end, "")

    def _behind_key(self, part: Part) -> int:
        """Return where a value could begin at the earliest: behind the colon or the dash."""
        if part.key is None:
            return self._dash(part) + 1 if part is not self._root else self._at(part.start)
        key = _KEY.match(self._text, self._at(part.key))
        if key is None:
            raise Refused("has a key that is written in an unusual way: mend it by hand")
        return key.end()

    def _dash(self, part: Part) -> int:
        at = len(self._text[:self._begin(part)].rstrip()) - 1
        if self._text[at] != "-":
            raise Refused(_IN_IT)
        return at

    # Text

    def _rows(self, value: Any, column: int, at: int) -> str:
        return (self._newline(at) + " " * column).join(_block(value))

    def _inline(self, value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{self._key(key)}: {self._inline(inner)}" for key, inner in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self._inline(inner) for inner in value) + "]"
        return json.dumps(value, ensure_ascii=False) if self._is_json else _scalar(value)

    def _key(self, key: Step) -> str:
        return json.dumps(key, ensure_ascii=False) if self._is_json else _scalar(key)


def _inners(part: Part) -> list[Part]:
    return list(part.parts.values()) if isinstance(part.parts, dict) else part.parts or []


def _leaves(part: Part) -> Iterator[Part]:
    if not part.parts:
        yield part
    for inner in _inners(part):
        yield from _leaves(inner)


def _block(value: Any) -> Iterator[str]:
    """Yield a value in YAML's block style, line by line."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            rows = list(_block(inner))
            if isinstance(inner, dict | list) and inner:
                yield f"{_scalar(key)}:"
                yield from (f"  {row}" for row in rows)
            else:
                yield f"{_scalar(key)}: {rows[0]}"
    elif isinstance(value, list) and value:
        for inner in value:
            first, *rest = _block(inner)
            yield f"- {first}"
            yield from (f"  {row}" for row in rest)
    else:
        yield _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.match(value) and isinstance(scalar(value), str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _clean(row: str) -> str:
    return "".join(letter if letter.isprintable() or letter == "\t" else " " for letter in row.rstrip("\r"))


def _masked(text: str, file: str, secrets: set[str]) -> str:
    for start, end, value in sorted(_secrets(text, file), reverse=True):
        if value in secrets:
            old = text[start:end]
            text = text[:start] + MASK + old[len(old.rstrip()):] + text[end:]
    return masked(text)


def _secrets(text: str, file: str) -> Iterator[tuple[int, int, str]]:
    """Yield where values stand that nobody should read."""
    for manifest in manifests_in(text, file):
        if not isinstance(manifest, Manifest):
            continue
        base, hidden = manifest.document.base, hidden_in(manifest.data)
        for path, part, value in _scalars(manifest.document.part.nearest(manifest.prefix), manifest.data, ()):
            if part.end.index > part.start.index and not part.aliased and (hidden(path) or masked(value) != value):
                yield part.start.index + base, part.end.index + base, value


def _scalars(part: Part, data: Any, path: tuple[Step, ...]) -> Iterator[tuple[tuple[Step, ...], Part, str]]:
    """Yield every scalar that is written out, with the way to it."""
    if part.parts is None:
        yield path, part, str(data)
        return
    steps: Iterable[Step] = part.parts if isinstance(part.parts, dict) else range(len(part.parts))
    for step in steps:
        inner = part.inner(step)
        if inner is not None:
            yield from _scalars(inner, data[step], (*path, step))
