"""The broker of the link hosted: MQTT 3.1.1 without a socket, a thread or a clock (sans-IO)."""
