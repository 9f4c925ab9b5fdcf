"""Mistakes in the program on asyncio and aiomqtt."""

from external.mistake import Mistake, scenario
from twin import faults

STYLE = "asyncio"

MISTAKES = (
    Mistake(
        name="awaits_the_answer", style=STYLE, kind="waits at the gate for a late answer, and pushes then",
        change="""
-        with urllib.request.urlopen(SERVICE, picture, timeout=2.0) as response:
+        with urllib.request.urlopen(SERVICE, picture, timeout=20.0) as response:
@@
-                target = answer.result() if answer is not None and answer.done() else None
+                target = await answer if answer is not None else None
""",
        scenario=scenario("R", faults.RecognizerSlow(delay_s=2.6, from_s=14.0, until_s=16.0)),
    ),
    Mistake(
        name="task_forgotten", style=STYLE, kind="an error ends a task that nobody looks after",
        change="""
-            with contextlib.suppress(ValueError, AttributeError, TypeError):
+            if True:
@@
-                done, _ = await asyncio.wait({listener, work}, return_when=asyncio.FIRST_COMPLETED)
+                done, _ = await asyncio.wait({work})
""",
        scenario=scenario("R", faults.Garbage(payload="number", from_s=5.0, until_s=5.0)),
    ),
    Mistake(
        name="ends_with_the_connection", style=STYLE, kind="a broken connection ends the program",
        change="""
-        except aiomqtt.MqttError:
+        except ConnectionRefusedError:
""",
        scenario=scenario("R", faults.ClientCutOff(from_s=5.0, until_s=6.0)),
    ),
    Mistake(
        name="not_awaited", style=STYLE, kind="a coroutine that is not awaited: the pull is never sent",
        change="""
-                    await self.command("rod_control", target[1] + "_pull")
+                    self.command("rod_control", target[1] + "_pull")
""",
        scenario=scenario("R"),
    ),
    Mistake(
        name="clean_goodbye", style=STYLE, kind="a signal ends it with a clean goodbye, which revokes the last will",
        change="""
-        asyncio.get_running_loop().add_signal_handler(number, stop.set)
+        signal.signal(number, lambda *_: sys.exit())
""",
        scenario=scenario("R", stop_s=14.0),
    ),
    Mistake(
        name="answer_for_whoever_comes", style=STYLE, kind="a late answer is given to the next item",
        change="""
     try:
-        with urllib.request.urlopen(SERVICE, picture, timeout=2.0) as response:
+        with urllib.request.urlopen(SERVICE, picture, timeout=60.0) as response:
             best = json.load(response)["results"][0]
@@
         await self.client.publish("aa", json.dumps({key: value}))
+
+    async def recognise(self, picture):
+        self.target = await asyncio.to_thread(ask, picture)

@@
         await self.command("rod_control", "first_pull")
-        answer, pictures, passed, blocked_s, dwell_s = None, 0, 0, {}, None
+        self.target, pictures, passed, blocked_s, dwell_s = None, 0, 0, {}, None
         while (arrival := await self.next(began_s + (GONE_S if pictures or passed else GATE_S[1] + 1.0))) is not None:
@@
                 doubtful = doubtful or pictures > 1 or abs(at_s - began_s - PICTURE_S) > TOLERANCE_S
-                answer = asyncio.create_task(asyncio.to_thread(ask, value))
+                asyncio.create_task(self.recognise(value))
             elif gate and value is True:
@@
                 doubtful = doubtful or not due or not alike or pictures != 1 or dwell_s > LONGEST_S
-                target = answer.result() if answer is not None and answer.done() else None
+                target = self.target
                 if target is not None and gate == target[0] and not doubtful:
""",
        scenario=scenario("Rh", faults.RecognizerSlow(delay_s=13.2, from_s=14.0, until_s=16.0)),
    ),
)  # fmt: skip
