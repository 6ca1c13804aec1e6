"""The list of silhouettes: the things that prompts name most. Each name is a key of ``vocabulary.SUBJECTS``."""

from collections.abc import Callable

from filmgate.engines.animatic.animals import draw_cat, draw_dog, draw_fish
from filmgate.engines.animatic.figures import draw_girl, draw_person, draw_umbrella
from filmgate.engines.animatic.pen import Pen
from filmgate.engines.animatic.things import (
    draw_flower,
    draw_house,
    draw_kite,
    draw_lantern,
    draw_lighthouse,
    draw_tree,
)  # fmt: skip
from filmgate.engines.animatic.vehicles import (
    draw_balloon,
    draw_bicycle,
    draw_boat,
    draw_car,
    draw_paper_boat,
    draw_train,
)  # fmt: skip

DRAWINGS: dict[str, Callable[[Pen], None]] = {
    "girl": draw_girl,
    "person": draw_person,
    "cat": draw_cat,
    "dog": draw_dog,
    "paper_boat": draw_paper_boat,
    "boat": draw_boat,
    "lighthouse": draw_lighthouse,
    "car": draw_car,
    "train": draw_train,
    "tree": draw_tree,
    "flower": draw_flower,
    "house": draw_house,
    "kite": draw_kite,
    "lantern": draw_lantern,
    "balloon": draw_balloon,
    "bicycle": draw_bicycle,
    "umbrella": draw_umbrella,
    "fish": draw_fish,
}
