from conformance.components.manifests import gpus, of_kind
from conformance.components.manifests import uncovered as lines
from conformance.model.promise import Team


def shares(folder):
    return {one.name: one for one in of_kind(folder.manifests, "tally.example.com", "Share")}


def check(folder):
    for one in shares(folder).values():
        gpus(one, one.spec, "spec", "gpus")


def names(namespace, folder):
    return "Share", {*shares(folder)}


def drafts(folder):
    for name, one in shares(folder).items():
        yield Team(name=name, namespace=name, queue=name, component="tally",
                   guaranteed_gpus=gpus(one, one.spec, "spec", "gpus"))


def contradictions(teams, folder):
    for team in teams:
        one = shares(folder)[team.queue]
        has = gpus(one, one.spec, "spec", "gpus") or 0
        if (team.guaranteed_gpus or 0) > has:
            yield f"{one.where('spec', 'gpus')}: Share {one.name}: team {team.name} is guaranteed more than {has} GPUs"


def uncovered(teams, folder):
    for one in shares(folder).values():
        yield from lines(one, [(("spec", "gpus"), f"gpus {one.spec['gpus']}", "guaranteed_gpus")],
                         [team for team in teams if team.queue == one.name])


def handed_out(folder):
    return {f"Share {name}": gpus(one, one.spec, "spec", "gpus") or 0 for name, one in shares(folder).items()}


def queue_of(team, folder):
    return f"Share {team.queue}"


def pool(team, folder):
    return "all"


def pool_gpus(team, folder):
    return sum(handed_out(folder).values())


def most_held(asks, folder):
    return min(sum(handed_out(folder).values()), sum(asks.values()))


def node_labels(team, folder):
    return ()


def half_gang_lasts_s(team, folder):
    return 0
