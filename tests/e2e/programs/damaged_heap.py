"""Sends a request to a port and damages the heap of glibc, which aborts. faulthandler then raises the signal again."""

import ctypes
import faulthandler
import socket
import sys
import threading
import time

BODY = b'{"model":"gpt-4o","messages":[]}'
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nHost: api.openai.com\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
M_MMAP_THRESHOLD = -3

faulthandler.enable()
threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(HEAD % len(BODY) + BODY)

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.malloc_usable_size.argtypes = [ctypes.c_void_p]
libc.mallopt(M_MMAP_THRESHOLD, 1 << 30)
top = libc.malloc(50000)
ctypes.memset(top + libc.malloc_usable_size(top), 255, 8)
libc.malloc(60000000)
