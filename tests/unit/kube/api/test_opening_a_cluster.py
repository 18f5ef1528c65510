"""Which cluster is opened, and what is said when it does not let us in."""

import datetime
import ssl

import pytest

from conformance.errors import SeatrialError, UsageError
from conformance.kube import pki
from conformance.kube.api import Api, Forbidden, Refused, Unauthorized, Unreachable
from conformance.waiting import Stop

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"}}


@pytest.fixture
def api(pretend_cluster):
    return Api.open(pretend_cluster.kubeconfig, outage_s=5)


# -- which one ------------------------------------------------------------------------------------


def test_of_several_kubeconfigs_the_first_that_names_a_context_decides(write_kubeconfig, monkeypatch, tmp_path):
    first = write_kubeconfig("http://127.0.0.1:1", "first", context="one")
    second = write_kubeconfig("http://127.0.0.1:2", "second", context="two")
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/missing:{first}:{second}")
    opened = Api.open()
    assert (opened.context, opened.host) == ("one", "http://127.0.0.1:1")
    assert Api.open(context="two").context == "two"
    assert Api.open(second).context == "two"


def test_without_kubeconfig_it_is_the_one_at_home(write_kubeconfig, monkeypatch, tmp_path):
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".kube").mkdir()
    write_kubeconfig("http://127.0.0.1:3", ".kube/config", context="home")
    assert Api.open().context == "home"


def test_a_context_that_is_not_there_is_told_with_those_that_are(write_kubeconfig):
    with pytest.raises(UsageError, match="cannot be used") as refused:
        Api.open(write_kubeconfig("http://127.0.0.1:1", context="prod"), "staging")
    assert refused.value.way_out.startswith("its contexts are: prod; name one with --context")


@pytest.mark.parametrize("text", ["", "a: [", "- 1", "a: b", "\tx"])
def test_what_is_no_kubeconfig_is_told_in_one_line(tmp_path, text):
    file = tmp_path / "kubeconfig"
    file.write_text(text)
    with pytest.raises(UsageError, match=f"^kubeconfig {file} cannot be used: [^\n]+\n  way out: name another one"):
        Api.open(file)


# -- who may ---------------------------------------------------------------------------------------


def test_what_the_account_may_not_do_names_verb_and_resource(api, pretend_cluster):
    pretend_cluster.refuse |= {("list", "nodes"), ("create", "pods"), ("delete", "jobs.batch"), ("watch", "pods")}
    ways = {("list", "nodes", ""): lambda: api.list("v1/Node"), ("create", "pods", "n"): lambda: api.create(POD),
            ("delete", "jobs.batch", "n"): lambda: api.delete("batch/v1/Job", "j", "n"),
            ("watch", "pods", "n"): lambda: list(api.watch("v1/Pod", "n", stop=Stop()))}
    for told, way in ways.items():
        with pytest.raises(Forbidden) as refused:
            way()
        assert (refused.value.verb, refused.value.resource, refused.value.namespace) == told
    assert not isinstance(refused.value, Refused)
    assert str(refused.value) == ("trial may not watch pods in namespace n\n  way out: let somebody grant it the verb watch "
                                  "on pods; all that Seatrial needs is in reference-manifests/rbac/")


def test_an_expired_token_is_told_with_its_context(serving, write_kubeconfig, pretend_cluster):
    pretend_cluster.answers["/version"] = (401, {"message": "Unauthorized"})
    file = write_kubeconfig(f"http://127.0.0.1:{pretend_cluster.port}", "b", user={"token": "old"})
    with pytest.raises(Unauthorized, match="does not accept the token of context pretend") as refused:
        Api.open(file).version()
    assert "expired" in refused.value.way_out


@pytest.mark.parametrize(("answer", "told"), [
    ((403, {"message": 'forbidden: User "trial" cannot get path "/apis/batch/v1"'}), Forbidden),
    ((401, {"message": "Unauthorized"}), Unauthorized), ((500, {"message": "no etcd"}), SeatrialError)])
def test_whether_a_kind_is_served_is_not_known_to_who_may_not_ask(api, pretend_cluster, answer, told):
    """Taken for "not served" nobody would watch it, and a behaviour would pass for what it did not see."""
    assert api.serves("batch/v1/Job")
    assert not api.serves("batch/v1/Other")
    assert not api.serves("gone.io/v1/Job")
    pretend_cluster.answers["/apis/batch/v1"] = answer
    with pytest.raises(told):
        api.serves("batch/v1/Job")


# -- outages ---------------------------------------------------------------------------------------


def test_nobody_is_waited_for_who_never_answered(write_kubeconfig):
    with pytest.raises(Unreachable, match="does not answer") as refused:
        Api.open(write_kubeconfig("http://127.0.0.1:1"), outage_s=60).version()
    assert "proxy" in refused.value.way_out


def test_a_server_that_starts_again_is_waited_for(serving, write_kubeconfig, pretend_cluster):
    asked = []

    class Starting(type(pretend_cluster)):  # type: ignore[misc]  # a fixture's class
        """It answers before it knows who may do what."""

        def answer(self, method, url, body):
            asked.append(url)
            if url == "/readyz" and len([one for one in asked if one == "/readyz"]) > 3:
                self.ready, self.refuse = True, set()
            return super().answer(method, url, body)

    with serving(pretend_cluster) as port:
        api = Api.open(write_kubeconfig(f"http://127.0.0.1:{port}", "b"), outage_s=10)
        assert api.list("v1/Pod") == []
    again = Starting()
    again.ready, again.refuse = False, {("list", "pods")}
    with serving(again, port=port):
        assert api.list("v1/Pod") == []
    assert asked.count("/readyz") >= 4


@pytest.mark.parametrize("ready", [(403, {"message": "no role lets you"}), (200, "ok")], ids=["refuses", "is ready by then"])
def test_what_a_server_that_starts_refuses_is_asked_again(serving, write_kubeconfig, pretend_cluster, ready):
    """It knows no roles yet: it refuses what it is asked, and to say whether it is ready."""
    asked = []

    class Starting(type(pretend_cluster)):  # type: ignore[misc]  # a fixture's class
        def answer(self, method, url, body):
            asked.append(url)
            if url == "/readyz" and ready[0] == 403 and asked.count(url) < 3:
                return ready
            if url == "/readyz":
                self.refuse = set()
            return super().answer(method, url, body)

    starting = Starting()
    starting.refuse = {("list", "pods")}
    with serving(starting) as port:
        assert Api.open(write_kubeconfig(f"http://127.0.0.1:{port}", "b"), outage_s=10).list("v1/Pod") == []


def test_a_server_that_stays_away_is_told_with_how_long_it_was_waited_for(serving, write_kubeconfig, pretend_cluster):
    with serving(pretend_cluster) as port:
        api = Api.open(write_kubeconfig(f"http://127.0.0.1:{port}", "b"), outage_s=0.3)
        assert api.list("v1/Pod") == []
    with pytest.raises(Unreachable, match=r"does not answer: .*, for 0.3 s"):
        api.list("v1/Pod")


def test_an_account_that_may_not_is_not_waited_for(api, pretend_cluster):
    pretend_cluster.refuse.add(("list", "pods"))
    with pytest.raises(Forbidden):
        api.list("v1/Pod")


# -- certificates ----------------------------------------------------------------------------------


def tls(tmp_path, authority):
    authority.issue("server", serves=["127.0.0.1"]).write(tmp_path, "server")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    return context


@pytest.mark.parametrize(("days", "said"), [(2, "certificate is not yet valid"), (-400, "certificate has expired")])
def test_a_certificate_of_another_time_is_told_with_our_clock(serving, write_kubeconfig, pretend_cluster, tmp_path,
                                                             monkeypatch, days, said):
    class Elsewhen(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return super().now(tz) + datetime.timedelta(days=days)

    authority = pki.Authority("ca")
    with monkeypatch.context() as then:
        then.setattr(pki, "datetime", Elsewhen)
        context = tls(tmp_path, authority)
    (tmp_path / "ca.crt").write_bytes(authority.pair.certificate)
    with serving(pretend_cluster, context=context) as port:
        file = write_kubeconfig(f"https://127.0.0.1:{port}", "b", **{"certificate-authority": str(tmp_path / "ca.crt")})
        with pytest.raises(Unreachable, match=said) as refused:
            Api.open(file, outage_s=5).version()
    assert f"this machine's clock says {datetime.datetime.now(datetime.UTC):%Y-%m-%d}" in refused.value.way_out


def test_a_certificate_of_another_server_is_told(serving, write_kubeconfig, pretend_cluster, tmp_path):
    (tmp_path / "ca.crt").write_bytes(pki.Authority("another").pair.certificate)
    with serving(pretend_cluster, context=tls(tmp_path, pki.Authority("ca"))) as port:
        file = write_kubeconfig(f"https://127.0.0.1:{port}", "b", **{"certificate-authority": str(tmp_path / "ca.crt")})
        with pytest.raises(Unreachable, match="is not accepted") as refused:
            Api.open(file).version()
    assert "another server" in refused.value.way_out


# -- pages -----------------------------------------------------------------------------------------


def test_a_long_list_comes_page_by_page(api, pretend_cluster):
    for number in range(7):
        pretend_cluster.add("v1/Node", f"n{number}")
    assert [node["metadata"]["name"] for node in api.each("v1/Node", page=3)] == [f"n{number}" for number in range(7)]
    assert [verb for verb, resource, *_ in pretend_cluster.asked if resource == "nodes"] == ["list"] * 3


def test_a_list_that_the_server_forgot_goes_on_with_what_there_is(api, pretend_cluster):
    page = {"metadata": {"continue": "old"}, "items": [{"metadata": {"name": "a"}}]}
    rest = {"metadata": {}, "items": [{"metadata": {"name": "b"}}]}
    pretend_cluster.answers["/api/v1/nodes"] = lambda method, query, body: {
        "": (200, page), "old": (410, {"metadata": {"continue": "new"}}), "new": (200, rest)}[query.get("continue", "")]
    assert [node["metadata"]["name"] for node in api.each("v1/Node")] == ["a", "b"]


def test_a_list_that_the_server_forgot_for_good_is_an_error(api, pretend_cluster):
    pretend_cluster.answers["/api/v1/nodes"] = (410, {"message": "too old"})
    with pytest.raises(SeatrialError, match="410 too old"):
        list(api.each("v1/Node"))


@pytest.mark.parametrize(("said", "expected"), [
    ('pods "server" is forbidden: User "trial" cannot get resource "pods/portforward" in API group "" in the namespace '
     '"models"', "trial may not get pods/portforward in namespace models"),
    ('pods "server" is forbidden: ',
     "the account of context pretend may not create pods/portforward in namespace models"),
], ids=["told", "untold"])
def test_who_may_not_forward_ports_hears_which_right_is_missing_also_where_the_server_does_not_say(
        pretend_cluster, said, expected):
    pretend_cluster.answers["/api/v1/namespaces/models/pods/server/portforward"] = (403, {"message": said})
    with pytest.raises(Forbidden) as refused, Api.open(pretend_cluster.kubeconfig).forward("server", "models", 8080):
        pass
    assert refused.value.message == expected


def test_a_pod_that_admission_does_not_let_be_reached_is_no_missing_right(pretend_cluster):
    pretend_cluster.answers["/api/v1/namespaces/models/pods/server/portforward"] = (
        403, {"message": 'pods "server" is forbidden: no ports of this pod may be forwarded'})
    with pytest.raises(Unreachable, match="no ports of this pod may be forwarded"), \
            Api.open(pretend_cluster.kubeconfig).forward("server", "models", 8080):
        pass
