"""A hosted program that has the address of a recognition service in its text asks the twin's: its answers are known."""

from support.hosting import controller

from scenarios.draft import Aim, Draft
from scenarios.harness import Harness
from twin import Item, Scenario, faults
from twin.links.external_controller import ExternalController


def test_a_wrong_answer_of_the_service_is_no_mistake_of_the_program(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = Harness(link="hosted", controller=ExternalController(controller("polling_variable.py")), recognizer="images")
    wrong = faults.RecognizerSays(what="wrong_label")
    draft = Draft(
        scenario=Scenario(items=(Item(item_class="raw"), Item(item_class="half_ripe"))),
        aims=((wrong, Aim(item=1, at_m=line.layout.camera_m)),),
    )
    line.keeps(draft, "some property")
    assert not line.failures
