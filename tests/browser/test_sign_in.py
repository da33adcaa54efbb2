def test_signing_in_by_form(page, live_server, alice):
    page.goto(f"{live_server.url}/sign-in/login/?next=/healthz")

    page.get_by_role("textbox", name="E-mail").or_(page.get_by_role("textbox", name="Email")).fill(
        alice.email
    )
    page.locator("input[type=password]").fill("correct horse battery")
    page.locator("form:has(input[type=password]) button[type=submit]").first.click()

    page.wait_for_url("**/healthz")


def test_stranger_is_sent_to_sign_in(page, live_server):
    page.goto(f"{live_server.url}/admin/")

    assert "login" in page.url


def test_administrator_enters_the_admin(page, live_server, administrator, signed_in):
    signed_in(administrator)

    page.goto(f"{live_server.url}/admin/")

    assert page.locator("#site-name, .site-name, h1").first.is_visible()
