"""A row as programs send it, and what the answer says of each."""


def order(identity, **more):
    said = {
        "id": identity,
        "account": "najm",
        "ordered_at": "2026-01-05T10:00:00Z",
        "amount": 10.25,
        "currency": "USD",
    }
    return said | more


def fates(response):
    return [result["fate"] for result in response.json()["results"]]


def errors(response):
    return [(e["pointer"], e["detail"]) for result in response.json()["results"] for e in result["errors"]]
