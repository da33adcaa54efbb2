"""NPS, CSAT and CES of answers in the database, one of each account, against published intervals."""

import pytest

from accounts.models import Account
from surveys.models import Answer, Response
from surveys.scales import BUILT_IN
from tests.factories import at
from tests.metrics.asking import answer
from tests.oracles.conftest import ORACLES
from tests.surveys.rows import survey

VECTORS = ORACLES["stat_vectors"]
JUNE_30 = "2026-06-30"


def answered(key, scores, *, is_turned):
    """Each by an account of its own, besides one that leaves the question out."""
    scale, of, on = BUILT_IN[key], survey(), {"responded_at": at("2026-06-10 12:00")}
    accounts = Account.objects.bulk_create(Account(name="Asked") for _ in [*scores, None])
    responses = [Response(survey=of, version=of.current, account=one, **on) for one in accounts]
    known = {"question": "score", "scale": key, "measure": scale.measure}
    answers = [Answer(response=responses.pop(), **known)]
    Response.objects.bulk_create([answers[0].response, *responses])
    for response, score in zip(responses, scores, strict=True):
        value = scale.score(score, is_turned=is_turned)
        answers.append(Answer(response=response, value=value, score=score, band=scale.band(score), **known))
    Answer.objects.bulk_create(answers)


def limits(found):
    return [found.interval.low, found.interval.high]


@pytest.mark.parametrize("case", VECTORS["nps"], ids=lambda case: f"{case['nps']} of {case['n']}")
def test_nps_and_its_interval(case):
    groups = {9: case["promoters"], 8: case["passives"], 3: case["detractors"]}
    answered("nps", [score for score, count in groups.items() for _ in range(count)], is_turned=False)

    found = answer("nps", JUNE_30)

    assert found.denominator == case["n"]
    assert float(found.value) == pytest.approx(float(case["nps"]))
    published = [max(-100.0, min(100.0, float(one))) for one in case["adjusted_wald95_add_0.75_1.5_0.75"]]
    assert limits(found) == pytest.approx(published)


@pytest.mark.parametrize("is_turned", [False, True], ids=["as it is", "turned"])
@pytest.mark.parametrize(
    ("key", "scale", "good", "bad"), [("csat", "csat", 5, 3), ("csat", "thumbs", 1, 0), ("ces", "ces", 5, 4)]
)
@pytest.mark.parametrize("case", VECTORS["wilson"], ids=lambda case: f"{case['k']} of {case['n']}")
def test_shares_and_their_interval(case, key, scale, good, bad, is_turned):
    scores = [good] * case["k"] + [bad] * (case["n"] - case["k"])
    answered(scale, scores, is_turned=is_turned)

    found = answer(key, JUNE_30)

    assert (found.numerator, found.denominator) == (case["k"], case["n"])
    assert limits(found) == pytest.approx([float(case["low"]), float(case["high"])])
