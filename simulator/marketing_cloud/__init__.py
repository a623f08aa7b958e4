"""The second dialect: asynchronous SOAP calls and the callbacks that tell how they ended.

All that is true of Marketing Cloud, and only here. Source: "Callback Handling for Asynchronous Calls" (seed 001); what it
leaves open is taken from the pages that it belongs to, from the public WSDL, and from what two clients put on the wire.
"""
