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
        form = re.search(r"<form.*?</form>", answer.text, re.S)
        assert form, answer.text
        attribute = lambda tag, name: html.unescape((re.search(f'{name}="([^"]*)"', tag) or ["", ""])[1])
        fields = {attribute(tag, "name"): attribute(tag, "value") for tag in re.findall(r"<input[^>]*>", form[0])}
        if "password" in fields:
            fields |= {"username": username, "password": password}
        action = urllib.parse.urljoin(answer.url, attribute(form[0], "action"))
        answer = browser.post(action, fields, allow_redirects=False, timeout=10)
    raise AssertionError("the browser never came back")


if __name__ == "__main__":
    import sys

    print(sign_in(sys.argv[1]))
