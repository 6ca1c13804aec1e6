"""Gate, slate, timecode and captions over the frames of a film."""

from filmgate.engines.animatic.board import Storyboard, Title
from filmgate.engines.animatic.brush import Sheet
from filmgate.engines.animatic.camera import ease
from filmgate.engines.animatic.plan import FilmPlan
from filmgate.engines.animatic.slate import Overlay, Timecode, caption, gate, lay

_FADE_FRAMES = 9


class Titling:
    """Lays gate, slate, timecode and captions over the pictures."""

    def __init__(self, board: Storyboard, plan: FilmPlan) -> None:
        self._board = board
        self._size = plan.size
        self._last_frame = plan.frame_count - 1
        self._timecode = Timecode(plan.size)
        self._gates: dict[int, list[Overlay]] = {}
        self._captions: dict[int, Overlay | None] = {}

    def draw(self, frame: int, screen: Sheet) -> None:
        """Draw over one frame, RGBA of the film's size."""
        strength = self._slate_strength(frame)
        if strength > 0.0:
            for overlay in self._gate_at(frame):
                lay(overlay, screen, strength)
            self._timecode.lay(screen, frame, strength)
        for index, title in enumerate(self._board.titles):
            if title.start <= frame < title.end:
                self._lay_caption(index, title, frame, screen)

    def _lay_caption(self, index: int, title: Title, frame: int, screen: Sheet) -> None:
        if index not in self._captions:
            self._captions = {index: caption(title.beat, self._size, title.accent)}
        words = self._captions[index]
        delay = 8 if title.start == 0 and self._board.bare_start else 2
        strength = min(
            ease((frame - title.start - delay) / _FADE_FRAMES),
            ease((title.end - 1 - frame) / _FADE_FRAMES),
        )
        if words is not None:
            lay(words, screen, strength)

    def _gate_at(self, frame: int) -> list[Overlay]:
        cuts = self._board.cuts
        index = next(index for index, cut in enumerate(cuts) if frame < cut.end or index == len(cuts) - 1)
        if index not in self._gates:
            cut = cuts[index]
            self._gates = {index: gate(self._size, index + 1, len(cuts), cut.move, cut.accent)}
        return self._gates[index]

    def _slate_strength(self, frame: int) -> float:
        """Full, but for exact first and last frames, which it leaves bare."""
        coming = ease((frame - 4) / _FADE_FRAMES) if self._board.bare_start else 1.0
        going = ease((self._last_frame - frame - 2) / _FADE_FRAMES) if self._board.bare_end else 1.0
        return min(coming, going)
