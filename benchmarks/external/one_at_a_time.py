"""Mistakes in the program that sorts one item at a time, with a queue behind paho's callback."""

from external.mistake import Mistake, scenario
from twin import Item, Scenario, faults

STYLE = "one_at_a_time"
AFTER_CLEARING_S = 13.7
"""The first item is loaded about then."""

MISTAKES = (
    Mistake(
        name="subscribes_once", style=STYLE, kind="no subscription after a reconnection",
        change="""
 def connected(client, userdata, flags, reason, properties):
-    client.subscribe("bb")
     arrivals.put((time.monotonic(), "connected", None))
@@
     client.connect(HOST, PORT, keepalive=50)
+    client.subscribe("bb")
     client.loop_start()
""",
        scenario=scenario("R", faults.ClientCutOff(from_s=5.0, until_s=6.0)),
    ),
    Mistake(
        name="waits_an_hour", style=STYLE, kind="a wait without a limit",
        change="""
-        while (arrival := self.next(began_s + (GONE_S if pictures or passed else GATE_S[1] + 1.0))) is not None:
+        while (arrival := self.next(began_s + 3600.0)) is not None:
""",
        scenario=scenario("R", faults.EmptyPush(from_s=13.0, until_s=14.5)),
    ),
    Mistake(
        name="seen_late_is_not_there", style=STYLE, kind="an item whose messages are late is taken for none",
        change="""
-        return passed == 3 and not unsure
+        return not unsure and (passed == 3 or not (pictures or passed))
""",
        scenario=scenario("Rh", faults.LinkDelay(delay_s=4.0, from_s=15.1, until_s=18.1)),
    ),
    Mistake(
        name="text_ends_the_listener", style=STYLE, kind="a payload that is no JSON ends the callback's thread",
        change="""
-    except (ValueError, AttributeError, TypeError):
-        return
+    finally:
+        pass
""",
        scenario=scenario("R", faults.Garbage(payload="not_json", from_s=5.0, until_s=5.0)),
    ),
    Mistake(
        name="unknown_label", style=STYLE, kind="a label that it has no place for ends the program",
        change="""
-    return RODS.get(best["label"]) if best["confidence"] >= 0.8 else None
+    return RODS[best["label"]] if best["confidence"] >= 0.8 else None
""",
        scenario=scenario("R", faults.RecognizerSays(what="unknown", from_s=14.0, until_s=16.0)),
    ),
    Mistake(
        name="label_spelling", style=STYLE, kind="a label spelt otherwise than the service does",
        change="""
-RODS = {"ripe": (1, "second"), "half_ripe": (2, "third"), "raw": (3, "fourth")}
+RODS = {"ripe": (1, "second"), "half-ripe": (2, "third"), "raw": (3, "fourth")}
""",
        scenario=scenario("h"),
    ),
    Mistake(
        name="no_result_no_program", style=STYLE, kind="an answer without a result ends the program",
        change="""
-    except (OSError, ValueError, LookupError):
+    except (OSError, ValueError):
""",
        scenario=scenario("R", faults.RecognizerSays(what="error", from_s=14.0, until_s=16.0)),
    ),
    Mistake(
        name="dead_service", style=STYLE, kind="asks the service without a limit",
        change="""
-        with urllib.request.urlopen(SERVICE, picture, timeout=2.0) as response:
+        with urllib.request.urlopen(SERVICE, picture) as response:
""",
        scenario=scenario("RR", faults.RecognizerSays(what="nothing", from_s=14.0, until_s=16.0)),
    ),
    Mistake(
        name="pushes_late", style=STYLE, kind="a pause before the push, right for short items only",
        change="""
                 if target is not None and gate == target[0] and not unsure:
+                    time.sleep(0.45)
                     self.command("rod_control", target[1] + "_push")
""",
        scenario=Scenario(items=(Item(item_class="ripe", length_m=0.12),)),
    ),
    Mistake(
        name="ghost_pushed", style=STYLE, kind="a false edge is taken for the item",
        change="""
-                due = gate == passed + 1 and abs(centre_s - GATE_S[gate]) <= TOLERANCE_S
+                due = True
""",
        scenario=scenario("R", faults.GateGhost(gate=1, pulse_s=0.2, from_s=15.6, until_s=15.7)),
    ),
    Mistake(
        name="label_of_the_last", style=STYLE, kind="a lost picture: the item gets the label of the one before",
        change="""
         self.client = client
+        self.target = None

@@
         began_s, unsure = self.load()
-        target, pictures, passed, blocked_s, dwell_s = None, 0, 0, {}, None
+        self.target, pictures, passed, blocked_s, dwell_s = self.target, 0, 0, {}, None
         while (arrival := self.next(began_s + (GONE_S if pictures or passed else GATE_S[1] + 1.0))) is not None:
@@
                 unsure = unsure or pictures > 1 or not on_time
-                target = recognise(value)
+                self.target = recognise(value)
             elif key in GATES and value is True:
@@
                 alike = dwell_s is None or abs(length - dwell_s) <= 0.08
-                unsure = unsure or not due or not alike or pictures != 1 or length > 0.8
+                unsure = unsure or not due or not alike or length > 0.8
                 passed, dwell_s = max(passed, gate), length
+                target = self.target
                 if target is not None and gate == target[0] and not unsure:
""",
        scenario=scenario("Rh", faults.NoImage(from_s=18.0, until_s=21.0)),
    ),
    Mistake(
        name="belt_runs_on", style=STYLE, kind="a signal to end leaves the belt running",
        change="""
-        self.command("conveyor", "stop")
""",
        scenario=scenario("R", stop_s=14.0),
    ),
    Mistake(
        name="counts_edges", style=STYLE, kind="a bounce counts as another passage",
        change="""
-                gate = GATES[key]
-                since_s = blocked_s.pop(gate, None)
-                if since_s is None or at_s - since_s < BOUNCE_S:
+                since_s = blocked_s.pop(GATES[key], None)
+                gate = passed + 1
+                if since_s is None:
@@
-                due = gate == passed + 1 and abs(centre_s - GATE_S[gate]) <= TOLERANCE_S
-                alike = dwell_s is None or abs(length - dwell_s) <= 0.08
+                due = True
+                alike = True
""",
        scenario=scenario("r", faults.GateBounce(gate=1, bounces=2, from_s=16.0, until_s=17.0)),
    ),
    Mistake(
        name="classes_in_another_order", style=STYLE, kind="the classes in another order than the model's",
        change="""
-RODS = {"ripe": (1, "second"), "half_ripe": (2, "third"), "raw": (3, "fourth")}
+RODS = {"raw": (1, "second"), "half_ripe": (2, "third"), "ripe": (3, "fourth")}
""",
        scenario=scenario("R"),
    ),
)  # fmt: skip
