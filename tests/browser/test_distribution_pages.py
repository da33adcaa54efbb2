"""The pages on which surveys are sent, in both languages and themes, on a desk and on a phone."""

import pytest
from django.utils import timezone

from tests.accounts.messages.mailed import person
from tests.browser.test_pages import EITHER_LOOK, prefer, wrong_on
from tests.factories import account
from tests.surveys import rows
from tests.surveys.asking import sent, to_all

NAME = "Najm Logistics & Warehousing (Gulf Region) Holding GmbH"


@pytest.fixture
def asked(administrator):
    najm = account(NAME, owner=administrator)
    person(account=najm, name="سارة القحطاني", language="ar")
    return sent(to_all(administrator, survey=rows.survey(name=f"استبيان {NAME}")), timezone.now())


@EITHER_LOOK
def test_pages_of_sending_serve_everybody(
    context, page, live_server, administrator, signed_in, asked, language, theme
):
    administrator.language = language
    administrator.save()
    signed_in(administrator)
    prefer(context, live_server.url, language, theme)
    once, by_event = asked, rows.distribution(asked.survey, made_by=administrator)
    addresses = [f"/surveys/{asked.survey.pk}/distributions/{one}" for one in ("", "new/")]
    addresses += [f"/surveys/distributions/{one.pk}/" for one in (once, by_event)]

    found = [fault for one in addresses for fault in wrong_on(page, live_server.url + one, language)]

    assert "\n".join(found) == ""
