"""One web application for all tests of a process: to make one takes half a second, and thousands of tests want it.

Everything that the application asks for goes through its services, so that each test can put its own in place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from streams.web.app import create_app

if TYPE_CHECKING:
    from litestar import Litestar

    from streams.web.services import Services

__all__ = ["shared_app"]


class _InPlace:
    """Stands for the services of the test that runs, and for what they check callers with."""

    def __init__(self, services: Services) -> None:
        self.now = services
        self.authenticator = _AuthenticatorInPlace(self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.now, name)


class _AuthenticatorInPlace:
    def __init__(self, place: _InPlace) -> None:
        self._place = place

    async def __call__(self, request: Any) -> None:
        await self._place.now.authenticator(request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._place.now.authenticator, name)


#: Applications, by what of the settings they are made with.
_made: dict[tuple[object, ...], tuple[Litestar, _InPlace]] = {}


def shared_app(services: Services) -> Litestar:
    """Return the application of this process over other services; whoever had it before must be done with it."""
    made_with = services.settings.max_upload_bytes, services.settings.topic_prefix
    if made_with not in _made:
        place = _InPlace(services)
        _made[made_with] = create_app(cast("Services", place)), place
    app, place = _made[made_with]
    place.now = services
    return app
