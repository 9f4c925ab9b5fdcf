"""Mistakes in the program that has several items on the belt, with a worker thread and timers."""

from external.mistake import Mistake, scenario
from twin import faults

STYLE = "windows"

MISTAKES = (
    Mistake(
        name="close_loading", style=STYLE, kind="loads the next item while the rod is still out for the one before",
        changes=(("EVERY_S = 4.0", "EVERY_S = 0.9"),),
        scenario=scenario("Rr"),
    ),
    Mistake(
        name="worker_dies", style=STYLE, kind="an exception ends a worker thread",
        changes=(("except (OSError, ValueError, LookupError)", "except (OSError, ValueError)"),),
        scenario=scenario("RRRRR", faults.RecognizerSays(what="error", from_s=14.0, until_s=16.0)),
    ),
    Mistake(
        name="answers_in_order", style=STYLE, kind="a missing answer: the item gets that of the next one",
        changes=(
            ('                if best["confidence"] >= 0.8 and item.passed == 0:\n'
             '                    item.target = RODS.get(best["label"])\n',
             "                asked = [item for item in self.items if item.pictured and item.target is None]\n"
             '                if asked and best["confidence"] >= 0.8:\n'
             '                    asked[0].target = RODS.get(best["label"])\n'),
        ),
        scenario=scenario("rh", faults.RecognizerSays(what="error", from_s=14.0, until_s=16.0)),
    ),
    Mistake(
        name="one_timer", style=STYLE, kind="the timer of one rod is cancelled by the next stroke",
        changes=(
            ("        timer = threading.Timer(STROKE_S, self.command, [\"rod_control\", rod + \"_pull\"])\n"
             "        timer.daemon = True\n        timer.start()\n",
             "        self.timer.cancel()\n"
             "        self.timer = threading.Timer(STROKE_S, self.command, [\"rod_control\", rod + \"_pull\"])\n"
             "        self.timer.daemon = True\n        self.timer.start()\n"),
            ("        self.lock = threading.RLock()\n",
             "        self.lock = threading.RLock()\n        self.timer = threading.Timer(0, print)\n"),
        ),
        scenario=scenario("Rh"),
    ),
    Mistake(
        name="lock_taken_twice", style=STYLE, kind="a lock is taken twice by one thread: a deadlock",
        changes=(
            ("threading.RLock()", "threading.Lock()"),
            ("        for item in ahead[-1:] + behind[:1]:\n            item.doubtful = True\n",
             "        with self.lock:\n            for item in ahead[-1:] + behind[:1]:\n                item.doubtful = True\n"),
        ),
        scenario=scenario("R", faults.GateGhost(gate=1, pulse_s=0.2, from_s=5.0, until_s=5.1)),
    ),
    Mistake(
        name="waits_for_what_it_sends", style=STYLE, kind="waits in the callback for a message that leaves after it",
        changes=(
            ('        self.command("rod_control", rod + "_push")\n',
             '        self.client.publish("aa", json.dumps({"rod_control": rod + "_push"})).wait_for_publish()\n'),
        ),
        scenario=scenario("R"),
    ),
    Mistake(
        name="wake_up_lost", style=STYLE, kind="a wake-up during the work is lost: all answers come an item too late",
        changes=(
            ("        self.pictures = queue.Queue()\n",
             "        self.pictures = []\n        self.arrived = threading.Event()\n"),
            ("                self.pictures.put((item, picture))\n",
             "                self.pictures.append((item, picture))\n                self.arrived.set()\n"),
            ("            item, picture = self.pictures.get()\n",
             "            self.arrived.wait()\n            item, picture = self.pictures.pop(0)\n"),
            ("timeout=2.0) as response", "timeout=10.0) as response"),
            ("                continue\n", "                continue\n            finally:\n                self.arrived.clear()\n"),
        ),
        scenario=scenario("RRRRR", faults.RecognizerSlow(delay_s=4.0, from_s=14.0, until_s=16.0)),
    ),
)  # fmt: skip
