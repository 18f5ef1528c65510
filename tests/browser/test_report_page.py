"""The page of a run, `report.html`, in a real browser."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from conformance.model.fidelity import Fidelity
from conformance.model.measurement import AT_MOST, Interval, Measurement, Objective
from conformance.model.outcome import Outcome
from conformance.model.report import Kill, Report, Result
from conformance.report.run import html

from .contrast import contrast

EVIL = "</style></script><script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">{{ 7 * 7 }}\x1b[31m\udc80"
LONG = "x" * 300
COUNTED = """    0.00 s  none
    0.41 s  Pending=8
    1.02 s  Pending=6, Running=2
    1.55 s  Pending=4, Running=4
   30.00 s  Pending=4, Running=4
  gang-a-0  Running  on fake-0
  gang-a-7  Pending  Unschedulable: 0/4 nodes are available: 4 Insufficient nvidia.com/gpu
  last warnings:
    Pod gang-a-7: FailedScheduling: 0/4 nodes are available: 4 Insufficient nvidia.com/gpu. preemption: 0/4 nodes are available"""
NUMBER = """    0.00 s  0
    2.10 s  4
    2.85 s  8
           … 12 changes left out
   11.20 s  12
   14.40 s  15"""
WORDS = """    0.00 s  {}
    1.24 s  {rack-1}
    3.71 s  {rack-1, rack-2}"""


def result(behaviour, outcome=Outcome.PASSED, *, area="scheduling/quota", subject="training-a", **more):
    return Result(**{
        "id": f"{area}::{behaviour.replace(' ', '_')}[{subject}]", "promise": f"{behaviour[0].upper()}{behaviour[1:]}.",
        "platform": "team-queues", "component": "kueue", "outcome": outcome, "requirement": "quota", "cluster": "trial-1",
        "fidelity": Fidelity.CONTROL_PLANE, "duration_s": 2.04,
        "reproduce": f"seatrial run --platform reference-manifests/team-queues -k 'test_{behaviour.replace(' ', '_')}[{subject}]'",
        **more})


def kill(behaviour, fault, outcome=Outcome.FAILED, platform="team-queues", cause="expected to become 8, saw 4", word="expected"):
    return Kill(behaviour=f"scheduling/quota::{behaviour.replace(' ', '_')}", fault=fault, platform=platform,
                outcome=outcome, cause=cause, word=word)


def measured(name, value, **more):
    return Measurement(name=name, value=value, unit="s", **more)


BEHAVIOURS = ("a team gets its guaranteed gpus to the unit", "borrowing stops at the limit", "a gang that does not fit holds no accelerator",
              "a loan is called back within the time promised", "a job without a queue is refused at the door")
FAULTS = ("cohort-cut", "gang-plugin-off", "gpus-overcounted", "lending-limit-lost", "queue-label-ignored", "quota-dropped",
          "preemption-off", "priority-flattened", "reclaim-never", "scheduler-asleep", "webhook-removed", "weights-reversed",
          "node-mislabelled", "flavor-swapped", "borrowing-unbounded", "topology-forgotten")

REPORT = Report(
    seatrial="0.1.0", started="2026-11-29T08:00:00Z", duration_s=412.4,
    cluster={"kind": "local", "name": "trial-1", "kubernetes": "v1.35.4", "fidelity": "node", "real_nodes": "2"},
    results=(
        result("borrowing stops at the limit", Outcome.FAILED, requirement="borrowing", trace=NUMBER,
               cause="LocalQueue serving-c: expected to become 16 within 30 s; saw 15"),
        result("a gang starts whole or not at all", Outcome.FAILED, area="scheduling/gang", subject="training-b", component="volcano",
               platform="gang-training", requirement="gang_scheduling", trace=COUNTED,
               cause="phases of Pods with job=gang-a: expected to become Running=8 within 30 s; saw Pending=4, Running=4"),
        result("a job stays in one rack", Outcome.FAILED, area="scheduling/topology", requirement="topology", trace=WORDS,
               cause="racks of Job one-rack: expected to stay as in one rack for 5 s; after 3.71 s saw {rack-1, rack-2}"),
        result("the worker answers", Outcome.ERROR, area="training/rendezvous", platform="pytorch-training", component="training-operator",
               requirement="rendezvous", fidelity=Fidelity.NODE, confirmed=False,
               cause="KeyError: 'status' (no such field)", trace="Traceback: in test_rendezvous\n  KeyError: 'status'"),
        *(result(name, fidelity=Fidelity.CONTROL_PLANE, subject=team) for name in BEHAVIOURS[:1] + BEHAVIOURS[3:]
          for team in ("training-a", "serving-c", "research")),
        result("a first token comes in time", Outcome.INCONCLUSIVE, area="load/latency", component="vllm", requirement="quota",
               cause="it takes 312 more samples to say", needs_samples=312, trace="", measurements=(
                   measured("time to first token, p99", 1.94, n=88, interval=Interval(low=1.2, high=2.9, level=0.95),
                            objective=Objective(bound=AT_MOST, limit=2, source="ttft_s of chat")),
                   measured("lent GPUs are back after", 41.2, objective=Objective(bound=AT_MOST, limit=30)))),
        result("gpus are the nodes own", area="accelerators/fake_gpu", component="gpu-layer", fidelity=Fidelity.NODE, subject="gpu-layer",
               requirement="devices"),
        result("a node that stops gives its work back", Outcome.DISABLED, area="scheduling/gang", requirement="gang_scheduling",
               cause="it would stop a node (way out: --allow-changes)"),
        result("a job stays in one block", Outcome.UNSUPPORTED, area="scheduling/topology", requirement="topology",
               lacks="topology_aware_scheduling", cause="no component provides topology_aware_scheduling"),
        result("elastic jobs grow", Outcome.UNSUPPORTED, area="training/elastic", requirement="elastic", lacks="promise grows_to",
               cause="the folder has no promise grows_to"),
    ),
    kill_matrix=(*(kill(name, FAULTS[(3 * row + step) % len(FAULTS)], platform=platform)
                   for row, name in enumerate(BEHAVIOURS) for step in range(4) for platform in ("team-queues", "gang-training")),
                 kill(BEHAVIOURS[1], "scheduler-asleep", Outcome.PASSED, cause="survived: the behaviour passes although scheduler-asleep is there"),
                 kill(BEHAVIOURS[4], "cohort-cut", cause="its peer did not come"),
                 kill(BEHAVIOURS[2], "webhook-removed", Outcome.ERROR, cause="fault webhook-removed could not be taken back: 409"),
                 kill(BEHAVIOURS[0], "topology-forgotten", Outcome.UNSUPPORTED, cause="it has no topology")),
    uncovered_limits=("team-queues: ClusterQueue serving-c: lendingLimit 8", "gang-training: Queue research: weight 4"),
    uncaught_faults=("scheduler-asleep",),
    troubles=("drafted: this machine has no containerd\n  way out: apt-get install containerd",))


@pytest.fixture
def file(tmp_path):
    return html.write(REPORT, tmp_path)


@pytest.fixture
def opened(browser):
    """Open a page, and see in the end that it asked for nothing and complained of nothing."""
    pages = []

    def open_(path, **more):
        page = browser.new_page(**{"viewport": {"width": 1100, "height": 900}, **more})
        troubles, requests = [], []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        pages.append((page, path, troubles, requests))
        return page

    yield open_
    for page, path, troubles, requests in pages:
        assert troubles == []
        assert requests == [path.as_uri()]
        page.close()


def test_the_verdict_comes_first(opened, file):
    page = opened(file)
    assert page.locator("h1").inner_text() == "Seatrial could not judge everything: mend the errors first."
    assert page.locator(".tally li").all_inner_texts() == ["10 passed", "1 disabled", "2 unsupported", "1 inconclusive", "3 failed", "1 error"]
    assert page.locator("h2").all_inner_texts() == [
        "Errors outside of any check", "What did not hold", "Promises by area", "Requirements by platform", "Kill matrix",
        "Faults that no behaviour was seen to catch", "How real it was", "Limits in the manifests that no promise covers"]


def test_what_did_not_hold_is_open_with_its_cause_and_how_to_run_it_again(opened, file):
    bad = opened(file).locator("#failures article")
    assert [re.sub(r"\s+", " ", text) for text in bad.locator("h3").all_inner_texts()] == [
        "! error The worker answers.", "✗ failed A gang starts whole or not at all.", "✗ failed Borrowing stops at the limit.",
        "✗ failed A job stays in one rack.", "? inconclusive A first token comes in time."]
    for article, one in ((2, REPORT.results[0]), (1, REPORT.results[1]), (3, REPORT.results[2]), (0, REPORT.results[3])):
        assert bad.nth(article).get_by_text(one.cause, exact=True).is_visible()
        assert bad.nth(article).get_by_text(one.reproduce, exact=True).is_visible()


def test_what_was_measured_is_told_with_what_it_may_be(opened, file):
    article = opened(file).locator("#failures article").nth(4)
    assert article.locator(".measured li").all_inner_texts() == [
        "time to first token, p99: 1.94 s (88 samples, 1.2 to 2.9 at 95%, at most 2 s: ttft_s of chat)",
        "lent GPUs are back after: 41.2 s (MISSED: at most 30 s)"]
    assert article.locator(".measured .missed").count() == 1


def test_the_timeline_of_a_number_is_drawn_up_to_what_was_expected(opened, file):
    """15 of 16 is one sixteenth below the dashed line, from 14.4 of 30 s on."""
    figure = opened(file).locator("#failures article").nth(2).locator(".timeline")
    assert figure.locator(".wished").get_attribute("y1") == "0.0"
    below = "(path, y) => path.isPointInFill(new DOMPoint(900, y))"
    assert figure.locator("path.layer").evaluate(below, 7)
    assert not figure.locator("path.layer").evaluate(below, 5.5)
    assert not figure.locator("path.layer").evaluate("path => path.isPointInFill(new DOMPoint(470, 10))")
    assert figure.locator(".to").inner_text() == "30 s"
    assert figure.locator(".changes li").all_inner_texts()[3:5] == ["12 changes are left out here", "11.20 s\n12"]
    assert figure.get_by_text("expected: 16").is_visible()


def test_counts_are_areas_one_upon_the_other(opened, file):
    """In the end 4 pods wait and 4 run."""
    figure = opened(file).locator("#failures article").nth(1).locator(".timeline")
    assert figure.locator(".legend span").all_inner_texts() == ["Pending", "Running"]
    pending, running = (figure.locator("path.layer").nth(number).bounding_box() for number in (0, 1))
    assert pending["y"] == pytest.approx(running["y"], abs=2)  # 8 were pending at first
    assert figure.locator("path.layer").nth(1).evaluate("path => path.isPointInFill(new DOMPoint(900, 25))")
    assert figure.locator("path.layer").nth(0).evaluate("path => path.isPointInFill(new DOMPoint(900, 75))")
    assert not figure.locator("path.layer").nth(1).evaluate("path => path.isPointInFill(new DOMPoint(900, 75))")
    assert "FailedScheduling" in figure.locator("xpath=..").locator(".story").inner_text()


def test_other_values_have_a_bar_each_for_as_long_as_they_held(opened, file):
    bars = opened(file).locator("#failures article").nth(3).locator(".held")
    boxes = [bar.bounding_box() for bar in bars.all()]
    assert len(boxes) == 3
    for before, after in pairwise(boxes):
        assert before["x"] + before["width"] == pytest.approx(after["x"], abs=1)
    assert all(box["width"] > 5 for box in boxes)


def test_promises_are_shown_by_area_with_their_fidelity_and_open_to_each_check(opened, file):
    page = opened(file)
    areas = page.locator(".area")
    assert [" ".join(text.lower().split()) for text in areas.locator("h3").all_inner_texts()] == [
        "accelerators 1 passed", "load 1 inconclusive", "scheduling 9 passed, 1 disabled, 1 unsupported, 3 failed", "training 1 unsupported, 1 error"]
    quota = areas.nth(2).locator("details", has_text="A team gets its guaranteed gpus to the unit.")
    assert quota.locator("summary .about span").all_inner_texts() == [
        "team-queues", "research", "serving-c", "training-a", "kueue", "control-plane"]
    again = quota.get_by_text("test_a_team_gets_its_guaranteed_gpus_to_the_unit[serving-c]'")
    assert not again.is_visible()
    quota.locator("summary").press("Enter")
    assert again.is_visible()
    assert quota.locator(".one").count() == 3
    areas.nth(2).get_by_role("link", name="Borrowing stops at the limit.").click()
    assert page.locator(":target h3").inner_text().endswith("Borrowing stops at the limit.")


def test_the_kill_matrix_is_a_grid(opened, file):
    page = opened(file)
    rows = page.locator(".matrix tbody tr")
    assert rows.count() == len(BEHAVIOURS)
    assert page.locator(".matrix thead th").all_inner_texts() == sorted(FAULTS)
    row = page.locator(".matrix tbody tr", has=page.get_by_role("rowheader", name="borrowing stops at the limit"))
    assert dict(zip(sorted(FAULTS), row.locator("td").all_text_contents(), strict=True))["scheduler-asleep"] == "survived✗"
    assert "20 of 24 pairs were caught" in page.locator("#faults .note").inner_text()
    proofs = page.locator(".proofs")
    proofs.locator("summary").click()
    assert [text.split()[1] for text in proofs.locator("li").all_inner_texts()[:4]] == ["failed", "survived", "error", "unsupported"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_in_light_and_dark_and_on_a_telephone(opened, file, scheme, tmp_path):
    page = opened(file, color_scheme=scheme)
    for details in page.locator("details").all():
        details.evaluate("one => one.open = true")
    for width in (1100, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.evaluate("scrollTo(500, 0)")
        assert page.evaluate("scrollX") == 0
        page.screenshot(path=tmp_path / f"{scheme}-{width}.png", full_page=True)
        for selector in ("h1", ".run", ".tally", ".bad h3", ".badge.failed", ".badge.error", ".badge.passed", ".badge.unsupported",
                         ".about", ".fidelity", ".cause", ".at", ".legend", ".story", ".again span", ".note", ".matrix td.survived",
                         ".matrix td.caught", ".why", ".measured li", ".measured .missed", ".badge.inconclusive", "footer"):
            assert contrast(page, selector) >= 4.5, selector


def test_on_a_telephone_only_the_grids_are_moved_sideways(opened, file):
    page = opened(file, viewport={"width": 360, "height": 800})
    grid = page.locator(".wide", has=page.locator(".matrix"))
    assert grid.evaluate("one => one.scrollWidth > one.clientWidth")
    grid.evaluate("one => one.scrollLeft = 200")
    header = grid.locator("tbody th").first.bounding_box()
    assert header["x"] >= 0  # it is still seen which behaviour a row is about
    assert page.evaluate("document.documentElement.scrollWidth") == 360


@pytest.mark.parametrize("width", [1100, 375])
def test_the_last_line_stands_apart_from_what_is_above_it_and_below(opened, file, width):
    page = opened(file, viewport={"width": width, "height": 800})
    above, below = page.locator("footer").evaluate(
        "one => [getComputedStyle(one).paddingTop, getComputedStyle(one).paddingBottom].map(parseFloat)")
    assert (above, below) == (32, 40)


def test_on_paper_it_is_dark_on_white_and_nothing_is_cut(opened, file, tmp_path):
    page = opened(file, color_scheme="dark", viewport={"width": 720, "height": 900})
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.documentElement.scrollWidth") == 720
    page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert (tmp_path / "report.pdf").stat().st_size > 10_000


def test_what_a_cluster_says_is_shown_and_never_run(opened, tmp_path):
    evil = REPORT.results[1]
    evil = replace(evil, id=f"{EVIL}/x::{EVIL}[{EVIL}]", promise=EVIL, platform=EVIL, component=EVIL, cause=EVIL, cluster=EVIL,
                   trace=f"    0.00 s  {EVIL}\n    1.00 s  {EVIL}\n  {EVIL}", reproduce=f"seatrial run -k '{EVIL}'", requirement="quota")
    quiet = replace(evil, outcome=Outcome.PASSED, trace=EVIL)
    report = replace(REPORT, seatrial=EVIL, started=EVIL, cluster={EVIL: EVIL}, results=(evil, quiet, replace(quiet, lacks=EVIL)),
                     kill_matrix=(Kill(behaviour=EVIL, fault=EVIL, platform=EVIL, outcome=Outcome.PASSED, word=EVIL, cause=EVIL),),
                     uncovered_limits=(EVIL,), uncaught_faults=(EVIL,), troubles=(EVIL,))
    page = opened(html.write(report, tmp_path))
    assert page.title().startswith("Seatrial: ")
    assert page.locator("img, script").count() == 0
    assert "49" not in page.locator("body").inner_text()
    assert page.locator(".bad h3").inner_text().endswith("{{ 7 * 7 }} [31m")


def test_long_words_do_not_widen_the_page(opened, tmp_path):
    long = replace(REPORT.results[1], id=f"{LONG}/x::{LONG}[{LONG}]", promise=LONG, platform=LONG, component=LONG, cause=LONG,
                   trace=f"    0.00 s  {LONG}\n{LONG}", reproduce=LONG)
    report = replace(REPORT, results=(long, replace(long, outcome=Outcome.PASSED)), cluster={"name": LONG}, troubles=(LONG,),
                     kill_matrix=(Kill(behaviour=LONG, fault=LONG, platform=LONG, outcome=Outcome.PASSED, word=LONG, cause=LONG),))
    page = opened(html.write(report, tmp_path), viewport={"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_without_scripts_everything_is_there(browser, file):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.locator("#failures article").count() == 5
    page.locator("details").first.locator("summary").click()
    assert page.locator(".one").first.is_visible()
    context.close()
