"""The HTML form of an audit, in a real browser."""

import pytest

from conformance.model.finding import Audit, Finding, Fix, Policy, PolicyClass, Problem, Severity
from conformance.report.audit import html

from .contrast import contrast

EVIL = "</script><script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">"
SOURCE = ["kind: Pod", "spec:", "  containers:", "  - name: trainer", "    image: registry.example.com/train:latest",
          "    resources:", "      limits: {nvidia.com/gpu: 8, cpu: 4}", f"  evil: {EVIL}"]


def policy(name, severity, policy_class):
    return Policy(id=name, title=f"What {name.partition('/')[2].replace('-', ' ')} says", severity=severity,
                  policy_class=policy_class, kinds=("pods",), remedy="pin the image by its digest, or by a full version",
                  upstream="must be nil when cohort is empty", sources=("kueue v0.19.2 apis/kueue/v1beta2/types.go",))


POLICIES = {one.id: one for one in (
    policy("gpu/image-is-pinned", Severity.WARNING, PolicyClass.ADVICE),
    policy("kueue/borrowing-limit-needs-a-cohort", Severity.ERROR, PolicyClass.REJECTED),
    policy("training/gang-is-whole", Severity.INFO, PolicyClass.REGRETTED))}


def finding(policy, file, line, column, name, message, **more):
    rule = POLICIES[policy]
    return Finding(policy=policy, severity=rule.severity, policy_class=rule.policy_class, file=file, line=line,
                   column=column, object=name, path=("spec",), message=message, remedy=rule.remedy,
                   fingerprint=f"{line}{column}", **more)


AUDIT = Audit(
    findings=(
        finding("gpu/image-is-pinned", "manifests/train.yaml", 5, 5, "Pod team-a/train",
                "image registry.example.com/train:latest moves", fix=Fix(path=("image",), value="x")),
        finding("training/gang-is-whole", "manifests/train.yaml", 7, 16, "Job team-b/gang", "2 of 3 pods start"),
        finding("kueue/borrowing-limit-needs-a-cohort", "queues.yaml", 7, 7, "ClusterQueue research",
                "borrows nvidia.com/gpu up to 8, but the queue is in no cohort"),
        finding("gpu/image-is-pinned", "queues.yaml", 8, 3, f"Pod team-a/{EVIL}", EVIL)),
    problems=(Problem(file="broken.yaml", line=3, column=1, message="is not YAML: found a tab", way_out="use spaces"),),
    objects=7, files=4, undecided={"scaling/metric-exists": ("metrics",)})


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "audit.html"
    path.write_text(html.render(AUDIT, POLICIES, lines=lambda _: SOURCE))
    return path


@pytest.fixture
def page(browser, file):
    opened = browser.new_page(viewport={"width": 1100, "height": 1000})
    opened.troubles, opened.requests = [], []
    opened.on("pageerror", lambda error: opened.troubles.append(str(error)))
    opened.on("console", lambda message: opened.troubles.append(message.text))
    opened.on("request", lambda request: opened.requests.append(request.url))
    opened.goto(file.as_uri())
    yield opened
    assert opened.troubles == []
    assert opened.requests == [file.as_uri()]
    opened.close()


def shown(page):
    return page.locator(".finding:visible h3").all_inner_texts()


def told(page):
    return page.locator("#shown").inner_text()


def test_all_findings_are_there_at_first_grouped_by_file(page):
    assert len(shown(page)) == 4
    assert page.locator("h2:visible").all_inner_texts()[:2] == ["manifests/train.yaml", "queues.yaml"]
    assert told(page) == "4 of 4 shown"
    assert page.get_by_text("broken.yaml:3:1: is not YAML: found a tab").is_visible()
    assert page.get_by_text("scaling/metric-exists needs metrics").is_visible()


def test_the_filters_hide_what_is_not_asked_for(page):
    page.get_by_label("warning").uncheck()
    assert [text.split(" ", 1)[0].lower() for text in shown(page)] == ["info", "error"]
    page.get_by_label("warning").check()
    page.get_by_label("Policy").select_option("gpu/image-is-pinned")
    assert len(shown(page)) == 2
    page.get_by_label("Policy").select_option("")
    page.get_by_label("Namespace").select_option("team-b")
    assert shown(page) == ["INFO 2 of 3 pods start"]
    assert page.locator("h2:visible").all_inner_texts()[0] == "manifests/train.yaml"
    assert "queues.yaml" not in page.locator("h2:visible").all_inner_texts()
    page.get_by_label("Namespace").select_option("(none)")
    assert len(shown(page)) == 1
    assert told(page) == "1 of 4 shown"


def test_words_are_looked_for_in_files_messages_and_objects(page):
    text = page.get_by_label("Text")
    text.fill("QUEUES cohort")
    assert len(shown(page)) == 1
    text.fill("team-a/train")
    assert len(shown(page)) == 1
    text.press("Enter")
    assert len(shown(page)) == 1
    text.fill("nowhere to be found")
    assert shown(page) == []
    assert page.get_by_text("No finding matches the filters.").is_visible()
    text.fill("")
    assert len(shown(page)) == 4


def test_what_a_manifest_says_is_shown_and_never_run(page):
    assert page.title() == "Seatrial audit"
    assert page.locator("img").count() == 0
    assert EVIL in shown(page)[3]


def test_the_caret_stands_under_the_reported_part(page):
    lines = page.locator("pre").nth(1).inner_text().splitlines()
    assert lines[0].index("nvidia.com/gpu: 8") == lines[1].index("^")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_readable_in_light_and_dark_and_on_a_telephone(page, scheme, tmp_path):
    page.emulate_media(color_scheme=scheme)
    for width in (1100, 380):
        page.set_viewport_size({"width": width, "height": 1000})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.screenshot(path=tmp_path / f"{scheme}-{width}.png", full_page=True)
        for selector in (".finding h3", ".about", ".remedy", ".badge", "header > p"):
            assert contrast(page, selector) >= 4.5, selector


def test_on_paper_all_that_the_filters_left_is_there(page, tmp_path):
    page.emulate_media(media="print", color_scheme="dark")
    assert not page.locator("#filters").is_visible()
    assert len(shown(page)) == 4
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.pdf(path=tmp_path / "audit.pdf")
    assert (tmp_path / "audit.pdf").stat().st_size > 5000


def test_without_scripts_everything_is_there(browser, file):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert page.locator(".finding").count() == 4
    assert page.locator(".finding").nth(3).is_visible()
    context.close()
