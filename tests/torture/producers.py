"""Clients that never give up: what was not acknowledged goes again under the same id, what was is on disk first."""

import http.client
import json
import os
import threading

from patience import pause
from stream import Closed, Refused, Stream

HTTP_TIMEOUT_S = 20
RETRY_S = 0.03  # of a client that finds nobody there
GONE = (OSError, http.client.HTTPException, Closed, Refused, ValueError)


class Oracle:
    """The acknowledgements of one producer. One counts only when it is in a file that is synced."""

    def __init__(self, path):
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.path = path
        self.counted = 0

    def acknowledge(self, ids, seqs, level):
        os.write(self.file, "".join(f"{i} {s} {level}\n" for i, s in zip(ids, seqs)).encode())
        os.fdatasync(self.file)
        self.counted += len(ids)

    def close(self):
        os.close(self.file)

    def entries(self):
        """(message id, seq, level) of each."""
        for line in self.path.read_text().splitlines():
            message, seq, level = line.split(" ")
            yield message, int(seq), level


class Producer(threading.Thread):
    """Sends bursts of messages of its own until told to stop; the burst at hand is finished first."""

    def __init__(self, nipd, name, level, folder, burst=1):
        super().__init__(daemon=True, name=name)
        self.nipd, self.level, self.burst = nipd, level, burst
        self.oracle = Oracle(folder / f"{name}.oracle")
        self.stopping = threading.Event()
        self.repeats = 0
        self.failure = None

    def run(self):
        sent = 0
        try:
            while not self.stopping.is_set():
                ids = [f"{self.name}-{sent + n}" for n in range(self.burst)]
                sent += self.burst
                self.deliver(ids)
        except Exception as wrong:  # told by finish()
            self.failure = wrong

    def deliver(self, ids):
        while ids:
            try:
                ids = self.attempt(ids)
            except GONE:
                self.leave()
                self.repeats += 1
                pause(RETRY_S)

    def finish(self, within_s):
        self.stopping.set()
        self.join(within_s)
        self.leave()
        self.oracle.close()
        assert not self.is_alive(), f"{self.name} waits for an acknowledgement"
        if self.failure:
            raise self.failure

    @staticmethod
    def envelope(message):
        return {"id": message, "type": "torture", "data": {"n": message}}


class HttpProducer(Producer):
    connection = None

    def attempt(self, ids):
        """Sends each; those that are still to be sent."""
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.nipd.port, timeout=HTTP_TIMEOUT_S)
        for done, message in enumerate(ids):
            self.connection.request("POST", "/v4/messages", json.dumps(self.envelope(message)),
                                    {"Content-Type": "application/json", "Prefer": f"ack={self.level}"})
            answer = self.connection.getresponse()
            body = json.loads(answer.read())
            if answer.status != 202:
                return ids[done:]
            assert body["id"] == message, body
            self.oracle.acknowledge([message], [body["seq"]], body["ack"])
        return []

    def leave(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class StreamProducer(Producer):
    stream = None

    def attempt(self, ids):
        """Sends all at once; those that were refused."""
        if self.stream is None:
            self.stream, self.base = Stream(self.nipd, query=f"?ack={self.level}"), 0
        for message in ids:
            self.stream.send(self.envelope(message))
        left, answered = [], 0
        while answered < len(ids):
            frame = self.stream.receive()
            if frame["op"] == "accepted":
                numbers = range(frame["from"] - self.base - 1, frame["to"] - self.base)
                self.oracle.acknowledge([ids[n] for n in numbers],
                                        [frame["seq"] + n for n in range(len(numbers))], frame["ack"])
                answered += len(numbers)
            elif frame["op"] == "refused":
                left.append(ids[frame["n"] - self.base - 1])
                answered += 1
        self.base += len(ids)
        return left

    def leave(self):
        if self.stream is not None:
            self.stream.socket.close()
        self.stream = None


class Subscriber(threading.Thread):
    """Listens to everything, over and over; what it saw, as (message id, seq)."""

    def __init__(self, nipd, name):
        super().__init__(daemon=True, name=name)
        self.nipd = nipd
        self.stopping = threading.Event()
        self.seen = []
        self.stream = None

    def run(self):
        while not self.stopping.is_set():
            try:
                with Stream(self.nipd) as self.stream:
                    self.stream.subscribe(filter="true")
                    while True:
                        self.seen += [(item["message"]["id"], item["seq"]) for item in self.stream.events(1)]
            except GONE:
                pause(RETRY_S)

    def finish(self, within_s):
        self.stopping.set()
        if self.stream is not None:
            self.stream.socket.close()
        self.join(within_s)
