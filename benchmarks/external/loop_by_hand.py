"""Mistakes in the program of one thread that calls paho's `loop()` itself."""

from external.mistake import Mistake, scenario
from twin import Item, LinkModel, Scenario, faults

STYLE = "loop_by_hand"

MISTAKES = (
    Mistake(
        name="loop_result_ignored", style=STYLE, kind="nobody connects again after a broken connection",
        change="""
-        if self.client.loop(0.01) != mqtt.MQTT_ERR_SUCCESS:
-            self.state = "offline"
-            time.sleep(1.0)
-            try:
-                self.client.reconnect()
-            except OSError:
-                return
+        self.client.loop(0.01)
""",
        scenario=scenario("R", faults.ClientCutOff(from_s=5.0, until_s=6.0)),
    ),
    Mistake(
        name="sleeps_at_the_loader", style=STYLE, kind="sleeps in the thread that receives: messages get a later time",
        change="""
         self.push("first")
+        time.sleep(2.0)
""",
        scenario=scenario("R"),
    ),
    Mistake(
        name="unknown_key", style=STYLE, kind="a key that it does not know ends the program",
        change="""
-        if key == "image" or (key in GATES and isinstance(value, bool)):
-            self.messages.append((time.monotonic(), key, value))
+        self.messages.append((time.monotonic(), key, value))
""",
        scenario=scenario("R", faults.Garbage(payload="unknown_key", from_s=14.5, until_s=14.5)),
    ),
    Mistake(
        name="text_for_a_boolean", style=STYLE, kind="a text where a boolean belongs counts as blocked",
        change="""
-        if key == "image" or (key in GATES and isinstance(value, bool)):
+        if key == "image" or key in GATES:
""",
        scenario=scenario("R", faults.Garbage(payload="wrong_type", from_s=15.5, until_s=15.5)),
    ),
    Mistake(
        name="stops_in_a_push", style=STYLE, kind="a signal stops everything at once, and leaves a rod out",
        change="""
-        self.ending = True
+        self.command("conveyor", "stop")
+        self.state = "stopped"
""",
        scenario=scenario("R", stop_s=13.6),
    ),
    Mistake(
        name="clears_in_a_push", style=STYLE, kind="pulls all rods at a surprise, also the one that is pushing",
        change="""
-            self.doubtful = True  # The stroke ends first: a rod that is pulled half-way strikes its item.
+            self.clear()
""",
        scenario=scenario("h", faults.GateGhost(gate=1, pulse_s=0.1, from_s=19.65, until_s=19.65)),
    ),
    Mistake(
        name="narrow_window", style=STYLE, kind="a window of time that is narrower than the network is steady",
        change="""
-TOLERANCE_S = 0.08
+TOLERANCE_S = 0.01
""",
        scenario=scenario("R", link=LinkModel(latency_s=0.01, jitter_s=0.006)),
    ),
    Mistake(
        name="long_is_two", style=STYLE, kind="a long item is taken for two that touch",
        change="""
-LONGEST_S = 0.8
+LONGEST_S = 0.5
""",
        scenario=Scenario(items=(Item(item_class="ripe", length_m=0.12),)),
    ),
)  # fmt: skip
