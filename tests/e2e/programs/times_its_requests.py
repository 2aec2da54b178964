"""Makes N requests one after the other and prints the duration of each in seconds."""

import sys
import time
import urllib.request

url, body, times = sys.argv[1:4]
for _ in range(int(times)):
    begun = time.perf_counter()
    request = urllib.request.Request(url, body.encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=20).read()
    print(time.perf_counter() - begun)
