"""The real OPA accepts the policies in its strict mode, and their own tests pass in it."""

import json
import subprocess

import pytest

from conformance import assets
from conformance.policy import policies

FOLDER = assets.folder("policies")


@pytest.fixture(scope="module")
def opa(opa_program):
    def run(*arguments):
        # As a bundle: then OPA reads rules alone, and takes no example for data.
        return subprocess.run([opa_program, *arguments, "--bundle", FOLDER], check=False, capture_output=True,
                              text=True, env={})

    return run


def test_it_accepts_them_in_strict_mode(opa):
    done = opa("check", "--strict")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def tested(opa):
    done = opa("test", "--format=json")
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def test_their_tests_pass(tested):
    wrong = [f"{one['location']['file']}:{one['location']['row']}: {one['name']}: {one.get('error', 'fails')}"
             for one in tested if one.get("fail") or one.get("error") or one.get("skip")]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("policy", policies.load().policies)
def test_a_policy_has_tests(policy, tested):
    category, name = policy.split("/")
    assert [one for one in tested if one["package"] == f'data.policies.{category}["{name}_test"]'], \
        f"nothing in {policy}/rule_test.rego is a test of its package"
