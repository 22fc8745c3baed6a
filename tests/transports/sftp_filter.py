"""OpenSSH's sftp-server behind a filter that cuts the connection at one request, as networks do. sshd runs it.

    python sftp_filter.py SERVER PLAN

PLAN is a file `KIND before|after NUMBER`: at the NUMBERth request of a kind the connection ends before the request is
made, or after it was carried out and before its answer is told. It is deleted when it has happened; without it all goes
through. Nothing but the standard library, so that it starts quickly.
"""

import os
import struct
import subprocess
import sys
import threading
from pathlib import Path

KINDS = {3: "open", 4: "close", 5: "read", 6: "write", 11: "opendir", 12: "readdir", 13: "remove", 17: "stat"}
KINDS |= {18: "rename", 16: "realpath"}
EXTENDED = 200


def packets(source):
    """Packets of SFTP (draft-ietf-secsh-filexfer-02, 3), with their length."""
    while head := source.read(4):
        yield head + source.read(struct.unpack(">I", head)[0])


def kind_of(packet):
    if packet[4] != EXTENDED:
        return KINDS.get(packet[4], "")
    length = struct.unpack(">I", packet[9:13])[0]
    return packet[13 : 13 + length].decode().partition("@")[0]


def main():
    server, plan = sys.argv[1:]
    wanted = Path(plan).read_text().split() if os.path.exists(plan) else []
    child = subprocess.Popen([server], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    seen, unanswered = 0, b""

    def cut():
        os.unlink(plan)
        child.kill()
        os._exit(1)

    def answers():
        for packet in packets(child.stdout):
            if unanswered and packet[5:9] == unanswered:
                cut()
            sys.stdout.buffer.write(packet)
            sys.stdout.buffer.flush()
        os._exit(0)

    threading.Thread(target=answers, daemon=True).start()
    for packet in packets(sys.stdin.buffer):
        if wanted and kind_of(packet) == wanted[0]:
            seen += 1
            if seen == int(wanted[2]):
                if wanted[1] == "before":
                    cut()
                unanswered = packet[5:9]
        child.stdin.write(packet)
        child.stdin.flush()
    child.stdin.close()
    child.wait()


main()
