"""Mistakes in the program whose callback and main thread share one record of the item, and an event."""

from external.mistake import Mistake, scenario
from twin import faults

STYLE = "state_and_event"

MISTAKES = (
    Mistake(
        name="event_set_too_early", style=STYLE, kind="a race: wakes the main thread before it has noted what it saw",
        change="""
     current = item
+    changed.set()
+    print("received", key, flush=True)
     if key == "image":
@@
-    print("received", key)
-    changed.set()
""",
        scenario=scenario("R", schedule=1),
    ),
    Mistake(
        name="belt_stands_after_a_cut", style=STYLE, kind="a broken connection: the last will stops the belt, for good",
        change="""
-    send(conveyor="run")
@@
 def run():
+    connection.wait()
+    send(conveyor="run")
     while not stopping.is_set():
""",
        scenario=scenario("R", faults.ClientCutOff(from_s=14.0, until_s=15.0)),
    ),
    Mistake(
        name="raises_at_surprises", style=STYLE, kind="an edge that is not due raises an error in the callback",
        change="""
         if not due or not alike or self.pictures != 1 or dwell_s > LONGEST_S:
+            if not due:
+                raise SystemError("unexpected edge")
             self.doubtful = True
""",
        scenario=scenario("RR", faults.GateGhost(gate=1, pulse_s=0.2, from_s=15.6, until_s=15.7)),
    ),
    Mistake(
        name="short_strokes", style=STYLE, kind="pulls the rods before they are out",
        change="""
-STROKE_S = 0.4
+STROKE_S = 0.2
""",
        scenario=scenario("R"),
    ),
    Mistake(
        name="counts_passages", style=STYLE, kind="after a lost edge the next gate is taken for the one before",
        change="""
-        due = gate == self.passed + 1 and abs((since_s + now_s) / 2 - self.loaded_s - GATE_S[gate]) <= TOLERANCE_S
+        due = True
@@
-        self.passed = max(self.passed, gate)
+        self.passed += 1
""",
        scenario=scenario("R", faults.GateMissesEdge(gate=1, from_s=16.0, until_s=17.0)),
    ),
)  # fmt: skip
