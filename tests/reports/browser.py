"""Headless Chromium, driven through WebDriver (W3C WebDriver 2), that tells what a page asked for."""

import base64
import json
import pathlib
import re
import subprocess
import time
import urllib.error
import urllib.request

LONGEST = 60


class Browser:
    """One session."""

    def __init__(self, folder: pathlib.Path):
        folder.mkdir()
        self.log = (folder / "chromedriver.log").open("w+")
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=self.log, stderr=subprocess.STDOUT)
        self.base = f"http://127.0.0.1:{self._port(folder / 'chromedriver.log')}"
        options = {
            # Root has no sandbox of its own to offer; the pages are this program's.
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     f"--user-data-dir={folder / 'profile'}"],
        }
        logs = {"browser": "ALL", "performance": "ALL"}
        capabilities = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": logs}
        session = self._call("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self.base += f"/session/{session['sessionId']}"

    def _port(self, log: pathlib.Path) -> int:
        end = time.monotonic() + LONGEST
        while time.monotonic() < end:
            if found := re.search(r"successfully on port (\d+)", log.read_text()):
                return int(found[1])
            time.sleep(0.1)
        raise TimeoutError("chromedriver does not say its port")

    def _call(self, method: str, path: str, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=LONGEST) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as refused:
            raise RuntimeError(json.load(refused)["value"]["message"]) from None

    def open(self, url: str):
        self._call("POST", "/url", {"url": url})

    def title(self) -> str:
        return self._call("GET", "/title")

    def text(self) -> str:
        return self.run("return document.body.textContent")

    def run(self, script: str):
        return self._call("POST", "/execute/sync", {"script": script, "args": []})

    def devtools(self, command: str, parameters: dict):
        self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def picture(self, path: pathlib.Path):
        path.write_bytes(base64.b64decode(self._call("GET", "/screenshot")))

    def complaints(self) -> list[str]:
        """What the browser says against the page: what it blocked, what failed."""
        return [entry["message"] for entry in self._call("POST", "/se/log", {"type": "browser"})]

    def requests(self) -> list[str]:
        """Every address that was asked for, allowed or not."""
        entries = [json.loads(entry["message"])["message"] for entry in self._call("POST", "/se/log", {"type": "performance"})]
        sent = [entry for entry in entries if entry["method"] == "Network.requestWillBeSent"]
        return [entry["params"]["request"]["url"] for entry in sent]

    def close(self):
        try:
            self._call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait(LONGEST)
            self.log.close()
