import os
import sys

import urllib3
from exchanges import load

if os.environ.get("WITH_PYOPENSSL"):
    import urllib3.contrib.pyopenssl

    urllib3.contrib.pyopenssl.inject_into_urllib3()
base, asked = sys.argv[1:]
http = urllib3.PoolManager(ca_certs=os.environ["SSL_CERT_FILE"])
for path, body, headers in load(asked):
    reply = http.request("POST", base + path, body=body, headers=headers, preload_content=False)
    print(reply.status, *reply.stream(), sep="\n")
    reply.release_conn()
