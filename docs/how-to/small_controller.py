"""A small controller for the default line, in plain paho: one item at a time, and time-outs everywhere.

    python small_controller.py HOST PORT [http://127.0.0.1:8088]

With a URL the recognition service answers for the pictures, without one the library does.
"""

import base64
import json
import queue
import sys
import time
import urllib.request

import paho.mqtt.client as mqtt

SURE = 0.80
RODS = {"ripe": ("first_switch", "second"), "half_ripe": ("second_switch", "third"), "raw": ("third_switch", "fourth")}
PICTURE_S = 4.0  # It comes 1.74 s after the push, so 0.74 s after the stroke.
TRIP_S = 13.0  # From the loader to the end of the belt: 2.0 m at 0.18 m/s, and the strokes.
EMPTY = 2  # After so many pushes of which nothing was seen the stack is empty.


def ask_library():
    """The recognizer that comes with the package."""
    from classifier import Classifier

    model = Classifier.load()

    def ask(picture):
        answer = model.classify(picture)
        return answer.label, answer.confidence

    return ask


def ask_service(url):
    """The recognition service: the file's bytes go out, JSON comes back; `code` says whether there is an answer."""

    def ask(picture):
        with urllib.request.urlopen(f"{url}/aisim_tf_pre", data=picture, timeout=3) as response:
            answer = json.load(response)
        if answer["code"] != 0:
            return None, 0.0
        return answer["results"][0]["label"], answer["results"][0]["confidence"]

    return ask


class Line:
    """The line as the controller sees it: its messages, in order, and the commands to it."""

    def __init__(self, host, port):
        self._messages = queue.Queue()
        self._there = queue.Queue()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="FS_Ctl", protocol=mqtt.MQTTv311)
        self._client.on_connect = lambda client, *_: client.subscribe("bb", qos=0)  # Again after each reconnect.
        self._client.on_subscribe = lambda *_: self._there.put(True)
        self._client.on_message = self._on_message
        self._client.will_set("aa", '{"conveyor":"stop"}', qos=0)  # Should the connection break.
        self._client.connect(host, port, keepalive=50)
        self._client.loop_start()
        self._there.get(timeout=10)

    def _on_message(self, client, userdata, message):
        """Runs in paho's thread, so it only queues. What is no message of the line is left out."""
        try:
            ((key, value),) = json.loads(message.payload).items()
        except (ValueError, AttributeError):
            return
        self._messages.put((key, value))

    def send(self, **message):
        self._client.publish("aa", json.dumps(message, separators=(",", ":")), qos=0)

    def stroke(self, rod, out_s=0.5):
        """Push a rod, and pull it in any case."""
        self.send(rod_control=f"{rod}_push")
        try:
            time.sleep(out_s)
        finally:
            self.send(rod_control=f"{rod}_pull")
        time.sleep(0.5)

    def wait_for(self, key, value, seconds):
        """The value of the next message `key` (with this `value`, if one is given), or None when time is up."""
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0:
            try:
                found_key, found = self._messages.get(timeout=left_s)
            except queue.Empty:
                break
            if found_key == key and value in (None, found):
                return found
        return None

    def forget(self):
        """Drop the messages about earlier items."""
        while not self._messages.empty():
            self._messages.get()

    def close(self):
        self.send(rod_control="all_pull")
        self.send(conveyor="stop")
        time.sleep(0.5)
        self._client.loop_stop()


def sort_one(line, recognise):
    """Load an item and see it into a bin. False if no picture came: nothing was loaded, or the picture is lost."""
    line.forget()
    line.stroke("first")
    picture = line.wait_for("image", None, PICTURE_S)
    if picture is None:
        time.sleep(TRIP_S)  # Whatever it was, it rides to the end.
        return False
    label, confidence = recognise(base64.b64decode(picture))
    gate, rod = RODS.get(label, ("third_switch", None)) if confidence >= SURE else ("third_switch", None)
    print(f"{label} {confidence:.2f} -> {rod or 'reject'}", flush=True)
    gone = line.wait_for(gate, True, TRIP_S) is not None and line.wait_for(gate, False, TRIP_S) is not None
    if not gone:
        time.sleep(TRIP_S)
    elif rod is None:
        time.sleep(3.5)  # From the last gate to the end of the belt.
    else:
        line.stroke(rod)
    return True


def main(host, port, url=None):
    recognise = ask_service(url) if url else ask_library()
    line = Line(host, int(port))
    try:
        line.send(rod_control="all_pull")
        line.send(conveyor="run")
        time.sleep(2.0)
        unseen = 0
        while unseen < EMPTY:
            unseen = 0 if sort_one(line, recognise) else unseen + 1
    except KeyboardInterrupt:
        print("interrupted: the belt clears", flush=True)
        time.sleep(TRIP_S)
    finally:
        line.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
