"""The fastest place: finished assets in this process, the least recently used dropped first."""

from collections import OrderedDict

from engine.store.record import StoredAsset


class MemoryPlace:
    """Keeps at most `limit_bytes` of payloads. Belongs to one thread."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._assets: OrderedDict[str, StoredAsset] = OrderedDict()
        self.held_bytes = 0

    def read(self, asset_id: str) -> StoredAsset | None:
        """The asset, which becomes the last to be dropped; None if it is not there."""
        asset = self._assets.get(asset_id)
        if asset is not None:
            self._assets.move_to_end(asset_id)
        return asset

    def write(self, asset: StoredAsset) -> bool:
        """Keep the asset and drop others where it needs room; False if it is larger than the bound."""
        if asset.size_bytes > self._limit_bytes:
            return False
        self._drop(asset.asset_id)
        self._assets[asset.asset_id] = asset
        self.held_bytes += asset.size_bytes
        while self.held_bytes > self._limit_bytes:
            self._drop(next(iter(self._assets)))
        return True

    def clear(self) -> None:
        """Drop everything."""
        self._assets.clear()
        self.held_bytes = 0

    def _drop(self, asset_id: str) -> None:
        asset = self._assets.pop(asset_id, None)
        if asset is not None:
            self.held_bytes -= asset.size_bytes
