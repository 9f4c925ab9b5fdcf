"""What only a simulation needs of a controller: its time granted from outside, and answers that a scenario scripts.

No deployment imports this.
"""

from controller.simulation.granted_clock import GrantedClock
from controller.simulation.oracle import Oracle, ScriptedRecognizer
from controller.simulation.simulated_recognitions import SimulatedRecognitions

__all__ = ["GrantedClock", "Oracle", "ScriptedRecognizer", "SimulatedRecognitions"]
