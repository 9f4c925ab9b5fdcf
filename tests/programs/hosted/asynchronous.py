"""A controller on asyncio: aiomqtt, a service asked with httpx, blocking work in a thread."""

import asyncio
import base64
import contextlib
import json

import aiomqtt
import httpx

RODS = {"first_switch": ("ripe", "second"), "second_switch": ("half_ripe", "third"), "third_switch": ("raw", "fourth")}


def decoded(text):
    return base64.b64decode(text)


async def send(client, rod):
    await client.publish("aa", json.dumps({"rod_control": rod}))


async def load(client):
    await send(client, "first_push")
    await asyncio.sleep(0.8)
    await send(client, "first_pull")


@contextlib.asynccontextmanager
async def arrivals(client):
    """Its messages; aiomqtt until 1.2, which paho-mqtt 1.6 needs, opens and closes them."""
    if callable(client.messages):
        async with client.messages() as messages:
            yield messages
    else:
        yield client.messages


NAME = {"identifier" if "identifier" in aiomqtt.Client.__init__.__code__.co_varnames else "client_id": "FS_Ctl"}


async def main():
    broker = aiomqtt.Client("127.0.0.1", 21883, **NAME)
    async with broker as client, arrivals(client) as messages, httpx.AsyncClient() as service:
        await control(client, messages, service)


async def control(client, messages, service):
    await client.subscribe("bb")
    await client.publish("aa", '{"conveyor":"run"}')
    await asyncio.sleep(2)
    loading = asyncio.create_task(load(client))
    label = None
    async for message in messages:
        key, value = next(iter(json.loads(message.payload).items()))
        if key == "image":
            picture = await asyncio.to_thread(decoded, value)
            answer = await service.post("http://127.0.0.1:8088/aisim_tf_pre", content=picture)
            results = answer.json()["results"]
            label = results[0]["label"] if results else None
        elif value is False:
            wanted, rod = RODS[key]
            if label == wanted:
                await send(client, f"{rod}_push")
                await asyncio.sleep(0.6)
                await send(client, f"{rod}_pull")
            if label == wanted or key == "third_switch":
                label = None
                await loading
                loading = asyncio.create_task(load(client))


asyncio.run(main())
