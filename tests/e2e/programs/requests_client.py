import sys

import exchanges
import requests

base, listing = sys.argv[1:3]
with requests.Session() as session:
    for path, body, headers in exchanges.load(listing):
        with session.post(base + path, data=body, headers=headers, stream=True, timeout=20) as reply:
            print(reply.status_code, reply.headers.get("Content-Type"))
            for line in reply.iter_lines():
                print(line)
