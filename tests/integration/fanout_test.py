"""A thousand subscribers on one topic: each hears each message once, in order."""

import asyncio
import json

import websockets

SUBSCRIBERS = 1000
MESSAGES = 20


async def subscriber(url, ready, everybody):
    async with websockets.connect(url, subprotocols=["nip.v4.json"], open_timeout=60, compression=None,
                                  ping_interval=None) as stream:
        await stream.send(json.dumps({"op": "subscribe", "topic": "news.>"}))
        assert json.loads(await stream.recv())["op"] == "subscribed"
        ready.release()
        seen = []
        while len(seen) < MESSAGES:
            frame = json.loads(await stream.recv())
            assert frame["op"] == "event", frame
            seen += [item["message"]["data"] for item in frame["items"]]
        return seen


async def run(nipd):
    url = f"ws://127.0.0.1:{nipd.port}/v4/stream"
    ready = asyncio.Semaphore(0)
    tasks = []
    for start in range(0, SUBSCRIBERS, 100):
        tasks += [asyncio.create_task(subscriber(url, ready, None)) for _ in range(100)]
        for _ in range(100):
            await ready.acquire()
    for n in range(MESSAGES):
        await asyncio.to_thread(nipd.send, {"type": "news", "data": n, "metadata": {"topic": "news.sport.today"}})
    return await asyncio.gather(*tasks)


def test_a_thousand_subscribers_hear_everything_in_order(nipd):
    import resource
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    for seen in asyncio.run(run(nipd)):
        assert seen == list(range(MESSAGES))
