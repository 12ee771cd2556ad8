"""An HTTP server inside the test that a webhook plugin delivers to."""

import http.server
import json
import threading


class Webhook:
    """Records every delivery. `answer(body) -> (status, headers, bytes)` may be replaced at any time."""

    def __init__(self):
        self.deliveries = []
        self.headers = []
        self.lock = threading.Lock()
        self.answer = lambda body: (200, {}, b"")
        webhook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, headers, answer = webhook.take(json.loads(body), dict(self.headers))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def take(self, body, headers):
        answer = self.answer(body)
        if answer[0] < 300:
            with self.lock:
                self.deliveries.append(body)
                self.headers.append(headers)
        return answer

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    @property
    def ids(self):
        with self.lock:
            return [delivery["id"] for delivery in self.deliveries]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
