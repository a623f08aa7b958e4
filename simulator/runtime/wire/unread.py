"""Whether a receiver that closed had read what was sent: the one question that tells a stale connection from a failure."""

import socket
import sys
from collections.abc import Callable


def unread(connected: socket.socket) -> bool:
    """Whether the receiver, that has just closed, had done so before the last bytes reached it.

    It had where its system refused them (an error is pending) or has not acknowledged them (Linux tells how many).
    """
    try:
        if connected.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return True
        return _unacknowledged is not None and _unacknowledged(connected) > 0
    except OSError:
        return False


def _linux() -> Callable[[socket.socket], int] | None:
    if sys.platform != "linux":
        return None
    from fcntl import ioctl
    from termios import TIOCOUTQ

    return lambda connected: int.from_bytes(ioctl(connected, TIOCOUTQ, bytes(4)), sys.byteorder)


_unacknowledged = _linux()
