"""The three brokers with clients that are closed after the test, and the interpreters that are installed."""

import itertools
import shutil
import subprocess
from contextlib import ExitStack

import pytest
from support.mqtt_client import ByHand, Client
from support.mqtt_driver import Driver
from support.session_server import SessionServer

KINDS = ["session", "embedded", "mosquitto"]


@pytest.fixture
def session():
    """The session broker, behind sockets."""
    with SessionServer() as server:
        yield server


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def broker(request, kind):
    """A running broker of the requested kind."""
    return request.getfixturevalue(kind)


@pytest.fixture
def clients(broker):
    """Makes paho clients with different ids, and closes them."""
    with ExitStack() as stack:
        numbers = itertools.count()

        def client(client_id=None, **options):
            one = Client(broker, f"client-{next(numbers)}" if client_id is None else client_id, **options)
            stack.callback(one.close)
            return one

        yield client


@pytest.fixture
def by_hand(broker):
    """Makes clients that send single packets, and drops them."""
    with ExitStack() as stack:
        yield lambda *arguments, **options: stack.enter_context(ByHand(broker, *arguments, **options))


@pytest.fixture
def driver():
    return Driver()


@pytest.fixture(params=["3.8", "3.9", "3.10", "3.11", "3.12", "3.13"])
def other_python(request):
    """Another interpreter that is installed here."""
    found = shutil.which(f"python{request.param}")
    if found is None or subprocess.run([found, "-c", "pass"], capture_output=True, check=False).returncode:
        pytest.skip(f"Python {request.param} is not installed")
    return found
