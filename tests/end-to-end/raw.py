"""A client that says any octets at any time."""

import socket
import struct

from rig import PATIENCE


class Raw:
    def __init__(self, endpoint, receive_buffer=None):
        family = socket.AF_UNIX if endpoint.path else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(endpoint.path or (endpoint.host, endpoint.port))
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, octets):
        self.socket.sendall(octets)
        return self

    def line(self):
        """One line of the server; empty when it closed."""
        while b"\n" not in self.buffer:
            try:
                piece = self.socket.recv(65536)
            except ConnectionResetError:
                piece = b""
            if not piece:
                rest, self.buffer = self.buffer, b""
                return rest
            self.buffer += piece
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line + b"\n"

    def reply(self):
        """One reply, all its lines; empty when the server closed."""
        lines = [self.line()]
        while lines[-1][3:4] == b"-":
            lines.append(self.line())
        return b"".join(lines)

    def code(self):
        reply = self.reply()
        return int(reply[:3]) if reply else None

    def asks(self, *commands):
        """Sends each command and returns the codes of the replies."""
        return [self.send(command.encode() + b"\r\n").code() for command in commands]

    def rest(self):
        """Everything until the server closes."""
        found = []
        while line := self.line():
            found.append(line)
        return b"".join(found)

    def reset(self):
        """Ends the connection with a RST in place of a FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)
        return self


def greeted(endpoint, **more):
    """A client that has read the greeting and the reply to EHLO."""
    raw = Raw(endpoint, **more)
    assert raw.code() == 220
    assert raw.asks("EHLO client.example") == [250]
    return raw


def in_mail_data(endpoint, sender="a@client.example"):
    """A client that has begun its mail data."""
    raw = greeted(endpoint)
    assert raw.asks(f"MAIL FROM:<{sender}>", "RCPT TO:<b@server.example>", "DATA") == [250, 250, 354]
    return raw


def delivers(endpoint, sender="bystander@client.example"):
    """Sends one mail; whether the server took it."""
    with in_mail_data(endpoint, sender) as raw:
        return raw.send(b"Subject: x\r\n\r\nx\r\n.\r\n").code() == 250 and raw.asks("QUIT") == [221]
