"""Stored figures to be looked at, and what a page or a file says."""

import csv
import io

from metrics.models import CurrentValue, Definition


def definition(key):
    return Definition.objects.get_or_create(key=key)[0]


def value(account, key, amount, denominator=0):
    result = amount / denominator if denominator else amount
    return CurrentValue.objects.create(
        account=account, definition=definition(key), numerator=amount, denominator=denominator, value=result
    )


def names(response):
    return [row.account.name for row in response.context["rows"]]


def rows_of_csv(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))
