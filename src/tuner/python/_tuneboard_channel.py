"""The connection from a script's process to the tuner: one JSON object a line, over loopback TCP.

The first line is ``{"event": "hello", "token": ..., "pid": ...}``; a wrong token closes the connection. After it the
script side sends events and the tuner sends orders (``{"order": "stop"}``). A forked child opens a connection of its
own. Nothing here may disturb the script: ``on_lost`` learns of a lost connection and everything else is silent.
"""

import json
import os
import socket
import threading


class Channel:
    def __init__(self, port, token, on_order, on_lost):
        self._port = port
        self._token = token
        self._on_order = on_order
        self._on_lost = on_lost
        self._lock = threading.RLock()
        self._socket = None
        self._pid = None
        self._closing = False
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def connect(self):
        with self._lock:
            if self._pid == os.getpid():
                return
            self._pid = os.getpid()
            connection = socket.create_connection(("127.0.0.1", self._port), timeout=10)
            connection.settimeout(None)
            self._socket = connection
            self._write({"event": "hello", "token": self._token, "pid": self._pid})
            reader = threading.Thread(target=self._read, args=(connection,), name="tuneboard", daemon=True)
            reader.start()

    def send(self, event):
        try:
            self.connect()
            with self._lock:
                if self._socket is not None:
                    self._write(event)
        except OSError:
            self._socket = None

    def close(self):
        """Ends the connection in good order: from here on a closed socket means nothing."""
        self._closing = True

    def _write(self, event):
        line = json.dumps(event, default=repr) + "\n"
        self._socket.sendall(line.encode("utf-8"))

    def _read(self, connection):
        try:
            with connection.makefile("r", encoding="utf-8") as lines:
                for line in lines:
                    self._on_order(json.loads(line))
        except (OSError, ValueError):
            pass
        if not self._closing and connection is self._socket:
            self._on_lost()

    def _forget(self):
        self._lock = threading.RLock()
        inherited, self._socket, self._pid = self._socket, None, None
        if inherited is not None:
            inherited.close()
