import sys
import urllib.error
import urllib.request

import exchanges

base, listing = sys.argv[1:3]
for path, body, headers in exchanges.load(listing):
    request = urllib.request.Request(base + path, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            print(reply.status, reply.headers.get("Content-Type"))
            for line in reply:
                print(line)
    except urllib.error.HTTPError as e:
        print(e.code, e.read())
