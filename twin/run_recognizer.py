"""Who recognizes the pictures of a run, and answers as the recognition service."""

from classifier import Recognizer
from controller.labels import LabelCheck
from controller.simulation.oracle import Oracle
from controller.system import wall_s
from twin.errors import ArgumentError
from twin.links.external_controller import ExternalController
from twin.scenario.scenario import Scenario


def recognizer_of(
    scenario: Scenario, given: Recognizer | None, *, external: ExternalController | None, link: str
) -> Recognizer:
    """The recognizer for the run's pictures. Raises `ArgumentError` if the run would not use the `given` one.

    On the link hosted, and in real time where the twin runs it, it answers as the recognition service.
    """
    if scenario.recognizer.source == "oracle":
        if given is not None:
            raise ArgumentError("recognizer", given, "left out where the scenario's recognizer.source is oracle")
        return Oracle()
    if external is not None:
        if given is not None and link != "hosted" and not external.served:
            raise ArgumentError("recognizer", given, "left out for a controller that brings its own")
        return given or _shipped_model()  # It tells the twin whether a picture can be recognised at all.
    return LabelCheck(given or _shipped_model(), scenario.controller.bins, wall_s)


def _shipped_model() -> Recognizer:
    from classifier import Classifier  # Imported here because it loads the model's engine.

    return Classifier.load()
