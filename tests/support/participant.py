"""A participant in lockstep for tests: it can ignore grants, hold commands back, and die."""

import queue
import socket
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from controller import wire

RUN = wire.encode_command(wire.Conveyor(run=True))


class Participant:
    """Answers each grant with one command for each message since the last; its deadline is always 1 s later.

    `ignored_grants` is how many grants it ignores before it answers, `unsent_commands` how many commands it announces
    with each answer and never sends. `acted` has each grant that it handled, with the number of messages.
    """

    def __init__(self, broker, name="FS_Ctl", *, ignored_grants=0, unsent_commands=0):
        self.name, self.ignored_grants, self.unsent_commands = name, ignored_grants, unsent_commands
        self.received, self.handled, self.sent = 0, 0, 0
        self.acted, self.grant, self.done = [], None, None
        self.grants, self.own_hellos = queue.Queue(), queue.Queue()
        self.subscribed = threading.Semaphore(0)
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv311)
        self.client.reconnect_delay_set(1, 1)
        self.client.will_set(wire.COMMANDS, wire.encode_command(wire.Conveyor(run=False)))
        topics = [(wire.FEEDBACK, 0), (wire.CLOCK_GRANT, 0), (wire.CLOCK_HELLO, 0)]
        self.client.on_connect = lambda *_: self.client.subscribe(topics)
        self.client.on_subscribe = lambda *_: self.subscribed.release()
        self.client.on_message = lambda *arguments: self.receive(arguments[-1])
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()
        assert self.subscribed.acquire(timeout=5)
        self.hello()

    def hello(self):
        """Say hello. When this returns, the broker has sent the hello to all earlier subscribers."""
        self.client.publish(wire.CLOCK_HELLO, wire.encode_clock(wire.Hello(who=self.name)))
        if threading.current_thread() is threading.main_thread():
            assert self.own_hellos.get(timeout=5)

    def receive(self, message):
        if message.topic == wire.CLOCK_HELLO:
            if self.name.encode() in message.payload:
                self.own_hellos.put(True)
            return
        if message.topic == wire.FEEDBACK:
            self.received += 1
        else:
            self.granted(wire.decode_grant(message.payload))
        grant = self.grant
        if grant is not None and self.received >= grant.sent and (self.done is None or self.done.grant < grant.grant):
            self.act(grant)

    def granted(self, grant):
        self.grants.put(grant)
        if self.ignored_grants > 0:
            self.ignored_grants -= 1
        elif self.done is not None and grant.grant == self.done.grant:
            self.answer()
        else:
            if self.grant is None:
                self.received = self.handled = grant.sent
            self.grant = grant

    def act(self, grant):
        count, self.handled = self.received - self.handled, self.received
        self.acted.append((grant.grant, count))
        for _ in range(count):
            self.client.publish(wire.COMMANDS, RUN)
        self.sent += count + self.unsent_commands
        self.done = wire.Done(grant=grant.grant, who=self.name, sent=self.sent, next_s=grant.now_s + 1)
        self.answer()

    def answer(self):
        self.client.publish(wire.CLOCK_DONE, wire.encode_clock(self.done))

    def die(self):
        """Break the connection without a DISCONNECT."""
        self.client.loop_stop()
        self.client.socket().shutdown(socket.SHUT_RDWR)
        self.client = None

    def close(self):
        if self.client is not None:
            self.client.disconnect()
            self.client.loop_stop()
            self.client = None
