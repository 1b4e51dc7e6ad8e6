"""A relay that keeps every octet it passes on: what really was on the wire, told by someone else
than the program under test."""

import socket
import threading

from rig import HOST, PATIENCE


class Tap:
    """One session through it. `port` stands in for that of the endpoint."""

    def __init__(self, endpoint):
        self.listener = socket.create_server((HOST, 0))
        self.listener.settimeout(PATIENCE)
        self.host, self.port, self.ca = HOST, self.listener.getsockname()[1], endpoint.ca
        self.octets = {"client": bytearray(), "server": bytearray()}
        self.behind = (endpoint.host, endpoint.port)
        self.thread = threading.Thread(target=self.relay, daemon=True)
        self.thread.start()

    def relay(self):
        with self.listener:
            client, _ = self.listener.accept()
        with client, socket.create_connection(self.behind, PATIENCE) as server:
            there = threading.Thread(target=self.pass_on, args=("client", client, server), daemon=True)
            there.start()
            self.pass_on("server", server, client)
            there.join(PATIENCE)

    def pass_on(self, side, source, target):
        try:
            while piece := source.recv(65536):
                self.octets[side] += piece
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the other direction has ended already

    def said(self, side):
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive(), "the session through the relay did not end"
        return bytes(self.octets[side])
