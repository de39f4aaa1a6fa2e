"""The program under test, on a port and with a database of its own."""

import os
import socket
import subprocess
import tempfile
import threading
from contextlib import contextmanager


@contextmanager
def running(path):
    """Gives the origin of a server that runs as long as the block does."""
    with tempfile.TemporaryDirectory() as folder:
        address = f"127.0.0.1:{free_port()}"
        settings = {
            "DATABASE_URL": f"sqlite://{folder}/test.db",
            "LEPTOS_SITE_ADDR": address,
            "MULTI_SESSION_RATE_LIMIT": "off",
            "NO_COLOR": "1",
            # Nobody listens there: mails wait.
            "MULTI_SESSION_SMTP_URL": "smtp://127.0.0.1:1",
            "MULTI_SESSION_MAIL_FROM": "no-reply@example.org",
        }
        server = subprocess.Popen(
            [path], cwd=folder, env=os.environ | settings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        try:
            wait_until_it_serves(server)
            yield f"http://{address}"
        finally:
            server.terminate()
            if server.wait() != 0:
                raise SystemExit(f"the server ended with {server.returncode}")


def wait_until_it_serves(server):
    log = []
    for line in server.stderr:
        log.append(line)
        if "serving" in line:
            # The pipe must be read on, or the server would wait for room in it.
            threading.Thread(target=server.stderr.read, daemon=True).start()
            return
    raise SystemExit(f"the server did not start:\n{''.join(log)}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
