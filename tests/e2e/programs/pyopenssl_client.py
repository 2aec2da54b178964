"""urllib3 over pyOpenSSL: the OpenSSL that is compiled into the `cryptography` package."""

import os
import sys

import exchanges
import urllib3
import urllib3.contrib.pyopenssl

urllib3.contrib.pyopenssl.inject_into_urllib3()
base, listing = sys.argv[1:3]
pool = urllib3.PoolManager(ca_certs=os.environ["SSL_CERT_FILE"])
for path, body, headers in exchanges.load(listing):
    reply = pool.request("POST", base + path, body=body, headers=headers, retries=False)
    print(reply.status, reply.headers.get("Content-Type"))
    print(reply.data)
