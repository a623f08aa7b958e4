"""The WSDL of what is served: ours, from which a SOAP client builds itself. It describes and decides nothing."""

from functools import cache
from importlib.resources import files
from xml.sax.saxutils import escape

PLACE = "{{SERVICE}}"


@cache
def _template() -> str:
    return files(__package__).joinpath("etframework.wsdl").read_text("utf-8")


def description(address: str) -> str:
    """The WSDL, with the address at which the service is reached."""
    return _template().replace(PLACE, escape(address))
