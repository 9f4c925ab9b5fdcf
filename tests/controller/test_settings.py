"""Settings made in Python: immutable, and with the same errors as settings from a file."""

import copy
import pickle

import msgspec
import pytest

from controller.errors import SettingsError
from controller.mqtt import Address
from controller.settings import Settings


def test_the_default_bins_are_immutable():
    for change in (
        lambda bins: bins.update(ripe=4),
        lambda bins: bins.__setitem__("ripe", 4),
        lambda bins: bins.clear(),
    ):
        with pytest.raises(TypeError, match="immutable"):
            change(Settings().bins)
    assert Settings().bins == {"ripe": 2, "half_ripe": 3, "raw": 4}


def test_changing_a_given_mapping_does_not_change_the_settings():
    bins = {"ripe": 2}
    settings = Settings(bins=bins)
    bins["ripe"] = 4
    assert settings.bins == {"ripe": 2}


def test_equal_settings_have_the_same_hash():
    settings = Settings(bins={"ripe": 2, "raw": 4}, patience_s=5)
    others = [
        Settings(bins={"raw": 4, "ripe": 2}, patience_s=5.0), pickle.loads(pickle.dumps(settings)),
        copy.deepcopy(settings), msgspec.json.decode(msgspec.json.encode(settings), type=Settings),
        msgspec.structs.replace(Settings(patience_s=5), bins={"ripe": 2, "raw": 4}),
    ]  # fmt: skip
    for other in others:
        assert (other, hash(other)) == (settings, hash(settings))


WRONG = {
    "in_flight must be an integer or auto, got 'AUTO'": {"in_flight": "AUTO"},
    "in_flight must be an integer or auto, got 1.5": {"in_flight": 1.5},
    "in_flight must be an integer or auto, got True": {"in_flight": True},
    "items must be an integer or null, got '3'": {"items": "3"},
    "patience_s must be a number, got True": {"patience_s": True},
    "bins must be an object, got 3": {"bins": 3},
    "bins.ripe must be an integer, got '4'": {"bins": {"ripe": "4"}},
    "bins.ripe must be 2 to 4 (gates + 1), got 9": {"bins": {"ripe": 9}},
    "patience_s must be above 0 to 600.0, got -1.0": {"patience_s": -1},
}


@pytest.mark.parametrize("words", WRONG)
def test_a_value_of_a_wrong_type_is_refused_by_field_and_value(words):
    with pytest.raises(SettingsError) as refused:
        Settings(**WRONG[words])
    assert str(refused.value).startswith(words)
    with pytest.raises(SettingsError) as refused:
        msgspec.structs.replace(Settings(), **WRONG[words])
    assert str(refused.value).startswith(words)


def test_an_int_in_a_float_field_is_written_as_a_float():
    assert msgspec.json.encode(Settings(patience_s=5)) == msgspec.json.encode(Settings(patience_s=5.0))


def test_a_brokers_address_is_refused_likewise():
    with pytest.raises(SettingsError, match="port must be an integer, got '1883'"):
        Address(port="1883")
