import sys

import httpx
from exchanges import load

base, asked = sys.argv[1:]
with httpx.Client(http2=True, timeout=20) as client:
    for path, body, headers in load(asked):
        with client.stream("POST", base + path, content=body, headers=headers) as reply:
            print(reply.status_code, *reply.iter_lines(), sep="\n")
