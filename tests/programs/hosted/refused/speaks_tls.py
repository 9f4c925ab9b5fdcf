"""Connects to its broker over TLS."""

import socket
import ssl

context = ssl.create_default_context()
with socket.create_connection(("127.0.0.1", 8883)) as plain:
    context.wrap_socket(plain, server_hostname="localhost")
