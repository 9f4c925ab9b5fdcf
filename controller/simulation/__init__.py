"""The parts of the controller that only a simulation needs: granted time, and answers that a scenario scripts.

A deployment never imports this package.
"""

from controller.simulation.granted_clock import GrantedClock
from controller.simulation.oracle import Oracle, ScriptedRecognizer
from controller.simulation.simulated_recognitions import SimulatedRecognitions

__all__ = ["GrantedClock", "Oracle", "ScriptedRecognizer", "SimulatedRecognitions"]
