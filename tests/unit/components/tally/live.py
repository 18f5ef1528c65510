from conformance.components.tally.queues import handed_out, shares

from conformance.model.survey import Queue


def surveyed(folder):
    for name in shares(folder):
        yield Queue(kind="Share", name=name, cohort="", guaranteed_gpus=handed_out(folder)[f"Share {name}"],
                    may_borrow_gpus=None, lends_gpus=None, gpus_in_use=0, doors=())


def entrance(team, folder, namespace):
    return {"apiVersion": "tally.example.com/v1", "kind": "Share"}


def open_to(api, team, namespace):
    pass


def closed(api, folder, team):
    return "", ""


def manages(api, namespace):
    return True, ""


def holds_pods_back(api, namespace):
    return False, ""


def reserved(api, folder, team):
    return f"Share {team.queue}", 3


def still_held(api, namespaces, gone):
    return []
