"""A controller that speaks the grant protocol: one item at a time, in the twin's virtual time, over a real broker.

    python granted_controller.py HOST PORT

Nothing in it waits or looks at a clock: it acts when it is granted time, and says when it wants to be woken.
"""

import base64
import json
import queue
import sys

import paho.mqtt.client as mqtt

from classifier import Classifier

WHO = "mine"
BINS = {"ripe": 2, "half_ripe": 3, "raw": 4}
GATES = {"first_switch": 1, "second_switch": 2, "third_switch": 3}
CLEAR_S = 3.0  # An item behind the last gate is in the reject bin by then.
WORDS = {1: "first", 2: "second", 3: "third", 4: "fourth"}


class Sorter:
    """What to do: messages and the time in, commands out."""

    def __init__(self):
        self._model = Classifier.load()
        self._rod = None
        self._due = []
        self._look_s = None
        self._ending = False

    def start(self, now_s):
        self._due.append((now_s, {"conveyor": "run"}))
        self._load(now_s + 2.0)

    def end(self):
        """Load no more: where the next item would be loaded, the line comes to rest."""
        self._ending = True

    def act(self, messages, now_s):
        for message in messages:
            ((key, value),) = message.items()
            if key == "image":
                self._look_s = None
                answer = self._model.classify(base64.b64decode(value))
                self._rod = BINS.get(answer.label) if answer.confidence >= 0.80 else None
            elif value is False and self._rod == GATES[key] + 1:
                self._push(self._rod, now_s)
                self._load(now_s + 1.0)
                self._rod = None
            elif value is False and GATES[key] == 3:
                self._load(now_s + 1.0)
        if self._look_s is not None and now_s >= self._look_s:
            self._load(now_s)  # No picture came: the push has loaded nothing.
        commands = [command for at_s, command in self._due if at_s <= now_s]
        self._due = [(at_s, command) for at_s, command in self._due if at_s > now_s]
        times = [at_s for at_s, _ in self._due] + ([] if self._look_s is None else [self._look_s])
        return commands, min(times, default=None)

    def _load(self, at_s):
        if self._ending:
            self._look_s = None
            self._due += [(at_s, {"rod_control": "all_pull"}), (at_s + CLEAR_S, {"conveyor": "stop"})]
            return
        self._push(1, at_s)
        self._look_s = at_s + 3.0

    def _push(self, rod, at_s):
        self._due.append((at_s, {"rod_control": f"{WORDS[rod]}_push"}))
        self._due.append((at_s + 0.5, {"rod_control": f"{WORDS[rod]}_pull"}))


def connected(host, port, arrivals):
    """A client that queues what it receives, and subscribes on each connection."""
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=WHO, protocol=mqtt.MQTTv311)
    topics = [("bb", 0), ("twin/clock/grant", 0)]
    client.on_connect = lambda *_: client.subscribe(topics)
    client.on_subscribe = lambda *_: arrivals.put(("again", b""))
    client.on_message = lambda _client, _userdata, message: arrivals.put((message.topic, message.payload))
    client.connect(host, port, keepalive=50)
    client.loop_start()
    return client


def main(host, port):
    arrivals = queue.Queue()
    client = connected(host, int(port), arrivals)
    sorter, waiting, received, sent, grant, done = Sorter(), [], 0, 0, None, None
    while True:
        try:
            topic, payload = arrivals.get(timeout=0.5)
        except queue.Empty:
            topic, payload = "nothing", b""
        if topic == "bb":
            waiting.append(json.loads(payload))
            received += 1
        elif topic == "twin/clock/grant":
            grant = json.loads(payload)
            if grant.get("stop"):
                sorter.end()
            if done is None:  # The first grant: what was sent before is not ours.
                waiting, received = [], grant["sent"]
                sorter.start(grant["now_s"])
        elif done is None:
            client.publish("twin/clock/hello", json.dumps({"who": WHO}))
        if grant is None or received < grant["sent"]:
            continue
        if done is None or grant["grant"] > done["grant"]:
            commands, next_s = sorter.act(waiting, grant["now_s"])
            waiting = []
            for command in commands:
                client.publish("aa", json.dumps(command, separators=(",", ":")))
            sent += len(commands)
            done = {"grant": grant["grant"], "who": WHO, "sent": sent, "next_s": next_s}
        elif topic in ("bb", "nothing"):
            continue  # Answered already. A grant that comes again, or a new connection, gets the answer again.
        client.publish("twin/clock/done", json.dumps(done))


if __name__ == "__main__":
    main(*sys.argv[1:])
