"""A scenario is immutable and hashable, and a value of a wrong type is refused by name."""

import copy
import pickle

import msgspec
import pytest

from controller.errors import SettingsError
from twin import Item, ItemDraw, Layout, LinkModel, RecognizerModel, Scenario, faults, settings_for
from twin.errors import ScenarioError
from twin.scenario.scenario import decode_scenario, encode_scenario

LISTED = Scenario(
    items=[Item(), Item(item_class="raw", length_m=1)], faults=[faults.GateStuck(gate=2, until_s=3)],
    layout=Layout(gates_m=[0.5, 1, 1.5], rods_m=[0.58, 1.08, 1.58], end_m=2),
    controller=settings_for(Layout(), bins={"ripe": 2, "raw": 4}),
)  # fmt: skip
DRAWN = Scenario(items=ItemDraw(count=3, classes=["ripe", "raw"], length_m=[0.05, 0.1]), link=LinkModel(latency_s=1))


@pytest.mark.parametrize("scenario", [LISTED, DRAWN])
def test_a_scenario_is_hashable_and_equal_to_its_copies(scenario):
    copies = [
        decode_scenario(encode_scenario(scenario)), pickle.loads(pickle.dumps(scenario)), copy.deepcopy(scenario),
        msgspec.structs.replace(scenario),
    ]  # fmt: skip
    assert {scenario, *copies} == {scenario}
    assert {encode_scenario(each) for each in copies} == {encode_scenario(scenario)}


def test_lists_become_tuples():
    assert type(LISTED.items) is type(LISTED.faults) is type(LISTED.layout.gates_m) is tuple
    assert type(DRAWN.items.classes) is type(DRAWN.items.length_m) is tuple


def test_a_scenario_cannot_be_changed():
    with pytest.raises(TypeError, match="never changed"):
        LISTED.controller.bins["ripe"] = 4
    with pytest.raises(AttributeError):
        LISTED.layout.end_m = 3.0
    with pytest.raises(TypeError):
        LISTED.items[0] = Item()


WRONG = {
    "end_m = '2': allowed is float": (Layout, {"end_m": "2"}),
    "end_m = True: allowed is float": (Layout, {"end_m": True}),
    "gates_m[1] = 'far': allowed is float": (Layout, {"gates_m": [0.5, "far"]}),
    "gates_m = 0.5: allowed is array of float": (Layout, {"gates_m": 0.5}),
    "seed = 1.5: allowed is int": (Scenario, {"seed": 1.5}),
    "items = 3: allowed is array of object Item, object ItemDraw": (Scenario, {"items": 3}),
    "items[1] = 3: allowed is object Item": (Scenario, {"items": [Item(), 3]}),
    "faults[0] = Item(": (Scenario, {"faults": [Item()]}),
    "layout = 3: allowed is object Layout": (Scenario, {"layout": 3}),
    "layout.end = 2: allowed is one of the keys camera_m,": (Scenario, {"layout": {"end": 2}}),
    "end_m = -2.0: allowed is above 0.0": (Scenario, {"layout": {"end_m": -2}}),
    "items.count = '3': allowed is int": (ItemDraw, {"count": "3"}),
    "items.length_m = (1, 2, 3): allowed is array of length 2": (ItemDraw, {"count": 1, "length_m": (1, 2, 3)}),
    "items.classes = 'ripe': allowed is array of str": (ItemDraw, {"count": 1, "classes": "ripe"}),
    "class = 3: allowed is str": (Item, {"item_class": 3}),
    "available_s = None: allowed is float": (Item, {"available_s": None}),
    "link.latency_s = '1': allowed is float": (LinkModel, {"latency_s": "1"}),
    "recognizer.source = 'eye': allowed is images, oracle": (RecognizerModel, {"source": "eye"}),
    "gate = True: allowed is int": (faults.GateStuck, {"gate": True}),
    "bounces = 7: allowed is 1, 2, 3, 4, 5": (faults.GateBounce, {"bounces": 7}),
    "back_m = 'x': allowed is float, null": (faults.TakenOff, {"back_m": "x"}),
}


@pytest.mark.parametrize("words", WRONG)
def test_a_value_of_a_wrong_type_is_refused_by_name(words):
    kind, fields = WRONG[words]
    with pytest.raises(ScenarioError) as refused:
        kind(**fields)
    assert str(refused.value).startswith(words)


@pytest.mark.parametrize("given", [{"item_class": "foreign"}, {"classes": ["ripe", "foreign"]}])
def test_no_item_may_have_the_class_of_foreign_objects(given):
    with pytest.raises(ScenarioError, match="= 'foreign': allowed is another name"):
        Item(**given) if "item_class" in given else ItemDraw(count=1, **given)


def test_a_misspelt_setting_is_refused_with_a_suggestion():
    with pytest.raises(SettingsError, match=r"in_fligth = 3: allowed is .*; did you mean in_flight\?"):
        settings_for(Layout(), in_fligth=3)
