"""Three parties count every share: the miners, the service and the pool. They have to agree."""


def pool_verdicts(ledger):
    """(accepted, rejected) by the pool's own book."""
    accepted = sum(1 for share in ledger if share["verdict"] == "accepted")
    return accepted, len(ledger) - accepted


def assert_nothing_lost(report):
    """What a farm must be able to say whatever happened to the service."""
    wanted = {"connections_lost": 0, "connect_failures": 0, "lost": 0, "answered_twice": 0,
              "rejected": 0}
    assert {name: report[name] for name in wanted} == wanted, report
    assert report["submitted"] > 0 and report["accepted"] == report["submitted"], report


def assert_agree(report, shares, ledger):
    """For farms whose miners all stayed to hear their answers."""
    accepted, rejected = pool_verdicts(ledger)
    assert shares["submitted"] == report["submitted"], (shares, report)
    assert shares["accepted"] == report["accepted"], (shares, report)
    assert shares["in_flight"] == 0, shares
    assert_agree_with_pool(shares, accepted, rejected)


def assert_agree_with_pool(shares, accepted, rejected):
    """The contract's sentence: the pool's accepted = accepted + late_accepted + at most what is
    unanswered."""
    known = shares["accepted"] + shares["late_accepted"]
    assert known <= accepted <= known + shares["unanswered"], (shares, accepted)
    refused = shares["rejected"] + shares["stale"] + shares["duplicate"] + \
        shares["low_difficulty"] + shares["invalid"] + shares["late_rejected"]
    assert rejected <= refused + shares["unanswered"], (shares, rejected)
