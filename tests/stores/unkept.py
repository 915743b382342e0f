"""Connections that outlive no request, for tests with an event loop here and another there."""

from __future__ import annotations

from vending.connections import Answer, Connections, Target


class Unkept(Connections):
    """Closes what it opened after each request."""

    async def post(self, target: Target, content: bytes) -> Answer:
        """Send a request, read the answer, hang up."""
        try:
            return await super().post(target, content)
        finally:
            await self.close()
