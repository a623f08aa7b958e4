"""A real receiver of callouts, scripted: the demo, scenarios and users' own tests let the simulator talk to it.

It knows nothing of the simulator, and the simulator nothing of it: between them is a socket.
"""

from simulator.receiver.answer import Answer, AnswerError, Ending, Point
from simulator.receiver.book import NotReceived
from simulator.receiver.received import Deed, Received
from simulator.receiver.server import Receiver
from simulator.receiver.threaded import ThreadedReceiver

__all__ = [
    "Answer",
    "AnswerError",
    "Deed",
    "Ending",
    "NotReceived",
    "Point",
    "Received",
    "Receiver",
    "ThreadedReceiver",
]
