"""Executes a command in a network namespace that has nothing but loopback: alone.py COMMAND...

`unshare -rn` makes the namespace and starts this file in it. Where that is not permitted, the command runs without it,
and programs of vendors are skipped. MATRIX_ALONE in the environment shows which.
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1  # netdevice(7)
UNSHARE = ["unshare", "-rn"]


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(s, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


def is_permitted():
    try:
        return subprocess.run([*UNSHARE, "true"], capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def main():
    if sys.argv[1] == "--inside":
        loopback_up()
        os.environ["MATRIX_ALONE"] = "1"
        os.execvp(sys.argv[2], sys.argv[2:])
    if is_permitted():
        os.execvp(UNSHARE[0], [*UNSHARE, sys.executable, __file__, "--inside", *sys.argv[1:]])
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
