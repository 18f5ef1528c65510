"""Exit code and words of `seatrial audit`, by what is found, waived, known and mended."""

import json
import os
import sys

import pytest
import yaml

COHORT, LOGS = "kueue/borrowing-limit-needs-a-cohort", "networking/nccl-logs-warnings-only"
WAIVER = "waivers:\n- {{policy: {policy}, object: {object}, reason: soon, owner: platform, until: {until}}}\n"


def findings(told):
    return [found["policy"] for found in json.loads(told.out)["findings"]]


# Exit codes

def test_nothing_found_ends_with_0(audit, write, good):
    told = audit(write("a.yaml", good))
    assert (told.code, told.out, told.err) == (0, "nothing found in 1 object of 1 file\n", "")


def test_an_error_ends_with_1_and_is_told_with_place_and_remedy(audit, write, queue):
    told = audit(write("a.yaml", queue))
    assert told.code == 1
    assert f"a.yaml:14:15 error {COHORT}\n" in told.out
    assert "instead: name the cohort" in told.out


WARNED = "apiVersion: kueue.x-k8s.io/v1beta2\nkind: LocalQueue\nmetadata: {name: a}\nspec: {clusterQueue: nowhere}\n"


@pytest.mark.parametrize(("word", "code"), [("error", (1, 0)), ("warning", (1, 1)), ("never", (0, 0))])
def test_what_is_less_severe_than_asked_for_does_not_fail(audit, write, queue, word, code):
    error = audit(write("a.yaml", queue), "--fail-on", word)
    warned = audit(write("a.yaml", f"{queue.replace('      borrowingLimit: 32', '')}---\n{WARNED}"), "--fail-on", word)
    assert "0 errors, 1 warning" in warned.out
    assert (error.code, warned.code) == code


def test_what_cannot_be_judged_ends_with_2_and_the_rest_is_judged(audit, write, queue):
    write("m/bad.yaml", "a: [\n")
    write("m/queue.yaml", queue)
    told = audit("m", "--fail-on", "never")
    assert told.code == 2
    assert COHORT in told.out
    assert "m/bad.yaml:2:1: is not YAML" in told.out


@pytest.mark.parametrize(("words", "said"), [
    ([], "nothing to audit"), (["--dry-run", "a"], "--dry-run is about --fix"),
    (["a", "--opa-url", "http://127.0.0.1:1"], "--opa-url is about --engine opa"),
    (["a", "--opa-as", "process"], "--opa-as is about our own OPA server"),
    (["a", "--jobs", "0"], "--jobs must be 1 or more"),
    (["a", "--jobs", "2", "--engine", "opa"], "--jobs is about the engine in this process"),
    (["a", "--waivers", "none.yaml"], "none.yaml: there is no such file"),
    (["a", "--baseline", "none.json"], "none.json: cannot be read: No such file"),
    (["a", "--policies", "."], ". holds no policies"),
    (["a", "--output", "csv"], "invalid choice: 'csv'")])
def test_a_wrong_command_line_ends_with_2_in_words(audit, words, said):
    told = audit(*words)
    assert (told.code, told.out) == (2, "")
    assert said in told.err


def test_a_file_that_is_not_there_is_told(audit):
    told = audit("nowhere.yaml")
    assert told.code == 2
    assert "nowhere.yaml: cannot be read: No such file or directory" in told.out


# Choice of policies

def test_only_one_policy_or_category_is_asked(audit, write, queue, debug):
    write("a.yaml", f"{queue}---\n{debug}")
    assert findings(audit("a.yaml", "--only", LOGS, "--output", "json")) == [LOGS]
    assert findings(audit("a.yaml", "--only", "kueue", "--output", "json")) == [COHORT]
    assert findings(audit("a.yaml", "--only", "mig", "--output", "json")) == []


def test_an_unknown_policy_names_the_nearest(audit, write, queue):
    told = audit(write("a.yaml", queue), "--only", "kueue/borrowing-limit-need-a-cohort")
    assert told.code == 2
    assert f"did you mean '{COHORT}'?" in told.err


# Waivers

def test_waivers_are_taken_from_the_default_file(audit, write, queue):
    write("seatrial-waivers.yaml", WAIVER.format(policy=COHORT, object="ClusterQueue research", until="2099-01-01"))
    told = audit(write("a.yaml", queue))
    assert (told.code, told.out) == (0, "nothing found in 1 object of 1 file; 1 waived\n")


def test_an_expired_waiver_fails_whatever_the_severity(audit, write, debug):
    write("w.yaml", WAIVER.format(policy=LOGS, object="Pod team-a/*", until="2020-01-01"))
    told = audit(write("a.yaml", debug), "--waivers", "w.yaml")
    assert told.code == 1
    assert "Expired waivers:" in told.out
    assert "until 2020-01-01, platform: soon (w.yaml:2:3: waivers[0])" in told.out


def test_an_unused_waiver_is_listed_and_fails_nothing(audit, write, good):
    write("w.yaml", WAIVER.format(policy=LOGS, object="Pod gone", until="2099-01-01"))
    told = audit(write("a.yaml", good), "--waivers", "w.yaml")
    assert told.code == 0
    assert "Waivers that cover nothing:" in told.out


def test_an_annotation_waives(audit, write, debug):
    waiver = "{reason: we look for a hang, owner: team-a, until: 2099-01-01}"
    told = audit(write("a.yaml", debug.replace("metadata:\n", "metadata:\n  annotations:\n    waiver.seatrial.dev/"
                                               f"{LOGS.replace('/', '.')}: '{waiver}'\n")))
    assert told.out.endswith("nothing found in 1 object of 1 file; 1 undecided policy, 1 waived\n")


def test_an_annotation_waives_nothing_in_another_object_of_the_same_name(audit, write, debug):
    waived = debug.replace("metadata:\n", "metadata:\n  annotations:\n    waiver.seatrial.dev/"
                           f"{LOGS.replace('/', '.')}: '{{reason: a, owner: b, until: 2099-01-01}}'\n")
    write("staging.yaml", f"{debug}---\n{waived}---\n{debug}")
    write("prod.yaml", debug)
    write("list.yaml", json.dumps({"apiVersion": "v1", "kind": "List", "items": [
        yaml.safe_load(text) for text in (debug, waived, debug)]}, indent=1))
    told = audit("staging.yaml", "prod.yaml", "list.yaml", "--fail-on", "never", "--output", "json")
    said = json.loads(told.out)
    assert [found["file"] for found in said["findings"]] == ["list.yaml", "list.yaml", "prod.yaml", "staging.yaml", "staging.yaml"]
    assert said["counts"]["waived"] == 2


def test_an_annotation_that_is_no_waiver_is_a_problem_at_its_place(audit, write, debug):
    told = audit(write("a.yaml", debug.replace("metadata:\n", "metadata:\n  annotations:\n    waiver.seatrial.dev/x: y\n")))
    assert told.code == 2
    assert "a.yaml:4:3: a.yaml: Pod team-a/train: annotation waiver.seatrial.dev/x: must be {reason" in told.out


# Baseline

def test_a_baseline_lets_only_what_is_new_count(audit, write, queue):
    told = audit(write("a.yaml", queue), "--write-baseline", "known.json")
    assert (told.code, told.out, told.err) == (0, "", "known.json knows 1 finding\n")
    write("a.yaml", "# moved down\n" + queue)
    told = audit("a.yaml", "--baseline", "known.json")
    assert (told.code, told.out) == (0, "nothing found in 1 object of 1 file; 1 known by the baseline\n")
    write("a.yaml", queue.replace("research", "another"))
    told = audit("a.yaml", "--baseline", "known.json")
    assert told.code == 1
    assert "1 stale entry of the baseline" in told.out


def test_a_baseline_of_half_the_input_ends_with_2(audit, write):
    told = audit(write("a.yaml", "a: [\n"), "--write-baseline", "known.json")
    assert told.code == 2
    assert "a.yaml:2:1: is not YAML" in told.err


# Fixes

def test_a_dry_run_shows_the_edit_and_writes_nothing(audit, write, debug, tmp_path):
    told = audit(write("a.yaml", debug), "--fix", "--dry-run")
    assert (tmp_path / "a.yaml").read_text() == debug
    assert "-          value: ***  # while we look\n+          value: WARN  # while we look\n" in told.err
    assert "1 finding would be mended" in told.err
    assert LOGS in told.out


def test_a_fix_is_written_and_the_finding_is_gone(audit, write, debug, tmp_path):
    told = audit(write("a.yaml", debug), "--fix")
    assert (tmp_path / "a.yaml").read_text() == debug.replace("INFO", "WARN")
    assert (told.code, told.err) == (0, "1 finding mended\n")
    assert "nothing found in 1 object of 1 file" in told.out


def test_what_is_not_mended_is_said_with_the_reason(audit, write, debug, tmp_path):
    shared = debug.replace("value: INFO", "value: &level INFO")
    told = audit(write("a.yaml", shared), "--fix")
    assert (tmp_path / "a.yaml").read_text() == shared
    assert f"a.yaml:13: {LOGS} is not mended: is shared through an anchor" in told.err
    assert LOGS in told.out


# Facts

FLAVOR = "apiVersion: kueue.x-k8s.io/v1beta2\nkind: ResourceFlavor\nmetadata: {name: h100}\nspec:\n  nodeLabels: {gpu: h100}\n"


def test_a_policy_that_lacks_facts_says_so_once(audit, write):
    told = audit(write("a.yaml", FLAVOR + "---\n" + FLAVOR.replace("name: h100", "name: b")))
    assert told.out.count("kueue/flavor-matches-a-node needs nodes") == 1
    assert "give them: --facts FILE, or --facts cluster (nodes)" in told.out


def test_facts_from_a_file_are_judged_by(audit, write):
    write("facts.yaml", "nodes: [{gpu: l40s}]\n")
    told = audit(write("a.yaml", FLAVOR), "--facts", "facts.yaml", "--output", "json")
    assert findings(told) == ["kueue/flavor-matches-a-node"]
    assert json.loads(told.out)["undecided"] == []


@pytest.mark.parametrize(("text", "said"), [
    ("mig: {}", "1:1: nobody knows the fact 'mig'"), ("nodes: 5", "1:1: nodes must be a list"),
    ("kserve: [a]", "1:1: kserve must be keys and values"), ("- a", " must hold keys and values"), ("a: [", "2:1: is not YAML")])
def test_facts_that_nobody_knows_are_refused(audit, write, text, said):
    write("facts.yaml", text)
    told = audit(write("a.yaml", FLAVOR), "--facts", "facts.yaml")
    assert told.code == 2
    assert f"facts.yaml:{said}" in told.err


# Input

def test_standard_input_is_judged(audit, queue):
    told = audit("-", stdin=queue)
    assert told.code == 1
    assert f"<stdin>:14:15 error {COHORT}" in told.out


def test_a_finding_across_objects_of_standard_input_has_its_place(audit, queue):
    local = "apiVersion: kueue.x-k8s.io/v1beta2\nkind: LocalQueue\nmetadata: {name: a}\nspec:\n  clusterQueue: nowhere\n"
    told = audit("-", "--only", "kueue/local-queues-lead-to-a-cluster-queue", stdin=f"{queue}---\n{local}")
    assert "<stdin>:20:3 warning" in told.out


def test_a_file_that_two_words_mean_is_judged_once(audit, write, queue):
    write("m/a.yaml", queue)
    assert "1 error in 1 object of 1 file" in audit("m", "m/a.yaml", "./m/*.yaml").out


def test_objects_in_a_list_are_judged(audit, write, queue):
    items = "".join(f"  {line}\n" for line in queue.splitlines())
    told = audit(write("a.yaml", "apiVersion: v1\nkind: List\nitems:\n- " + items[2:]))
    assert f"a.yaml:17:17 error {COHORT}" in told.out


@pytest.mark.parametrize(("file", "tool", "said"), [
    ("Chart.yaml", "helm", "must be rendered first, and helm is not installed"),
    ("kustomization.yaml", "kustomize", "must be rendered first, and kustomize or kubectl is not installed")])
def test_a_folder_to_render_without_its_tool_is_a_problem(audit, write, monkeypatch, file, tool, said):
    monkeypatch.setenv("PATH", "/nowhere")
    write(f"m/{file}", "a: 1\n")
    told = audit("m")
    assert told.code == 2
    assert f"m: {said}" in told.out
    assert f"{tool} " in told.out


@pytest.mark.parametrize(("file", "tool", "words"), [
    ("Chart.yaml", "helm", "template m"), ("kustomization.yaml", "kustomize", "build m"),
    ("kustomization.yaml", "kubectl", "kustomize m")])
def test_a_folder_is_rendered_by_its_tool(audit, write, monkeypatch, tmp_path, queue, file, tool, words):
    write("bin/" + tool, f'#!/bin/sh\n[ "$*" = "{words}" ] || exit 1\n/bin/cat m/templates/queue.tpl\n')
    os.chmod(tmp_path / "bin" / tool, 0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    write(f"m/{file}", "a: 1\n")
    write("m/templates/queue.tpl", queue)
    told = audit("m")
    assert told.code == 1
    assert f"m:14:15 error {COHORT}" in told.out


def test_a_tool_that_fails_is_told_with_its_last_word(audit, write, monkeypatch, tmp_path):
    write("bin/helm", "#!/bin/sh\necho first >&2\necho 'no chart here' >&2\nexit 1\n")
    os.chmod(tmp_path / "bin" / "helm", 0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    write("m/Chart.yaml", "a: 1\n")
    assert "m: helm template m failed: no chart here" in audit("m").out


# Output

def test_a_reader_that_has_had_enough_is_no_error(child, write, queue):
    reader, writer = os.pipe()
    os.close(reader)
    told = child(write("a.yaml", queue), stdout=writer)
    os.close(writer)
    assert (told.code, told.err) == (0, "")


def test_a_letter_that_the_output_cannot_show_is_replaced(child, write, queue):
    told = child(write("a.yaml", queue.replace("research", "\u00fcbung")), env={"PYTHONIOENCODING": "ascii"})
    assert told.code == 1
    assert "ClusterQueue ?bung" in told.out


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit", "github", "markdown", "html"])
def test_a_file_with_a_name_that_is_no_text_is_told_in_all_forms(child, tmp_path, queue, form):
    with open(os.fsencode(tmp_path) + b"/a\xff.yaml", "wb") as file:
        file.write(queue.encode())
    told = child(".", "--output", form)
    assert (told.code, told.err) == (1, "")
    assert "research" in told.out


def test_the_page_and_the_list_of_policies_are_printed(capsys):
    from conformance import cli

    assert cli.main(["explain", COHORT]) == 0
    assert "## When a waiver is right" in capsys.readouterr().out
    assert cli.main(["explain", "kueue"]) == 0
    assert COHORT in capsys.readouterr().out
    assert cli.main(["explain", "kueu"]) == 2
    assert "did you mean 'kueue'?" in capsys.readouterr().err


def test_the_client_of_kubernetes_is_not_loaded_for_files(child, write, good, tmp_path):
    program = ("import sys; from conformance import cli\n"
               "cli.main(['audit', 'a.yaml']); print([name for name in ('kubernetes', 'rich', 'multiprocessing.pool')"
               " if name in sys.modules])")
    write("a.yaml", good)
    import subprocess

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert told.stdout.endswith("[]\n")
