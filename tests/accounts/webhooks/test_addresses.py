import pytest

from accounts.webhooks import addresses
from accounts.webhooks.addresses import NO_ADDRESS, NO_ENCRYPTION, NO_PASSWORDS, NOT_REACHED, Refused


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "LOCALHOST.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "017700000001",
        "0",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "100.100.100.200",
        "169.254.169.254",
        "168.63.129.16",
        "192.0.0.192",
        "224.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[::127.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fe80::1]",
        "[fec0::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "①②⑦.0.0.1",
    ],
)
def test_private_addresses_are_refused_however_they_are_written(host):
    with pytest.raises(Refused) as refused:
        addresses.check(f"https://{host}/hook")

    assert refused.value.args == (NOT_REACHED,)


@pytest.mark.parametrize(
    "host", ["93.184.215.14", "[2606:4700:4700::1111]", "[::ffff:8.8.8.8]", "[64:ff9b::808:808]"]
)
def test_addresses_of_the_internet_are_taken(host):
    addresses.check(f"https://{host}:8443/hook?a=b")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://93.184.215.14/", NO_ENCRYPTION),
        ("https://name:word@93.184.215.14/", NO_PASSWORDS),
        ("https://@93.184.215.14/", NO_PASSWORDS),
        ("ftp://93.184.215.14/", NO_ADDRESS),
        ("https://", NO_ADDRESS),
        ("hooks.example.com", NO_ADDRESS),
        ("https://93.184.215.14:0/", NO_ADDRESS),
        ("https://93.184.215.14:99999/", NO_ADDRESS),
        ("https://93.184.215.14/a b", NO_ADDRESS),
        ("https://93.184.215.14/\r\nX: y", NO_ADDRESS),
        ("https://93.184.215.14\\@127.0.0.1/", NO_ADDRESS),
        ("https://93.184.215.14/#part", NO_ADDRESS),
        ("https://[::1/", NO_ADDRESS),
    ],
)
def test_what_is_no_address_is_refused_with_its_reason(url, why):
    with pytest.raises(Refused) as refused:
        addresses.check(url)

    assert refused.value.args == (why,)


def test_a_host_that_is_not_found_may_be_there_later():
    addresses.check("https://nobody.invalid/hook")


def test_private_addresses_are_taken_where_that_is_allowed(settings):
    settings.WEBHOOKS_MAY_REACH_PRIVATE = True

    addresses.check("http://127.0.0.1:8080/hook")


def test_hosts_and_paths_in_other_letters_are_written_as_http_has_them():
    target = addresses.read("https://مثال.example/خطاف?q=%20ع")

    assert (target.host, target.host_header) == ("xn--mgbh0fb.example", "xn--mgbh0fb.example")
    assert target.path == "/%D8%AE%D8%B7%D8%A7%D9%81?q=%20%D8%B9"


def test_the_header_names_ports_that_do_not_go_without_saying():
    assert addresses.read("https://a.example:8443").host_header == "a.example:8443"
    assert addresses.read("https://[2606:4700::1]/").host_header == "[2606:4700::1]"


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://10.0.0.1/", "http://127.0.0.1/", "http://[::1]/"]
)
def test_address_of_our_own_settings_may_be_private(url):
    target = addresses.read(url, is_ours=True)

    assert addresses.found(target, is_ours=True) == [target.host]


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://8.8.8.8/"])
def test_what_leaves_this_machine_is_encrypted(url):
    with pytest.raises(addresses.Refused):
        addresses.found(addresses.read(url, is_ours=True), is_ours=True)
