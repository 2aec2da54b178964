"""Makes calls on kept connections: PORT BODY CALLS THREADS. Prints a line for each finished exchange."""

import http.client
import sys
import threading


def calls():
    c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
    for i in range(int(sys.argv[3])):
        c.request("POST", "/v1/chat/completions", sys.argv[2], {"Content-Type": "application/json"})
        c.getresponse().read()
        sys.stdout.write("done\n")
        sys.stdout.flush()


threads = [threading.Thread(target=calls) for _ in range(int(sys.argv[4]))]
for t in threads:
    t.start()
for t in threads:
    t.join()
