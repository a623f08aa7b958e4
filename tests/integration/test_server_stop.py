"""What a client keeps open does not outlive the server: nothing of it is left to the garbage collector."""

import gc
import ssl
from http.client import HTTPSConnection

from simulator import Simulator


def test_a_connection_that_is_kept_open_over_tls_ends_with_the_server() -> None:
    """A client that never says goodbye leaves no open socket behind: a warning here would fail this test."""
    with Simulator.threaded(tls=True) as zuora:
        trust = ssl.create_default_context(cadata=zuora.ca_pem)
        connection = HTTPSConnection(zuora.url.partition("://")[2], context=trust)
        connection.request("GET", "/_simulator/health")
        assert connection.getresponse().read()
    connection.close()
    gc.collect()
