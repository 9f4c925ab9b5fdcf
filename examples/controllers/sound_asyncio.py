"""Sound: one item at a time, on asyncio and aiomqtt; waits are `asyncio.timeout`s, the service is asked in a thread.

    python sound_asyncio.py [HOST PORT [SERVICE]]

Everything that is expected has a time by which it is due. What comes at another time makes the item doubtful: it rides
to the reject bin, and the belt clears before the next one is loaded.
"""

import asyncio
import base64
import contextlib
import json
import signal
import sys
import urllib.request

import aiomqtt

HOST = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 21883
SERVICE = sys.argv[3] if len(sys.argv) > 3 else "http://127.0.0.1:8088/aisim_tf_pre"

SPEED_M_PER_S = 0.18
LOADED_S = 0.3
PICTURE_S = LOADED_S + 0.25 / SPEED_M_PER_S + 0.05
GATE_S = {gate: LOADED_S + 0.5 * gate / SPEED_M_PER_S for gate in (1, 2, 3)}
GONE_S = LOADED_S + 2.0 / SPEED_M_PER_S + 1.0
TOLERANCE_S = 0.08
BOUNCE_S = 0.1
LONGEST_S = 0.8
STROKE_S = 0.4
LONGEST_AWAY_S = 10.0
RODS = {"ripe": (1, "second"), "half_ripe": (2, "third"), "raw": (3, "fourth")}
GATES = {"first_switch": 1, "second_switch": 2, "third_switch": 3}


def now_s():
    return asyncio.get_running_loop().time()


def ask(picture):
    try:
        with urllib.request.urlopen(SERVICE, picture, timeout=2.0) as response:
            best = json.load(response)["results"][0]
    except (OSError, ValueError, LookupError):
        return None
    return RODS.get(best["label"]) if best["confidence"] >= 0.8 else None


class Sorter:
    def __init__(self, client, stop):
        self.client, self.stop = client, stop
        self.arrivals = asyncio.Queue()

    async def listen(self):
        async for message in self.client.messages:
            with contextlib.suppress(ValueError, AttributeError, TypeError):
                ((key, value),) = json.loads(message.payload).items()
                if key == "image":
                    value = base64.b64decode(value, validate=True)
                if isinstance(value, bool if key in GATES else bytes):  # Anything else is garbage, and no detection.
                    self.arrivals.put_nowait((now_s(), key, value))

    async def command(self, key, value):
        await self.client.publish("aa", json.dumps({key: value}))

    async def next(self, until_s):
        try:
            async with asyncio.timeout_at(until_s):
                return await self.arrivals.get()
        except TimeoutError:
            return None

    async def quiet(self, seconds):
        """Let time pass; whether no gate saw anything meanwhile."""
        until_s, quiet = now_s() + seconds, True
        while (arrival := await self.next(until_s)) is not None:
            quiet = quiet and arrival[1] not in GATES
        return quiet

    async def clear(self):
        await self.command("rod_control", "all_pull")
        await self.command("conveyor", "run")
        for _ in range(3):
            if await self.quiet(GONE_S + 1.0):
                return

    async def sort_one(self):
        await self.command("rod_control", "first_push")
        began_s = now_s()
        doubtful = not await self.quiet(STROKE_S)
        await self.command("rod_control", "first_pull")
        answer, pictures, passed, blocked_s, dwell_s = None, 0, 0, {}, None
        while (arrival := await self.next(began_s + (GONE_S if pictures or passed else GATE_S[1] + 1.0))) is not None:
            at_s, key, value = arrival
            gate = GATES.get(key)
            if key == "image":
                pictures += 1
                doubtful = doubtful or pictures > 1 or abs(at_s - began_s - PICTURE_S) > TOLERANCE_S
                answer = asyncio.create_task(asyncio.to_thread(ask, value))
            elif gate and value is True:
                blocked_s.setdefault(gate, at_s)
            elif gate and value is False and gate in blocked_s and at_s - blocked_s[gate] >= BOUNCE_S:
                since_s = blocked_s.pop(gate)
                due = gate == passed + 1 and abs((since_s + at_s) / 2 - began_s - GATE_S[gate]) <= TOLERANCE_S
                alike = dwell_s is None or abs(at_s - since_s - dwell_s) <= TOLERANCE_S
                passed, dwell_s = max(passed, gate), at_s - since_s
                doubtful = doubtful or not due or not alike or pictures != 1 or dwell_s > LONGEST_S
                target = answer.result() if answer is not None and answer.done() else None
                if target is not None and gate == target[0] and not doubtful:
                    await self.command("rod_control", target[1] + "_push")
                    quiet = await self.quiet(STROKE_S)
                    await self.command("rod_control", target[1] + "_pull")
                    return await self.quiet(STROKE_S) and quiet
        return passed == 3 and not doubtful

    async def run(self):
        await self.clear()
        while not self.stop.is_set():
            if not await self.sort_one():
                await self.clear()
        await self.clear()
        await self.command("conveyor", "stop")


async def main():
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    will = aiomqtt.Will("aa", json.dumps({"conveyor": "stop"}))
    lost_s = None
    while True:
        try:
            async with aiomqtt.Client(HOST, PORT, identifier="FS_Ctl", will=will, keepalive=50) as client:
                await client.subscribe("bb")
                lost_s = None
                sorter = Sorter(client, stop)
                listener = asyncio.create_task(sorter.listen())
                work = asyncio.create_task(sorter.run())
                done, _ = await asyncio.wait({listener, work}, return_when=asyncio.FIRST_COMPLETED)
                for task in (listener, work):
                    task.cancel()
                if work in done:
                    work.result()
                    return
                listener.result()
        except aiomqtt.MqttError:
            lost_s = lost_s or now_s()
            if stop.is_set() and now_s() > lost_s + LONGEST_AWAY_S:
                return
            await asyncio.sleep(1.0)


asyncio.run(main())
