"""Mistakes in the program that sorts one item at a time, with a queue behind paho's callback."""

from external.mistake import Mistake, scenario
from twin import Item, Scenario, faults

STYLE = "one_at_a_time"
AFTER_CLEARING_S = 13.7
"""The first item is loaded about then."""

MISTAKES = (
    Mistake(
        name="subscribes_once", style=STYLE, kind="no subscription after a reconnection",
        changes=(
            ('    client.subscribe("bb")\n    arrivals', "    arrivals"),
            ("    client.loop_start()\n", '    client.subscribe("bb")\n    client.loop_start()\n'),
        ),
        scenario=scenario("R", faults.ClientCutOff(from_s=5.0, until_s=6.0)),
    ),
    Mistake(
        name="waits_an_hour", style=STYLE, kind="a wait without a limit",
        changes=(("(GONE_S if pictures or passed else GATE_S[1] + 1.0)", "3600.0"),),
        scenario=scenario("R", faults.EmptyPush(from_s=13.0, until_s=14.5)),
    ),
    Mistake(
        name="text_ends_the_listener", style=STYLE, kind="a payload that is no JSON ends the callback's thread",
        changes=(("    except (ValueError, AttributeError, TypeError):\n        return\n", "    finally:\n        pass\n"),),
        scenario=scenario("R", faults.Garbage(payload="not_json", from_s=5.0, until_s=5.0)),
    ),
    Mistake(
        name="unknown_label", style=STYLE, kind="a label that it has no place for ends the program",
        changes=(('RODS.get(best["label"]) if', 'RODS[best["label"]] if'),),
        scenario=scenario("R", faults.RecognizerSays(what="unknown", from_s=14.0, until_s=16.0)),
    ),
    Mistake(
        name="label_spelling", style=STYLE, kind="a label spelt otherwise than the service does",
        changes=(('"half_ripe": (2', '"half-ripe": (2'),),
        scenario=scenario("h"),
    ),
    Mistake(
        name="no_result_no_program", style=STYLE, kind="an answer without a result ends the program",
        changes=(("except (OSError, ValueError, LookupError)", "except (OSError, ValueError)"),),
        scenario=scenario("R", faults.RecognizerSays(what="error", from_s=14.0, until_s=16.0)),
    ),
    Mistake(
        name="dead_service", style=STYLE, kind="asks the service without a limit",
        changes=((", picture, timeout=2.0)", ", picture)"),),
        scenario=scenario("RR", faults.RecognizerSays(what="nothing", from_s=14.0, until_s=16.0)),
    ),
    Mistake(
        name="pushes_late", style=STYLE, kind="a pause before the push, right for short items only",
        changes=(
            ('                    self.command("rod_control", target[1] + "_push")\n',
             '                    time.sleep(0.45)\n                    self.command("rod_control", target[1] + "_push")\n'),
        ),
        scenario=Scenario(items=(Item(item_class="ripe", length_m=0.12),)),
    ),
    Mistake(
        name="ghost_pushed", style=STYLE, kind="a false edge is taken for the item",
        changes=(("due = gate == passed + 1 and abs(centre_s - GATE_S[gate]) <= TOLERANCE_S", "due = True"),),
        scenario=scenario("R", faults.GateGhost(gate=1, pulse_s=0.2, from_s=15.6, until_s=15.7)),
    ),
    Mistake(
        name="label_of_the_last", style=STYLE, kind="a lost picture: the item gets the label of the one before",
        changes=(
            ("        target, pictures, passed", "        self.target, pictures, passed"),
            ("blocked_s, dwell_s = None, 0, 0, {}, None", "blocked_s, dwell_s = self.target, 0, 0, {}, None"),
            ("                target = recognise(value)", "                self.target = recognise(value)"),
            ("                if target is not None and", "                target = self.target\n                if target is not None and"),
            ("not alike or pictures != 1 or", "not alike or"),
            ("        self.client = client\n", "        self.client = client\n        self.target = None\n"),
        ),
        scenario=scenario("Rh", faults.NoImage(from_s=18.0, until_s=21.0)),
    ),
    Mistake(
        name="belt_runs_on", style=STYLE, kind="a signal to end leaves the belt running",
        changes=(('        self.clear()\n        self.command("conveyor", "stop")\n', "        self.clear()\n"),),
        scenario=scenario("R", stop_s=14.0),
    ),
    Mistake(
        name="counts_edges", style=STYLE, kind="a bounce counts as another passage",
        changes=(
            ("                gate = GATES[key]\n                since_s = blocked_s.pop(gate, None)\n",
             "                since_s = blocked_s.pop(GATES[key], None)\n                gate = passed + 1\n"),
            ("if since_s is None or at_s - since_s < BOUNCE_S:", "if since_s is None:"),
            ("due = gate == passed + 1 and abs(centre_s - GATE_S[gate]) <= TOLERANCE_S", "due = True"),
            ("alike = dwell_s is None or abs(length - dwell_s) <= 0.08", "alike = True"),
        ),
        scenario=scenario("r", faults.GateBounce(gate=1, bounces=2, from_s=16.0, until_s=17.0)),
    ),
)  # fmt: skip
