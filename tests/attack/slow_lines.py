"""Lines to a server that bring no request, and waiting until it lets them go."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

#: A busy machine takes its time.
_PATIENCE_S = 600


def is_closed(line: socket.socket) -> bool:
    line.setblocking(False)
    try:
        while line.recv(65_536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


@contextlib.contextmanager
def dripping_lines(port: int) -> Iterator[list[socket.socket]]:
    """Lines that send a byte a second and never bring a request, while the other tests go on."""
    lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(120)]
    parts = (b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"", b"POST /r/vote HTTP/1.1\r\nHost: localhost\r\nX: ")
    for number, line in enumerate(lines):
        line.sendall(parts[number % 3])
    # An answer does not buy a second wait, and what has been answered is let go as well.
    for line in lines[:30]:
        line.sendall(b"\r\nPOST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n")
    is_over = threading.Event()

    def drip() -> None:
        while not is_over.wait(1):
            for line in lines:
                line.setblocking(False)
                with contextlib.suppress(OSError):
                    line.send(b"a")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield lines
    finally:
        is_over.set()
        thread.join()
        for line in lines:
            line.close()


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until something holds, as long as a busy machine may take.

    Raises
    ------
    AssertionError
        It never held.
    """
    limit = time.monotonic() + _PATIENCE_S
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.2)
