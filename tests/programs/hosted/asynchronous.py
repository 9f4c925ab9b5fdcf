"""A controller on asyncio: aiomqtt, a service asked with httpx, blocking work in a thread."""

import asyncio
import base64
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


async def main():
    async with aiomqtt.Client("127.0.0.1", 21883, identifier="FS_Ctl") as client, httpx.AsyncClient() as service:
        await client.subscribe("bb")
        await client.publish("aa", '{"conveyor":"run"}')
        await asyncio.sleep(2)
        loading = asyncio.create_task(load(client))
        label = None
        async for message in client.messages:
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
