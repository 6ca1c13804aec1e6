"""The demo's parts; the demo as a whole is what ``make demo`` runs."""

import json
import shlex
import wave
from pathlib import Path

import av
import numpy as np
from PIL import Image

from filmgate.catalogue.choose import plan
from filmgate.catalogue.load import load_catalogue
from filmgate.cli.contact_sheet import draw_contact_sheet
from filmgate.cli.demo_inputs import make_inputs
from filmgate.cli.demo_orders import curl_lines, demo_orders
from filmgate.dialects import build_dialects


def test_every_order_of_the_demo_can_be_accepted() -> None:
    dialects, catalogue = build_dialects(), load_catalogue()
    for dialect, order in zip(("jimmy", "ink", "senseaudio"), demo_orders("https://pictures.example"), strict=True):
        request = dialects.named(dialect).read_create(json.dumps(order.body).encode())
        assert plan(catalogue, request, dialect).quote.price_micros > 0


def test_the_curl_lines_carry_the_same_orders(tmp_path: Path) -> None:
    words = shlex.split(curl_lines("fg_live_x", tmp_path), comments=True)
    bodies = [json.loads(words[number + 1]) for number, word in enumerate(words) if word == "-d"]
    assert bodies == [order.body for order in demo_orders("http://127.0.0.1:8899")]


def test_the_pictures_and_the_sound_are_what_the_orders_need(tmp_path: Path) -> None:
    folder = make_inputs(tmp_path / "inputs")
    for name in ("valley-dawn", "valley-day", "station-dusk", "station-night"):
        with Image.open(folder / f"{name}.png") as picture:
            assert picture.size == (1280, 720)
    with wave.open(str(folder / "train.wav")) as sound:
        assert sound.getnframes() / sound.getframerate() == 6
        assert np.frombuffer(sound.readframes(10**6), "<i2").astype(np.int32).std() > 500


def test_a_contact_sheet_shows_a_film_from_first_to_last(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    with av.open(str(film), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for shade in np.linspace(20, 230, 24):
            pixels = np.full((180, 320, 3), shade, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    draw_contact_sheet([("Test", "浮空 a film that brightens", film)], tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as picture:
        sheet = np.asarray(picture.convert("L")).astype(int)
    row = sheet[-100]
    cells = [row[16 + number * 400 + 190] for number in range(5)]
    assert cells == sorted(cells)
    assert cells[-1] - cells[0] > 150
