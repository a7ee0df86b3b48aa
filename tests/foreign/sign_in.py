"""Signs a person in as a browser would: follows the redirects, and posts the first form of each page."""

import html
import re
import urllib.parse

import requests


def sign_in(url, username="ada", password="correct horse"):
    """The address that the browser is sent back to, with the answer in its query."""
    issuer = "{0.scheme}://{0.netloc}/".format(urllib.parse.urlsplit(url))
    browser = requests.Session()
    answer = browser.get(url, allow_redirects=False, timeout=10)
    for _ in range(10):
        if "location" in answer.headers:
            location = urllib.parse.urljoin(answer.url, answer.headers["location"])
            if not location.startswith(issuer):
                return location
            answer = browser.get(location, allow_redirects=False, timeout=10)
            continue
        form = first_form(answer)
        assert form, answer.text
        action, fields = form
        if "password" in fields:
            fields |= {"username": username, "password": password}
        answer = browser.post(action, fields, allow_redirects=False, timeout=10)
    raise AssertionError("the browser never came back")


def first_form(answer):
    """Where the first form of a page goes, and what is in it."""
    form = re.search(r"<form.*?</form>", answer.text, re.S)
    if not form:
        return None
    attribute = lambda tag, name: html.unescape((re.search(f' {name}="([^"]*)"', tag) or ["", ""])[1])
    fields = {attribute(tag, "name"): attribute(tag, "value") for tag in re.findall(r"<input[^>]*>", form[0])}
    return urllib.parse.urljoin(answer.url, attribute(form[0], "action")), fields


def connect(url, username="ada", password="correct horse"):
    """Allows the device that shows this address. What the last page says."""
    browser = requests.Session()
    answer = browser.get(url, timeout=10)
    for _ in range(5):
        assert answer.status_code == 200, answer.text
        form = first_form(answer)
        if not form:
            return re.search(r"<main.*</main>", answer.text, re.S)[0]
        action, fields = form
        if "password" in fields:
            fields |= {"username": username, "password": password}
        answer = browser.post(action, fields, timeout=10)
    raise AssertionError("the pages never ended")


if __name__ == "__main__":
    import sys

    if sys.argv[1] == "--device":
        assert "You can go back to your device" in connect(sys.argv[2])
    else:
        print(sign_in(sys.argv[1]))
