#!/usr/bin/env python3
"""Writes the hashes of the page's style and script into its policy; --check only compares them."""
import base64
import hashlib
import re
import sys


def policy_of(page):
    def sha(tag):
        inside = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.S).group(1)
        return "'sha256-" + base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode() + "'"

    return (f"default-src 'none'; script-src {sha('script')}; style-src {sha('style')}; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'")


def sealed(page):
    policy = re.compile(r'(<meta http-equiv="Content-Security-Policy" content=")[^"]*')
    return policy.sub(lambda found: found.group(1) + policy_of(page), page, count=1)


def main():
    path = sys.argv[-1]
    with open(path, encoding="utf-8") as file:
        page = file.read()
    if "--check" in sys.argv:
        if sealed(page) != page:
            sys.exit(f"{path}: the policy does not fit; run tests/gateway/seal.py {path}")
    else:
        with open(path, "w", encoding="utf-8") as file:
            file.write(sealed(page))


if __name__ == "__main__":
    main()
