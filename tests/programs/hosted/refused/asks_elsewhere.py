"""Asks a web server that is not the recognition service."""

import urllib.request

urllib.request.urlopen("http://example.org/weather", timeout=5)
