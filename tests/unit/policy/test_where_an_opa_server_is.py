"""What people can write about an OPA server, and what they are told when it is wrong."""

import pytest

from conformance.errors import UsageError
from conformance.policy.opa import Server, server


@pytest.fixture(autouse=True)
def no_token(monkeypatch):
    monkeypatch.delenv("SEATRIAL_OPA_TOKEN", raising=False)


@pytest.mark.parametrize(("url", "at"), [
    ("http://localhost", Server("localhost", 8181)),
    ("http://localhost:80/", Server("localhost", 80)),
    ("https://opa.example.com:8443", Server("opa.example.com", 8443, tls=True)),
    ("http://[::1]:8181", Server("[::1]", 8181)),
])
def test_a_url_says_where_it_is(url, at):
    assert server(url) == at


@pytest.mark.parametrize(("url", "said"), [
    ("localhost:8181", "must begin with http:// or https://"),
    ("http://", "name a host"),
    ("ftp://host", "must begin with http"),
    ("http://host:port", "cannot be read"),
    ("http://host:99999", "cannot be read"),
    ("http://host/opa", "not under /opa"),
    ("http://host?x=1", "at the root of its host"),
])
def test_a_url_that_cannot_be_used(url, said):
    with pytest.raises(UsageError, match=said):
        server(url)


def test_a_password_in_a_url_is_refused_and_not_repeated():
    with pytest.raises(UsageError) as refused:
        server("http://me:s3cret@host")
    assert "s3cret" not in str(refused.value)


def test_a_token_comes_from_a_file_or_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("SEATRIAL_OPA_TOKEN", "from-the-environment\n")
    assert server("http://host").token == "from-the-environment"
    file = tmp_path / "token"
    file.write_text("from-the-file\n")
    assert server("http://host", file).token == "from-the-file"
    assert "from-the-file" not in f"{server('http://host', file)!r} {server('http://host', file)}"


@pytest.mark.parametrize("content", [b"", b"two words", b"\xff\xfe", "tökén".encode()])
def test_a_token_file_that_holds_none(tmp_path, content):
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="token"):
        server("http://host", file)


def test_a_token_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        server("http://host", tmp_path / "nothing")
