"""Makes calls on kept connections: PORT BODY CALLS THREADS. Prints a line for each finished exchange.

TAG in BODY is replaced by the number of the thread and that of its call, and the line is that tag."""

import http.client
import sys
import threading


def calls(thread):
    c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
    is_tagged = "TAG" in sys.argv[2]
    for i in range(int(sys.argv[3])):
        tag = f"{thread}-{i}"
        c.request("POST", "/v1/chat/completions", sys.argv[2].replace("TAG", tag), {"Content-Type": "application/json"})
        c.getresponse().read()
        sys.stdout.write(tag + "\n" if is_tagged else "done\n")
        sys.stdout.flush()


threads = [threading.Thread(target=calls, args=(n,)) for n in range(int(sys.argv[4]))]
for t in threads:
    t.start()
for t in threads:
    t.join()
