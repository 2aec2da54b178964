"""Uses easy handles; with a third argument, all at once on a multi handle."""

import io
import os
import sys

import exchanges
import pycurl

base, listing = sys.argv[1:3]


def handle(path, body, headers):
    c = pycurl.Curl()
    c.out = io.BytesIO()
    c.setopt(pycurl.URL, base + path)
    c.setopt(pycurl.POSTFIELDS, body)
    c.setopt(pycurl.HTTPHEADER, [f"{n}: {v}" for n, v in headers.items()])
    c.setopt(pycurl.CAINFO, os.environ["CURL_CA_BUNDLE"])
    c.setopt(pycurl.WRITEFUNCTION, c.out.write)
    return c


handles = [handle(*e) for e in exchanges.load(listing)]
if sys.argv[3:]:
    multi = pycurl.CurlMulti()
    for c in handles:
        multi.add_handle(c)
    running = 1
    while running:
        while True:
            status, running = multi.perform()
            if status != pycurl.E_CALL_MULTI_PERFORM:
                break
        multi.select(1.0)
    multi.info_read()
else:
    for c in handles:
        c.perform()
for c in handles:
    print(c.getinfo(pycurl.RESPONSE_CODE), c.out.getvalue())
    c.close()
