"""Tiles of the map: geohashes, which name a rectangle of degrees by a short word."""

from uma.kernel.geo import MAX_LATITUDE, MAX_LONGITUDE, Point

_SIGNS = "0123456789bcdefghjkmnpqrstuvwxyz"
_BITS_PER_SIGN = 5
# Five signs: about 4.9 km by 4.9 km at the equator, narrower to the poles.
TILE_SIGNS = 5


def geohash(place: Point, *, signs: int = TILE_SIGNS) -> str:
    """Return the geohash of the tile that holds a place."""
    west, east, south, north = -MAX_LONGITUDE, MAX_LONGITUDE, -MAX_LATITUDE, MAX_LATITUDE
    word, value = "", 0
    for bit in range(signs * _BITS_PER_SIGN):
        # Halve by turns, the width first; a place on a border lies to the east and the north.
        if bit % 2 == 0:
            middle = (west + east) / 2
            upper = place.longitude >= middle
            west, east = (middle, east) if upper else (west, middle)
        else:
            middle = (south + north) / 2
            upper = place.latitude >= middle
            south, north = (middle, north) if upper else (south, middle)
        value = value * 2 + upper
        if bit % _BITS_PER_SIGN == _BITS_PER_SIGN - 1:
            word, value = word + _SIGNS[value], 0
    return word
