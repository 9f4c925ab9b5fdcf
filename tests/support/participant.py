"""A participant in lockstep that can ignore grants, fail and come back on demand."""

import queue
import socket
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from controller import wire

RUN = wire.encode_command(wire.Conveyor(run=True))


class Participant:
    """Answers each grant with one command per message received; its next deadline is one second later.

    It ignores the first `deaf` grants. With each answer it announces `owing` commands that it never sends. `acted`
    lists the grants that it has acted on, each with its number of messages.
    """

    def __init__(self, broker, who="FS_Ctl", *, deaf=0, owing=0):
        self.who, self.deaf, self.owing = who, deaf, owing
        self.received, self.handled, self.sent = 0, 0, 0
        self.acted, self.grant, self.done = [], None, None
        self.grants, self.echo = queue.Queue(), queue.Queue()
        self.back = threading.Semaphore(0)
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=who, protocol=mqtt.MQTTv311)
        self.client.reconnect_delay_set(1, 1)
        self.client.will_set(wire.COMMANDS, wire.encode_command(wire.Conveyor(run=False)))
        topics = [(wire.FEEDBACK, 0), (wire.CLOCK_GRANT, 0), (wire.CLOCK_HELLO, 0)]
        self.client.on_connect = lambda *_: self.client.subscribe(topics)
        self.client.on_subscribe = lambda *_: self.back.release()
        self.client.on_message = lambda *arguments: self.receive(arguments[-1])
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()
        assert self.back.acquire(timeout=5)
        self.hello()

    def hello(self):
        """Publish a hello. When this returns, the broker has sent it to all earlier subscribers."""
        self.client.publish(wire.CLOCK_HELLO, wire.encode_clock(wire.Hello(who=self.who)))
        if threading.current_thread() is threading.main_thread():
            assert self.echo.get(timeout=5)

    def receive(self, message):
        if message.topic == wire.CLOCK_HELLO:
            if self.who.encode() in message.payload:
                self.echo.put(True)
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
        if self.deaf > 0:
            self.deaf -= 1
        elif self.done is not None and grant.grant == self.done.grant:
            self.answer()
        else:
            if self.grant is None:
                self.received = self.handled = grant.sent
            self.grant = grant

    def act(self, grant):
        fresh, self.handled = self.received - self.handled, self.received
        self.acted.append((grant.grant, fresh))
        for _ in range(fresh):
            self.client.publish(wire.COMMANDS, RUN)
        self.sent += fresh + self.owing
        self.done = wire.Done(grant=grant.grant, who=self.who, sent=self.sent, next_s=grant.now_s + 1)
        self.answer()

    def answer(self):
        self.client.publish(wire.CLOCK_DONE, wire.encode_clock(self.done))

    def die(self):
        """Break the connection without a DISCONNECT packet."""
        self.client.loop_stop()
        self.client.socket().shutdown(socket.SHUT_RDWR)
        self.client = None

    def close(self):
        if self.client is not None:
            self.client.disconnect()
            self.client.loop_stop()
            self.client = None
