"""A survey in a web page of somebody else's: from another origin, in a frame, by the keyboard."""

from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe

from surveys.models import Response
from surveys.widgets import snippets
from tests.browser.test_pages import PHONE, WITHOUT_STYLES, serious
from tests.surveys import rows

PAGE = """<!doctype html>
<html lang="ar" dir="rtl">
<head><meta charset="utf-8"><link rel="icon" href="data:,"><title>متجر</title></head>
<body><main><h1>متجر</h1><button class="ask">رأيك</button></main>{snippet}</body>
</html>"""


@contextmanager
def serving(folder):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=folder))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def shop(settings, live_server, tmp_path):
    """Its page shows the survey by itself at once, and when a button asks for it."""
    settings.URL = live_server.url
    with serving(tmp_path) as address:
        link = rows.link(channel="widget", origin=address[:-1])
        snippet = snippets(link)["ar"].replace('data-delay="10"', 'data-delay="0" data-open-by=".ask"')
        (tmp_path / "index.html").write_text(PAGE.format(snippet=snippet), "utf-8")
        yield address


def test_visitor_answers_in_the_web_page_that_the_survey_is_for(browser, page, shop, tmp_path):
    page.set_viewport_size(PHONE)
    panel, asked = page.get_by_role("dialog"), page.frame_locator("iframe")

    # Comes by itself, takes no focus, and is gone for long when it is not wanted
    page.goto(shop)
    panel.wait_for()
    assert page.evaluate("document.activeElement === document.body")
    assert serious(Axe().run(page, options=WITHOUT_STYLES)) == []
    asked.get_by_role("textbox").press("Escape")
    panel.wait_for(state="detached")
    page.reload()
    page.wait_for_timeout(200)
    assert panel.count() == 0

    # Asked for by the keyboard, it has the focus, and gives it back
    page.locator(".ask").press("Enter")
    panel.wait_for()
    assert page.evaluate("document.activeElement.matches('[role=dialog]')")
    assert asked.locator("html").get_attribute("dir") == "rtl"
    asked.locator("[name=nps][value='9']").check()
    asked.get_by_role("button", name="إرسال").last.click()
    asked.locator(".survey-thanks").wait_for()
    assert list(Response.objects.values_list("channel", "band")) == [("widget", "high")]
    page.get_by_role("button", name="إغلاق").focus()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className") == "ask"

    # Elsewhere it is not seen
    elsewhere = browser.new_context().new_page()
    with serving(tmp_path) as other:
        elsewhere.goto(other)
        elsewhere.locator("iframe").wait_for(state="attached")
        elsewhere.wait_for_timeout(300)
        assert elsewhere.locator("[role=dialog]").evaluate("one => one.style.visibility") == "hidden"
    elsewhere.context.close()
