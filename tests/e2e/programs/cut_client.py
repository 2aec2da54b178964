"""Uses the `requests` package; the connection may end at any time."""

import sys

import exchanges
import requests

base, listing = sys.argv[1:3]
for path, body, headers in exchanges.load(listing):
    try:
        with requests.post(base + path, data=body, headers=headers, stream=True, timeout=20) as reply:
            for line in reply.iter_lines():
                print(line)
    except requests.RequestException as e:
        print(type(e).__name__)
