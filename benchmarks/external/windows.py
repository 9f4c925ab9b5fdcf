"""Mistakes in the program that has several items on the belt, with a worker thread and timers."""

from external.mistake import Mistake, scenario
from twin import faults

STYLE = "windows"

MISTAKES = (
    Mistake(
        name="close_loading", style=STYLE, kind="loads the next item while the rod is still out for the one before",
        change="""
-EVERY_S = 4.0
+EVERY_S = 0.9
""",
        scenario=scenario("Rr"),
    ),
    Mistake(
        name="worker_dies", style=STYLE, kind="an exception ends a worker thread",
        change="""
-            except (OSError, ValueError, LookupError):
+            except (OSError, ValueError):
""",
        scenario=scenario("RRRRR", faults.RecognizerSays(what="error", from_s=14.0, until_s=16.0)),
    ),
    Mistake(
        name="answers_in_order", style=STYLE, kind="a missing answer: the item gets that of the next one",
        change="""
-                if best["confidence"] >= 0.8 and item.passed == 0:
-                    item.target = RODS.get(best["label"])
+                asked = [item for item in self.items if item.pictured and item.target is None]
+                if asked and best["confidence"] >= 0.8:
+                    asked[0].target = RODS.get(best["label"])
""",
        scenario=scenario("rh", faults.RecognizerSays(what="error", from_s=14.0, until_s=16.0)),
    ),
    Mistake(
        name="one_timer", style=STYLE, kind="the timer of one rod is cancelled by the next stroke",
        change="""
         self.lock = threading.RLock()
+        self.timer = threading.Timer(0, print)
         self.items = []
@@
         self.command("rod_control", rod + "_push")
-        timer = threading.Timer(STROKE_S, self.command, ["rod_control", rod + "_pull"])
-        timer.daemon = True
-        timer.start()
+        self.timer.cancel()
+        self.timer = threading.Timer(STROKE_S, self.command, ["rod_control", rod + "_pull"])
+        self.timer.daemon = True
+        self.timer.start()

""",
        scenario=scenario("R"),
    ),
    Mistake(
        name="lock_taken_twice", style=STYLE, kind="a lock is taken twice by one thread: a deadlock",
        change="""
-        self.lock = threading.RLock()
+        self.lock = threading.Lock()
@@
-        for item in ahead[-1:] + behind[:1]:
-            item.doubtful = True
+        with self.lock:
+            for item in ahead[-1:] + behind[:1]:
+                item.doubtful = True
""",
        scenario=scenario("R", faults.GateGhost(gate=1, pulse_s=0.2, from_s=5.0, until_s=5.1)),
    ),
    Mistake(
        name="waits_for_what_it_sends", style=STYLE, kind="waits in the callback for a message that leaves after it",
        change="""
-        self.command("rod_control", rod + "_push")
+        self.client.publish("aa", json.dumps({"rod_control": rod + "_push"})).wait_for_publish()
""",
        scenario=scenario("R"),
    ),
    Mistake(
        name="wake_up_lost", style=STYLE, kind="a wake-up during the work is lost: all answers come an item too late",
        change="""
         self.ended = threading.Event()
-        self.pictures = queue.Queue()
+        self.pictures = []
+        self.arrived = threading.Event()
         self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="FS_Ctl")
@@
                 item.pictured = True
-                self.pictures.put((item, picture))
+                self.pictures.append((item, picture))
+                self.arrived.set()
                 return
@@
         while True:
-            item, picture = self.pictures.get()
+            self.arrived.wait()
+            item, picture = self.pictures.pop(0)
             try:
-                with urllib.request.urlopen(SERVICE, picture, timeout=2.0) as response:
+                with urllib.request.urlopen(SERVICE, picture, timeout=10.0) as response:
                     best = json.load(response)["results"][0]
@@
                 continue
+            finally:
+                self.arrived.clear()
             with self.lock:
""",
        scenario=scenario("RRRRR", faults.RecognizerSlow(delay_s=4.0, from_s=14.0, until_s=16.0)),
    ),
    Mistake(
        name="rods_left_from_before", style=STYLE, kind="starts without pulling the rods in",
        change="""
-            self.command("rod_control", "all_pull")
             self.command("conveyor", "run")
@@
-                    self.command("rod_control", "all_pull")
                     self.pulled, self.clear_until_s = True, now_s + GONE_S + 1.0
""",
        scenario=scenario("Rh", faults.ControllerKilled(from_s=17.0, until_s=18.0)),
    ),
)  # fmt: skip
