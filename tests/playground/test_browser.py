"""The page as a visitor meets it: a real Chromium, a real service, a scripted backbone."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytest.importorskip("selenium", reason="no selenium: make install")

from selenium.webdriver.common.keys import Keys

from agents import Knowledge
from service.access.keys import create_key
from tests.playground.conftest import serving_playground, speak
from tests.playground.window import PHONE, Window, open_window
from tests.service.conftest import Reply, ScriptedBackbone, settings_for

pytestmark = [
    pytest.mark.clients,
    pytest.mark.timeout(240),
    # Gradio's, of an option of pandas that it sets when it sums up its queue
    pytest.mark.filterwarnings("ignore:.*no_silent_downcasting"),
]

QUESTION = "As a Peruvian teacher in Cairo: how should a child in Kyoto address an elder?"
FOUR = ("japan", "مصر", "ישראל", "Pakistán")
"""Japan, Egypt, Israel, Pakistan: each found by its name in another language."""
ARABIC = """في **اليابان** ينحني الناس لمن هو أكبر سنًّا، وفي مصر يُقال له «حضرتك».

- الاحترام مشترك.
- واللفظ يختلف."""
UNNAMED = """
return [...document.querySelectorAll("#polylect :is(button, input, select, textarea)")]
  .filter((field) => !field.textContent.trim() && !field.labels?.length && !field.ariaLabel)
  .map((field) => field.outerHTML)"""


@pytest.fixture(scope="module")
def window() -> Iterator[Window]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        pytest.skip("no Chromium: apt-get install chromium chromium-driver")
    with open_window(chromium, driver) as window:
        yield window


def test_a_council_from_question_to_share(site: str, backbone: ScriptedBackbone, window: Window) -> None:
    backbone.reply = speak(0.05)
    window.requests()
    window.open(site)
    window.shoot("start")
    assert len(window.all(".examples button")) == 8
    window.choose("multiplex", FOUR)
    window.shoot("chosen")
    window.ask(QUESTION)

    # Voices are there, in their own language and direction, while there is no answer.
    window.wait(lambda: len(window.all(".voice .words > div > p:first-child:not(.waiting)")) == 4)
    assert not window.all(".telling")
    directions = window.run(
        "return [...document.querySelectorAll('.voice .words > div')].map((words) => "
        "[words.lang, words.dir, getComputedStyle(words.querySelector('p')).direction])"
    )
    assert directions == [
        ["ja", "ltr", "ltr"],
        ["ar", "rtl", "rtl"],
        ["he", "rtl", "rtl"],
        ["ur", "rtl", "rtl"],
    ]
    assert window.run("return [...document.querySelectorAll('.voice')].every((voice) => voice.open)")
    time.sleep(0.8)
    window.shoot("voices")

    # They fold when the answer begins; what a reader opens stays open while it grows.
    window.wait(lambda: window.all(".answering .telling"))
    window.wait(
        lambda: not any(window.run("return [...document.querySelectorAll('.voice')].map((v) => v.open)"))
    )
    window.press(".voice summary")
    before = len(window.one(".telling").text)
    window.wait(lambda: len(window.one(".telling").text) > before)
    assert window.run("return document.querySelector('.voice').open")
    window.shoot("answering")
    window.until_answered()

    # Evidence, chart, account.
    assert [mark.text.split("\n")[0] for mark in window.all("mark.evidence")] == [
        "As a PeruvianPeru, who asks",
        "CairoEgypt, city",
        "KyotoJapan, city",
    ]
    shares = [one.text for one in window.all(".bars .share")]
    assert sum(int(share.rstrip("%")) for share in shares) == pytest.approx(100, abs=2)
    window.press(".account summary")
    assert "Who was asked, and why" in window.one(".account").text
    assert window.one(".account .wide tbody tr:nth-child(4)").text.startswith("Pakistan Urdu spoke requested")
    for number in range(1, 4):
        window.press(".voice summary", number)
    window.whole("whole")

    # A screen reader was told.
    told = [one.get_attribute("textContent") for one in window.all("#pl-aloud p")]
    assert told[0] == "Now speaking: Japan, Egypt, Israel, Pakistan."
    assert told[-1] == "The answer is complete."

    # What is copied is what was said.
    origin = {"origin": site, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    window.driver.execute_cdp_cmd("Browser.grantPermissions", origin)
    window.press("[data-do=copy-json]")
    window.wait(lambda: window.one("[data-do=copy-json]").text == "Copied")
    shared = json.loads(window.run("return navigator.clipboard.readText()"))
    assert shared["question"] == QUESTION
    assert [one["culture"] for one in shared["answers"][0]["answer"]["perspectives"]] == [
        "JP",
        "EG",
        "IL",
        "PK",
    ]

    # And nobody else heard of it.
    assert {urlsplit(url).netloc for url in window.requests()} == {urlsplit(site).netloc}
    assert window.complaints() == []


def test_stop_in_mid_stream_and_ask_again(site: str, backbone: ScriptedBackbone, window: Window) -> None:
    backbone.reply = speak(0.2)
    window.open(site)
    window.choose("multiplex", ("Japan", "Egypt"))
    window.ask(QUESTION)
    window.wait(lambda: backbone.running == 2 and window.all(".voice .words p:not(.waiting)"))
    window.one("#pl-question").send_keys(Keys.ESCAPE)
    window.wait(lambda: "You stopped here" in window.text(), 5)
    window.wait(lambda: backbone.running == 0, 2)
    assert len(backbone.bodies) == 2
    window.shoot("stopped")
    backbone.reply = speak(0.0)
    window.press("[data-do=again]")
    window.wait(lambda: window.all(".telling") and window.ended())
    assert len(window.all(".turn")) == 1


def test_to_leave_the_page_ends_every_call(site: str, backbone: ScriptedBackbone, window: Window) -> None:
    backbone.reply = speak(0.3)
    window.open(site)
    window.choose("multiplex", ("Japan", "Egypt"))
    window.ask(QUESTION)
    window.wait(lambda: backbone.running == 2)
    window.driver.get("about:blank")
    window.wait(lambda: backbone.running == 0, 5)


def test_beside_the_plain_model_in_the_dark(site: str, backbone: ScriptedBackbone, window: Window) -> None:
    backbone.reply = speak(0.03)
    window.open(site, dark=True)
    assert window.run("return document.body.classList.contains('dark')")
    window.choose("multiplex", FOUR, beside=True)
    window.ask(QUESTION)
    window.wait(lambda: len(window.all(".voice .words > div > p:first-child:not(.waiting)")) == 4)
    window.shoot("dark-voices")
    window.until_answered()
    names = [one.text.split("\n")[0] for one in window.all(".side-name")]
    assert names == ["Plain model", "Council"]
    plain, council = window.all(".side")
    assert plain.rect["x"] + plain.rect["width"] <= council.rect["x"]
    assert len(window.all(".score")) == 2
    window.shoot("dark-beside")
    window.one("[data-do=theme]").click()
    assert not window.run("return document.body.classList.contains('dark')")
    window.one("[data-do=theme]").click()
    window.one("[data-do=theme]").click()


def test_a_question_from_right_to_left_on_a_phone(
    site: str, backbone: ScriptedBackbone, window: Window
) -> None:
    backbone.reply = lambda body: Reply(words=[f"{word} " for word in ARABIC.split(" ")], pause=0.02)
    window.open(site, size=PHONE)
    window.shoot("phone-start")
    window.choose("multiplex", ("اليابان", "مصر"))
    window.shoot("phone-chosen")
    window.ask("كيف يخاطب الطفل كبار السن في كيوتو؟")
    window.wait(lambda: window.all(".voice .words p:not(.waiting)"))
    window.shoot("phone-voices")
    window.until_answered()
    for selector in (".asked", ".telling p", ".telling ul"):
        assert (
            window.run("return getComputedStyle(document.querySelector(arguments[0])).direction", selector)
            == "rtl"
        )
    assert window.run("return document.documentElement.scrollWidth") == PHONE[0]
    window.press(".account summary")
    assert window.run("return document.documentElement.scrollWidth") == PHONE[0]
    window.whole("phone-whole")


def test_what_a_voice_writes_stays_words(site: str, backbone: ScriptedBackbone, window: Window) -> None:
    evil = "<img src=x onerror=window.hacked=1> ![x](http://evil.example/x.png) {{value}} ${alert(1)} `x` "
    backbone.reply = lambda body: Reply(words=[evil, "<script>window.hacked=1</script>"])
    window.requests()
    window.open(site)
    window.choose("multiplex", ("Japan",))
    window.ask(f"{evil} in Kyoto?")
    window.until_answered()
    assert "${alert(1)}" in window.one(".telling").text
    assert window.run("return window.hacked") is None
    assert not window.all("#pl-log img, #pl-log script, #pl-log a")
    assert {urlsplit(url).netloc for url in window.requests()} == {urlsplit(site).netloc}


def test_by_keyboard_alone(site: str, backbone: ScriptedBackbone, window: Window) -> None:
    window.open(site)
    window.wait(lambda: window.all(".picker[data-known]"))
    reached = []
    for _ in range(25):
        window.driver.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(
            window.run("const e = document.activeElement; return e.id || e.dataset.do || e.className")
        )
        if reached[-1] == "pl-beside":
            break
    told = [
        name
        for name in reached
        if name in {"theme", "example", "pl-question", "go", "pl-mode", "pl-cultures", "pl-beside"}
    ]
    assert list(dict.fromkeys(told)) == [
        "theme",
        "example",
        "pl-question",
        "go",
        "pl-mode",
        "pl-cultures",
        "pl-beside",
    ]
    field = window.one("#pl-cultures")
    field.send_keys("Japon")
    active = window.wait(lambda: field.get_attribute("aria-activedescendant"))
    assert "Japan" in window.one(f"#{active}").text
    field.send_keys(Keys.ENTER, "Atlantis", Keys.ENTER)
    assert [one.get_attribute("aria-label") for one in window.all(".chosen button")] == [
        "Remove Japan",
        "Remove Atlantis",
    ]
    field.send_keys(Keys.BACKSPACE)
    assert len(window.all(".chosen button")) == 1
    assert window.run(UNNAMED) == []


def test_the_backbone_is_gone(knowledge: Knowledge, window: Window, unused_tcp_port: int) -> None:
    settings = settings_for(f"http://127.0.0.1:{unused_tcp_port}/v1", connect_seconds=0.5)
    with serving_playground(settings, knowledge) as site:
        window.open(site)
        window.ask("How should a child in Kyoto address an elder?")
        window.until_answered()
        told = window.one(".trouble[role=alert]").text
        assert told.startswith("The model behind Polylect cannot be reached.\nYour question was fine")
        assert "Traceback" not in window.text()
        window.shoot("backbone-gone")
        window.driver.get("about:blank")


def test_the_service_is_stopped(knowledge: Knowledge, backbone: ScriptedBackbone, window: Window) -> None:
    backbone.reply = speak(0.5)
    with serving_playground(settings_for(backbone.url, voice_seconds=30.0), knowledge) as site:
        window.open(site)
        window.choose("multiplex", ("Japan", "Egypt"))
        window.ask(QUESTION)
        window.wait(lambda: window.all(".voice .words p:not(.waiting)"))
    shown = window.wait(lambda: [one for one in window.all(".trouble") if one.is_displayed()], 20)
    assert shown[0].text.startswith(("Polylect is being stopped.", "Polylect does not answer."))
    assert window.ended()
    window.shoot("service-stopped")


def test_the_connection_is_gone(site: str, backbone: ScriptedBackbone, window: Window) -> None:
    backbone.reply = speak(0.3)
    window.open(site)
    window.choose("multiplex", ("Japan", "Egypt"))
    window.ask(QUESTION)
    window.wait(lambda: window.all(".voice .words p:not(.waiting)"))
    line = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    window.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {**line, "offline": True})
    try:
        gone = window.wait(lambda: [one for one in window.all(".gone") if one.is_displayed()], 20)
        assert gone[0].text.startswith("Polylect does not answer.")
        assert window.ended()
        window.shoot("connection-gone")
    finally:
        window.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {**line, "offline": False})
    window.driver.get("about:blank")
    window.wait(lambda: backbone.running == 0, 5)


def test_where_there_are_keys_each_visitor_brings_one(
    knowledge: Knowledge, backbone: ScriptedBackbone, window: Window, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.json"
    _, secret = create_key(keys, "visitor", models=("polylect/*",), requests_per_minute=2)
    backbone.reply = speak(0.0)
    with serving_playground(settings_for(backbone.url, keys_file=keys), knowledge) as site:
        window.open(site)
        window.ask("What is 2 + 2?")
        window.until_answered()
        assert window.one(".turn .trouble strong").text == "This service asks for a key."
        window.shoot("key-needed")
        window.one("#pl-key").send_keys("wrong", Keys.TAB)
        window.wait(lambda: "not known here" in window.one(".key-told").text)
        window.one("#pl-key").clear()
        window.one("#pl-key").send_keys(secret, Keys.TAB)
        window.wait(lambda: window.one(".key-told").text == "This key works.")
        window.press("[data-do=again]")
        window.wait(lambda: window.all(".telling") and window.ended())
        window.ask("What is 3 + 3?")
        window.wait(lambda: len(window.all(".telling")) == 2 and window.ended())
        window.ask("What is 4 + 4?")
        told = window.wait(lambda: window.all(".turn .trouble p"))[0].text
        assert told.startswith("Ask again in ")
        assert told.endswith(" seconds.")
        window.shoot("too-much")
        assert secret not in window.run("return document.documentElement.innerHTML")
        window.driver.get("about:blank")
