"""The signature, by what Twilio publishes: https://www.twilio.com/docs/usage/security#validating-requests."""

from urllib.parse import urlencode

from accounts.connectors import twilio

URL, TOKEN = "https://mycompany.com/myapp.php?foo=1&bar=2", "12345"
FIELDS = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
# The example of their libraries.
SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def body(**more):
    return urlencode(FIELDS | more).encode()


def test_signature_is_that_of_the_published_example():
    assert twilio.signature(URL, body(), TOKEN) == SIGNATURE
    assert twilio.is_signed(URL, body(), SIGNATURE, TOKEN)


def test_anything_else_is_another_signature():
    for url, said, token in (
        (URL + "3", body(), TOKEN),
        (URL, body(Digits="1235"), TOKEN),
        (URL, body(More=""), TOKEN),
        (URL, body(), "12346"),
    ):
        assert not twilio.is_signed(url, said, SIGNATURE, token)
    assert not twilio.is_signed(URL, body(), "", TOKEN)
    assert not twilio.is_signed(URL, body(), "é", TOKEN)
