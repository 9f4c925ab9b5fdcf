"""The twin's recognition service under the virtual clock, and whose answers a hosted program is judged by."""

from support.hosting import controller
from support.programs import PYTHON

from classifier import Recognition
from twin import ItemDraw, Scenario, simulate, trace
from twin.links.external_controller import ExternalController
from twin.scenario.faults import BrokerDown, RecognizerSays
from twin.scenario.scenario import RecognizerModel

IMAGES = RecognizerModel(source="images")


def run(recognizer, *faults):
    scenario = Scenario(seed=5, items=ItemDraw(count=3), faults=faults, recognizer=recognizer)
    return simulate(scenario, link="hosted", controller=ExternalController(controller("polling_variable.py")))


class AlwaysRipe:
    def classify(self, image):
        return Recognition(label="ripe", confidence=0.99)


def test_a_program_that_asks_the_twins_service_is_judged_by_its_answers():
    """Its address is in the program's text, and the answers are the model's: those that it got decide all the same."""
    played = run(IMAGES, RecognizerSays(from_s=0, until_s=100, what="wrong_label"))
    assert played.violations == []
    assert played.summary.correct == 0
    assert {record.own for record in played.trace if isinstance(record, trace.Answered)} == {True}


def test_an_unsure_answer_of_the_twins_service_lets_a_program_sort_its_item_or_reject_it():
    unsure = RecognizerSays(from_s=0, until_s=100, what="low_confidence")
    played = run(IMAGES, unsure)
    assert played.violations == []
    assert played.summary.rejected in (0, 3)


LOADS_ONLY = """
import time
import paho.mqtt.client as mqtt

client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
client.connect("127.0.0.1", 21883)
client.loop_start()
for text in ('{"conveyor":"run"}', '{"rod_control":"first_push"}', '{"rod_control":"first_pull"}'):
    client.publish("aa", text)
    time.sleep(1)
time.sleep(100)
"""


def test_a_program_that_asks_nobody_is_judged_by_the_true_class(tmp_path):
    (tmp_path / "loads_only.py").write_text(LOADS_ONLY)
    scenario = Scenario(seed=5, items=ItemDraw(count=1), recognizer=IMAGES)
    played = simulate(scenario, link="hosted", controller=ExternalController(f"{PYTHON} {tmp_path}/loads_only.py"))
    assert [violation.check for violation in played.violations] == ["needless_reject"]
    assert [record.own for record in played.trace if isinstance(record, trace.Answered)] == [False]


def test_the_recognition_service_has_the_scenarios_faults():
    fault = RecognizerSays(from_s=0, until_s=100, what="error")
    assert run(RecognizerModel(), fault).summary.rejected == 3


def test_a_given_recognizer_answers_as_the_service():
    scenario = Scenario(seed=5, items=ItemDraw(count=3), recognizer=IMAGES)
    program = ExternalController(controller("polling_variable.py"))
    played = simulate(scenario, link="hosted", controller=program, recognizer=AlwaysRipe())
    assert played.summary.bins["2"] == 3


def test_the_service_answers_at_any_port_while_the_broker_is_away():
    away = BrokerDown(from_s=2.2, until_s=8.0)
    scenario = Scenario(seed=5, items=ItemDraw(count=1), faults=(away,))
    program = ExternalController(controller("service_elsewhere.py"))
    assert "0 False" in simulate(scenario, link="hosted", controller=program).output
