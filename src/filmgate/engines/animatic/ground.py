"""The moving ground of a shot: which place is painted for a look, and what stands and falls in it."""

import numpy as np

from filmgate.engines.animatic.brush import soften
from filmgate.engines.animatic.easel import Easel
from filmgate.engines.animatic.interiors import paint_room, paint_stage
from filmgate.engines.animatic.layers import Effect, Layer, Scene, Sway, merged
from filmgate.engines.animatic.palette import colours_of, mix
from filmgate.engines.animatic.prompt import Look
from filmgate.engines.animatic.sky import paint_sky, paint_space
from filmgate.engines.animatic.staging import bird_flock, stage_subjects
from filmgate.engines.animatic.streets import paint_skyline, paint_street
from filmgate.engines.animatic.terrain import paint_dunes, paint_grass, paint_hills, paint_meadow, paint_mountains
from filmgate.engines.animatic.water import paint_shore_rocks, paint_valley_river, paint_water
from filmgate.engines.animatic.weather import dust, weather_effects
from filmgate.engines.animatic.woods import paint_branches, paint_canopy, paint_trees
from filmgate.video import Size

_OUTDOOR_WEATHER = {"rain", "snow", "fog", "storm", "wind", "leaves", "clouds", "stars"}
_OUTDOOR_SUBJECTS = {"tree", "house", "kite", "balloon", "birds", "moon", "dog", "bicycle", "train"}


def paint_ground(look: Look, size: Size, rng: np.random.Generator, seconds: float) -> Scene:
    """The scene for a look.

    Args:
        size: of the pictures it is composed for.
        seconds: how long the shot lasts.
    """
    palette = colours_of(look)
    place = _place(look)
    easel = Easel(size, palette, rng, _horizon(place, look))
    layers = _layers(easel, look, place)
    effects: list[Effect] = []
    if place == "stage" or place == "room":
        effects.append(dust(size, palette, rng))
    if "birds" in look.subjects and place != "room":
        effects.append(bird_flock(easel))
    if place not in ("room", "space"):
        effects += weather_effects(look, palette, size, rng, seconds)
    focus = (0.5, min(max(easel.horizon_share + 0.04, 0.3), 0.62))
    return Scene(size=size, layers=tuple(layers), effects=tuple(effects), focus=focus)


def _place(look: Look) -> str:
    """What the ground is: the place that the words name, or one that fits what they name instead."""
    places = look.places
    for place in ("space", "room"):
        if places[:1] == (place,):
            return place
    for place in ("sea", "lake", "city", "desert", "river", "forest", "mountain", "field"):
        if place in places and not (place == "river" and "city" in places):
            return place
    if {"boat", "lighthouse", "fish"} & set(look.subjects):
        return "sea"
    if "paper_boat" in look.subjects:
        return "lake"
    if "car" in look.subjects or ("rain" in look.weather and {"girl", "person"} & set(look.subjects)):
        return "city"
    if _OUTDOOR_WEATHER & set(look.weather) or _OUTDOOR_SUBJECTS & set(look.subjects) or not look.subjects:
        return "field" if look.subjects or look.weather else "mountain"
    return "stage"


def _horizon(place: str, look: Look) -> float:
    if look.from_above and place not in ("room", "stage", "space"):
        return 0.2
    return {
        "city": 0.5,
        "sea": 0.5,
        "lake": 0.46,
        "desert": 0.52,
        "river": 0.46,
        "stage": 0.64,
        "forest": 0.66,
        "mountain": 0.62,
    }.get(place, 0.56)


def _layers(easel: Easel, look: Look, place: str) -> list[Layer]:
    if place == "space":
        return paint_space(easel) + stage_subjects(easel, look)
    if place == "room":
        return paint_room(easel) + stage_subjects(easel, look)
    if place == "stage":
        return paint_stage(easel) + stage_subjects(easel, look)
    backdrop = _backdrop(easel, look, place)
    sky = paint_sky(easel, look)
    if place == "city":
        street = paint_street(easel, look)
        # Sky, towers and the far end of the street keep to one vanishing point: they grow as one.
        return [merged([*sky, *backdrop, *street.far], 0.4), *street.near, *stage_subjects(easel, look)]
    layers = [merged([*sky, *backdrop[:1]], 0.08), *backdrop[1:]]
    if "fog" in look.weather:
        layers += _fog(easel, easel.horizon - 0.02 * easel.unit, 0.3)
    layers += _land(easel, look, place)
    layers += stage_subjects(easel, look)
    if "fog" in look.weather:
        layers += _fog(easel, easel.horizon + 0.1 * easel.unit, 0.75)
    return layers + _foreground(easel, look, place)


def _backdrop(easel: Easel, look: Look, place: str) -> list[Layer]:
    """What stands along the horizon."""
    snowy = "snow" in look.weather or look.season == "winter" or place == "mountain"
    if place == "city":
        return paint_skyline(easel)
    if "city" in look.places:
        return paint_skyline(easel, 0.22)
    if "mountain" in look.places or place == "mountain":
        return paint_mountains(easel, 0.3 if not look.from_above else 0.12, snowy=snowy)
    if place == "sea":
        return []
    if place == "forest" and not look.from_above:
        return paint_trees(easel, 0.66, 0.26, 0.14) + paint_trees(easel, 0.3, 0.46, 0.3, 0.06)
    if place in ("river", "lake") and "forest" in look.places and not look.from_above:
        return paint_trees(easel, 0.6, 0.15, 0.18) + paint_trees(easel, 0.4, 0.2, 0.26, 0.16)
    if place == "desert":
        return paint_mountains(easel, 0.09)
    return paint_hills(easel, 0.66, 0.13, 0.14) + paint_hills(easel, 0.45, 0.07, 0.22)


def _land(easel: Easel, look: Look, place: str) -> list[Layer]:
    """What lies between the horizon and the camera."""
    wooded = "forest" in look.places
    if look.from_above and (wooded or place in ("river", "mountain")):
        return paint_canopy(easel, river="river" in look.places)
    if place == "sea":
        rocks = [] if look.from_above else paint_shore_rocks(easel)
        water = paint_water(easel, calm=False)
        return [*water[:-1], *rocks, *water[-1:]]
    if place == "lake":
        return paint_water(easel, calm=True)
    if place == "desert":
        return paint_dunes(easel)
    if place == "river":
        return paint_valley_river(easel, look)
    return paint_meadow(easel, look)


def _foreground(easel: Easel, look: Look, place: str) -> list[Layer]:
    """What frames the shot from very near."""
    if look.from_above or look.close:
        return []
    if place == "forest" or "forest" in look.places:
        return paint_branches(easel)
    if place in ("field", "river") and look.season != "winter" and "snow" not in look.weather:
        return paint_grass(easel)
    return []


def _fog(easel: Easel, row: float, depth: float) -> list[Layer]:
    """One bank of fog that drifts."""
    sheet = easel.sheet()
    tone = mix(easel.palette.haze, easel.palette.sky[2], 0.5)
    high = 0.12 * easel.unit
    rows = np.arange(easel.height, dtype=np.float32)
    band = np.maximum(np.exp(-(((rows - row) / high) ** 2)) - 0.06, 0.0) * 0.82
    columns = 0.72 + 0.28 * np.sin(np.linspace(0, 9.0, easel.width) + float(easel.rng.uniform(0, 6.28)))
    alpha = (band[:, None] * columns[None, :]).astype(np.float32)
    sheet[..., 3] = alpha * 255.0
    for channel in range(3):
        sheet[..., channel] = alpha * np.float32(tone[channel])
    drift = Sway(drift_x=0.012 * easel.frame[0] * (1 if depth < 0.5 else -1))
    return easel.layer(soften(sheet, 4.0), depth, drift)
