"""A headless Chromium before the playground: what a visitor does, and what can be seen of it."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

SHOTS = os.environ.get("PLAYGROUND_SHOTS")
"""A folder for screenshots; none are made without it."""

DESK, PHONE = (1280, 900), (375, 740)


class Window:
    """One tab. `wait` looks until something is true: a page has no other way to say that it is ready."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(self, url: str, *, size: tuple[int, int] = DESK, dark: bool = False) -> "Window":
        """The playground at a service's address, in a window of this size, on a light or a dark system."""
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        wanted = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wanted})
        self.driver.get(f"{url}/playground/")
        self.wait(lambda: self.all("#pl-question"))
        return self

    def all(self, selector: str) -> list[Any]:
        """Every element that a CSS selector finds."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> Any:
        """The first of them."""
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def run(self, script: str, *arguments: Any) -> Any:
        """What JavaScript returns."""
        return self.driver.execute_script(script, *arguments)

    def wait(self, seen: Callable[[], Any], seconds: float = 30.0) -> Any:
        """Look until it is true, and return it."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                if found := seen():
                    return found
            except Exception:  # an element that is replaced while it is looked at
                if time.monotonic() > deadline:
                    raise
            assert time.monotonic() < deadline, (
                f"not seen in {seconds} s; the page says: {self.text()[-1500:]}"
            )
            time.sleep(0.05)

    def press(self, selector: str, number: int = 0) -> None:
        """Click what a selector finds, brought into the middle: the composer lies over the end."""
        element = self.all(selector)[number]
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def text(self) -> str:
        """All words of the page."""
        return str(self.run("return document.body.innerText"))

    def choose(self, mode: str = "auto", cultures: tuple[str, ...] = (), beside: bool = False) -> None:
        """Set mode, cultures and the plain model beside it, as a keyboard does."""
        if not self.run("return document.querySelector('.choices').open"):
            self.one(".choices summary").click()
        self.one(f"#pl-mode option[value={mode}]").click()
        if cultures:
            self.wait(lambda: self.all(".picker[data-known]"))
        for culture in cultures:
            field = self.one("#pl-cultures")
            field.send_keys(culture)
            self.wait(lambda: self.all("#pl-found [aria-selected=true]"))
            field.send_keys(Keys.ENTER)
        if beside:
            self.one("#pl-beside").click()

    def ask(self, question: str) -> None:
        """Type a question and press Enter."""
        self.one("#pl-question").send_keys(question, Keys.ENTER)

    def ended(self) -> bool:
        """Whether no answer is on its way."""
        return bool(self.one(".go").is_displayed())

    def until_answered(self) -> None:
        """Wait for an answer's end."""
        self.wait(lambda: self.all("#pl-log [data-do=again]") and self.ended())

    def shoot(self, name: str) -> None:
        """A screenshot, where a folder for them is named."""
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            self.driver.save_screenshot(str(Path(SHOTS) / f"{name}.png"))

    def whole(self, name: str) -> None:
        """A screenshot of all of the page, from its top to its end."""
        if not SHOTS:
            return
        height, width = self.run("return [document.documentElement.scrollHeight, innerWidth]")
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width == PHONE[0]}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.run("scrollTo(0, 0)")
        time.sleep(0.3)
        self.shoot(name)

    def requests(self) -> list[str]:
        """The addresses that the browser asked for since the last look."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in sent if urlsplit(url).scheme not in {"data", "blob"}]

    def complaints(self) -> list[str]:
        """Errors on the browser's console since the last look."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]


@contextmanager
def open_window(chromium: str, chromedriver: str) -> Iterator[Window]:
    """A browser without anything of the one who runs the tests, and without a word to its makers."""
    options = Options()
    options.binary_location = chromium
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--lang=en",
    ):
        options.add_argument(argument)
    options.add_argument("--disable-background-networking")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    try:
        yield Window(driver)
    finally:
        driver.quit()
