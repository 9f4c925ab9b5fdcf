"""Fixtures for several tests of the classifier: a stand-in for an engine, and a classifier on it."""

import os

import pytest
from support.hue_engine import HueEngine

from classifier.inference import Classifier

# torch's threads read this at its import. Threads that spin take minutes beside other tests, those that sleep seconds.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


@pytest.fixture
def engine() -> HueEngine:
    return HueEngine()


@pytest.fixture
def classifier(engine: HueEngine) -> Classifier:
    return Classifier(engine)
