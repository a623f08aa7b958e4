"""Zuora's API edge: a file for each family of the API. Each parses, asks the service, and answers; none decides."""

from aiohttp import web

from simulator.zuora.routes import async_requests, notifications, oauth
from simulator.zuora.service import ZuoraService


def add_routes(app: web.Application, service: ZuoraService) -> None:
    """Mount the whole surface; the special paths come before the generic one."""
    for family in (oauth, notifications, async_requests):
        family.add_routes(app, service)
