"""The store of a server for writing, in a thread of its own: batches and tokens, one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from backend.record import Added, Decoded, Rejected
from backend.sources.sqlite.token_writing import TokenStore
from backend.sources.sqlite.writing import Store
from backend.tokens import Token

T = TypeVar("T")


class Writer:
    """Make it with `Writer.open`; close it when the last request was answered."""

    def __init__(self, path: Path, now_ms: Callable[[], int]) -> None:
        self._path = path
        self._now_ms = now_ms
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-writer")
        self._store: Store
        self._tokens: TokenStore

    @classmethod
    async def open(cls, path: Path, now_ms: Callable[[], int], *, create: bool = False) -> Writer:
        """create: make the store where there is none.

        Raises: NoSuchSource, SchemaMismatch, CannotWrite, SourceUnavailable.
        """
        writer = cls(path, now_ms)
        try:
            await writer._do(lambda: writer._open(create))
        except BaseException:
            writer._thread.shutdown(wait=False)
            raise
        return writer

    def _open(self, create: bool) -> None:
        self._tokens = TokenStore(self._path, create=create)
        try:
            self._store = Store(self._path, now_ms=self._now_ms)
        except BaseException:
            self._tokens.close()
            raise

    async def add(
        self,
        pieces: Sequence[Decoded],
        rejected: Sequence[Rejected],
        *,
        format: str,
        account: str,
        product: str,
    ) -> Added:
        """As `Store.add`: durable when this returns. Cancelling does not undo it."""
        return await self._do(
            lambda: self._store.add(pieces, rejected, format=format, account=account, product=product)
        )

    async def all(self) -> Sequence[Token]:
        return await self._do(lambda: self._tokens.all())

    async def used(self, token_id: int, now_ms: int) -> None:
        await self._do(lambda: self._tokens.used(token_id, now_ms))

    async def seen(self, proof: bytes, body: bytes, now_ms: int) -> bool:
        return await self._do(lambda: self._tokens.seen(proof, body, now_ms))

    async def close(self) -> None:
        """Waits for what is being written."""
        await self._do(self._close)
        self._thread.shutdown(wait=True)

    def _close(self) -> None:
        self._store.close()
        self._tokens.close()

    async def _do(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
