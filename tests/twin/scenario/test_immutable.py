"""A scenario is immutable and hashable, and a value of a wrong type is refused by name."""

import copy
import pickle

import msgspec
import pytest

from controller.errors import SettingsError
from controller.settings import Settings
from twin import Camera, Item, ItemDraw, Layout, LinkModel, RecognizerModel, Scenario, faults, settings_for
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


def test_a_scenario_is_immutable():
    with pytest.raises(TypeError, match="immutable"):
        LISTED.controller.bins["ripe"] = 4
    with pytest.raises(AttributeError):
        LISTED.layout.end_m = 3.0
    with pytest.raises(TypeError):
        LISTED.items[0] = Item()


WRONG = {
    "end_m must be a number, got '2'": (Layout, {"end_m": "2"}),
    "end_m must be a number, got True": (Layout, {"end_m": True}),
    "gates_m[1] must be a number, got 'far'": (Layout, {"gates_m": [0.5, "far"]}),
    "gates_m must be an array, each entry a number, got 0.5": (Layout, {"gates_m": 0.5}),
    "seed must be an integer, got 1.5": (Scenario, {"seed": 1.5}),
    "items must be an array, each entry an object Item or an object ItemDraw, got 3": (Scenario, {"items": 3}),
    "items[1] must be an object Item, got 3": (Scenario, {"items": [Item(), 3]}),
    "faults[0] must be an object, got Item(": (Scenario, {"faults": [Item()]}),
    "layout must be an object Layout, got 3": (Scenario, {"layout": 3}),
    "a key of layout must be one of camera_m,": (Scenario, {"layout": {"end": 2}}),
    "end_m must be above 0.0": (Scenario, {"layout": {"end_m": -2}}),
    "items.count must be an integer, got '3'": (ItemDraw, {"count": "3"}),
    "items.length_m must be an array of 2, each entry a number, got (1, 2, 3)": (
        ItemDraw, {"count": 1, "length_m": (1, 2, 3)},
    ),
    "items.classes must be an array, each entry a string, got 'ripe'": (ItemDraw, {"count": 1, "classes": "ripe"}),
    "class must be a string, got 3": (Item, {"item_class": 3}),
    "available_s must be a number, got None": (Item, {"available_s": None}),
    "link.latency_s must be a number, got '1'": (LinkModel, {"latency_s": "1"}),
    "camera.look must be one of fruit, card, box, got 'coin'": (Camera, {"look": "coin"}),
    "recognizer.source must be one of oracle, images, got 'eye'": (RecognizerModel, {"source": "eye"}),
    "gate must be an integer, got True": (faults.GateStuck, {"gate": True}),
    "bounces must be one of 1, 2, 3, 4, 5, got 7": (faults.GateBounce, {"bounces": 7}),
    "back_m must be a number or null, got 'x'": (faults.TakenOff, {"back_m": "x"}),
}  # fmt: skip


@pytest.mark.parametrize("words", WRONG)
def test_a_value_of_a_wrong_type_is_refused_by_field_and_value(words):
    kind, fields = WRONG[words]
    with pytest.raises(ScenarioError) as refused:
        kind(**fields)
    assert str(refused.value).startswith(words)


@pytest.mark.parametrize("given", [{"item_class": "foreign"}, {"classes": ["ripe", "foreign"]}])
def test_no_item_may_have_the_class_of_foreign_objects(given):
    with pytest.raises(ScenarioError, match=r"must be another name .*, got 'foreign'"):
        Item(**given) if "item_class" in given else ItemDraw(count=1, **given)


def test_a_misspelt_setting_is_refused_with_a_suggestion():
    with pytest.raises(SettingsError, match=r"a setting must be .* \(did you mean in_flight\?\), got 'in_fligth'"):
        settings_for(Layout(), in_fligth=3)


TWO_GATES = Layout(gates_m=(0.4, 0.8), rods_m=(0.5, 0.9), end_m=1.2)


def test_without_a_controller_a_scenario_has_the_settings_for_its_layout():
    assert Scenario(layout=TWO_GATES).controller == settings_for(TWO_GATES)
    assert msgspec.structs.replace(Scenario(), layout=TWO_GATES).controller == settings_for(TWO_GATES)
    assert Scenario().controller == Settings()


def test_settings_that_somebody_chose_must_fit_the_layout():
    with pytest.raises(ScenarioError, match=r"controller\.gates must be 2, as many as the layout has, got 3"):
        Scenario(layout=TWO_GATES, controller=Settings())
