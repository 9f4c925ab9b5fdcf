"""Mistakes in the program on asyncio and aiomqtt."""

from external.mistake import Mistake, scenario
from twin import faults

STYLE = "asyncio"

MISTAKES = (
    Mistake(
        name="awaits_the_answer", style=STYLE, kind="waits at the gate for a late answer, and pushes then",
        changes=(
            ("target = answer.result() if answer is not None and answer.done() else None",
             "target = await answer if answer is not None else None"),
            ("timeout=2.0) as response", "timeout=20.0) as response"),
        ),
        scenario=scenario("R", faults.RecognizerSlow(delay_s=2.6, from_s=14.0, until_s=16.0)),
    ),
    Mistake(
        name="task_forgotten", style=STYLE, kind="an error ends a task that nobody looks after",
        changes=(
            ("            with contextlib.suppress(ValueError, AttributeError, TypeError):\n", "            if True:\n"),
            ("asyncio.wait({listener, work}, return_when=asyncio.FIRST_COMPLETED)", "asyncio.wait({work})"),
        ),
        scenario=scenario("R", faults.Garbage(payload="number", from_s=5.0, until_s=5.0)),
    ),
    Mistake(
        name="ends_with_the_connection", style=STYLE, kind="a broken connection ends the program",
        changes=(("except aiomqtt.MqttError:", "except ConnectionRefusedError:"),),
        scenario=scenario("R", faults.ClientCutOff(from_s=5.0, until_s=6.0)),
    ),
    Mistake(
        name="not_awaited", style=STYLE, kind="a coroutine that is not awaited: the pull is never sent",
        changes=(
            ('                    await self.command("rod_control", target[1] + "_pull")\n',
             '                    self.command("rod_control", target[1] + "_pull")\n'),
        ),
        scenario=scenario("R"),
    ),
    Mistake(
        name="clean_goodbye", style=STYLE, kind="a signal ends it with a clean goodbye, which revokes the last will",
        changes=(
            ("asyncio.get_running_loop().add_signal_handler(number, stop.set)",
             "signal.signal(number, lambda *_: sys.exit())"),
        ),
        scenario=scenario("R", stop_s=14.0),
    ),
    Mistake(
        name="answer_for_whoever_comes", style=STYLE, kind="a late answer is given to the next item",
        changes=(
            ("answer = asyncio.create_task(asyncio.to_thread(ask, value))", "asyncio.create_task(self.recognise(value))"),
            ("target = answer.result() if answer is not None and answer.done() else None", "target = self.target"),
            ("timeout=2.0) as response", "timeout=60.0) as response"),
            ("        answer, pictures, passed, blocked_s, dwell_s = None, 0, 0, {}, None\n",
             "        self.target, pictures, passed, blocked_s, dwell_s = None, 0, 0, {}, None\n"),
            ("    async def next(", "    async def recognise(self, picture):\n"
             "        self.target = await asyncio.to_thread(ask, picture)\n\n    async def next("),
        ),
        scenario=scenario("Rh", faults.RecognizerSlow(delay_s=13.2, from_s=14.0, until_s=16.0)),
    ),
)  # fmt: skip
