"""What both programs share: the environment, and HTTP with a thread per connection."""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).with_name(".deps")))  # where `build` installs to

# TODO(kafka-producer-consumer.9): SIGTERM: finish what is in hand, commit offsets, leave the group, exit 0.


def env(name):
    return os.environ[name]


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


def serve(routes):
    """Answers in the background. A route takes the request (headers, body) and gives status and body."""

    class Exchange(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def answer(self):
            self.body = self.rfile.read(int(self.headers.get("content-length") or 0))
            route = routes.get((self.command, self.path))
            try:
                status, body = route(self) if route else (404, {"error": "there is nothing here"})
            except Exception as why:
                print(f"{self.command} {self.path}: {why!r}", file=sys.stderr, flush=True)
                status, body = 500, {"error": "it went wrong here"}
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = answer

        def log_message(self, *_):
            pass

    server = Server((os.environ.get("HOST", "127.0.0.1"), int(env("PORT"))), Exchange)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    return thread
