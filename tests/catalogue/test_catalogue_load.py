"""Every shipped file loads, an operator's file changes what it names, and a wrong file is refused by name and key."""

from pathlib import Path

import pytest

from filmgate.catalogue.load import SHIPPED_FOLDER, Catalogue, load_catalogue
from filmgate.catalogue.model import Offer
from filmgate.errors import SetupError

DIALECTS = {"jimmy", "senseaudio", "ink", "ark"}

NEW_MODEL = """
[[model]]
id = "my-model"
display_name = "Mine"
owned_by = "me"
created = 1
duration = { choices = [2, 3], default = 3 }
resolution = { choices = ["720p"], default = "720p" }
ratio = { choices = ["16:9"], default = "16:9" }
modes = ["text"]
price = { mode = "per_task", rates = [{ credits = { any = 0.1 } }] }
"""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def found(catalogue: Catalogue, model: str, dialect: str = "jimmy") -> Offer:
    offer = catalogue.find(model, dialect)
    assert offer is not None, model
    return offer


def test_every_shipped_model_has_real_dialects_and_routes(catalogue: Catalogue) -> None:
    assert len(catalogue.offers()) > 50
    for offer in catalogue.offers():
        assert set(offer.listed_in) <= DIALECTS
        # Whoever is set up makes it; a shipped model prescribes nobody.
        assert offer.routes == ()
        assert offer.durations
        assert offer.resolutions
        assert offer.ratios
        assert offer.price_rows()


def test_every_model_that_takes_links_of_a_kind_says_which_and_where_assets_lie(catalogue: Catalogue) -> None:
    for offer in catalogue.offers():
        for kind in ("image", "video", "audio"):
            assert offer.schemes_of(kind)
            assert offer.library is not None or "asset" not in offer.schemes_of(kind)


def test_each_vendor_lists_what_it_lists(catalogue: Catalogue) -> None:
    assert [offer.id for offer in catalogue.sold_in("senseaudio")] == ["doubao-seedance-2-0-260128"]
    assert {offer.id for offer in catalogue.sold_in("ink")} == {"seedance-2.0", "seedance-2.0-fast", "seedance-1.5-pro"}
    jimmy = {offer.id for offer in catalogue.sold_in("jimmy")}
    assert {"sd2_mx_4k", "seedance2.0-of-fast-sp", "seedance2.0-mini-sp", "seedance-2.5", "sd2-933-720p"} <= jimmy
    assert "seedance-2.0" not in jimmy
    assert catalogue.sold_in("nobody") == ()


def test_senseaudio_lists_its_model_in_its_vendors_words(catalogue: Catalogue) -> None:
    (offer,) = catalogue.sold_in("senseaudio")
    assert (offer.display_name, offer.owned_by, offer.created) == ("Doubao-Seedance-2.0", "volcengine", 1769558400)
    assert offer.durations == tuple(range(4, 16))
    assert offer.resolutions == ("480p", "720p", "1080p")
    assert offer.ratios == ("16:9", "4:3", "1:1", "3:4", "9:16")
    assert offer.watermark.default is True


def test_the_same_model_has_its_own_terms_in_every_other_dialect(catalogue: Catalogue) -> None:
    for dialect in ("ark", "ink", "jimmy"):
        offer = found(catalogue, "doubao-seedance-2-0-260128", dialect)
        assert offer.resolutions == ("480p", "720p", "1080p", "4k")
        assert len(offer.ratios) == 7
        assert offer.price.mode == "per_million_tokens"
        assert offer.watermark.default is False


def test_any_model_is_found_in_any_dialect(catalogue: Catalogue) -> None:
    for offer in catalogue.offers():
        for dialect in DIALECTS:
            assert found(catalogue, offer.id, dialect).model == offer.id


@pytest.mark.parametrize(
    ("ordered", "answered", "model"),
    [
        ("seedance20933", "seedance2.0-933", "seedance2.0-933"),
        ("sd2-adb-720p", "sd2-933-720p", "sd2-933-720p"),
        ("seedance20-gz-720p", "seedance2.0-gz-720p", "seedance2.0-gz"),
        ("seedance2.0-720p", "seedance-2.0-720p", "seedance-2.0-720p"),
        ("seedance_2.5", "seedance-2.5", "seedance-2.5"),
        ("seedance2.0-mini-1080p", "seedance2.0-mini-1080p", "seedance2.0-mini"),
        ("seedance2.0-mini-480p-video", "seedance2.0-mini-480p-video", "seedance2.0-mini-video"),
        ("dreamina-seedance-2-0-fast-260128", "doubao-seedance-2-0-fast-260128", "doubao-seedance-2-0-fast-260128"),
    ],
)
def test_an_alias_is_answered_by_the_name_it_stands_for(
    catalogue: Catalogue, ordered: str, answered: str, model: str
) -> None:
    offer = found(catalogue, ordered)
    assert (offer.id, offer.model) == (answered, model)


def test_a_name_that_carries_a_resolution_changes_only_the_default(catalogue: Catalogue) -> None:
    plain, named = found(catalogue, "seedance2.0-mini"), found(catalogue, "seedance2.0-mini-1080p")
    assert (plain.resolution.default, named.resolution.default) == ("720p", "1080p")
    assert plain.resolutions == named.resolutions


def test_retired_senseaudio_names_are_served_on_their_own_terms(catalogue: Catalogue) -> None:
    pro = found(catalogue, "Seedance-Pro-1.5", "senseaudio")
    assert (pro.durations[0], pro.durations[-1], pro.resolutions) == (2, 12, ("720p", "1080p"))
    first = found(catalogue, "SenseAudio-Video-1.0", "senseaudio")
    assert (first.durations, first.image.max_count, first.modes) == ((10, 15), 1, ("text", "references"))


def test_media_limits_are_read_with_their_open_and_closed_ends(catalogue: Catalogue) -> None:
    offer = found(catalogue, "doubao-seedance-2-0-260128", "senseaudio")
    assert offer.image.side_pixels.open
    assert not offer.video.side_pixels.open
    assert (offer.video.area_pixels.min, offer.video.area_pixels.max) == (409_600, 927_408)
    assert (offer.video.max_megabytes, offer.audio.total_seconds.max) == (50, 15)
    md = found(catalogue, "seedance2.0-md")
    assert "gif" not in md.image.formats
    assert (md.video.total_megabytes, md.video.shorter_side_pixels.min, md.video.area_pixels.max) == (200, 720, None)


def test_a_model_counts_its_media(catalogue: Catalogue) -> None:
    counted = {name: found(catalogue, name).max_media for name in ("seedance-2.0", "seedance-1.5-pro", "sd2_mx_720p")}
    assert counted == {"seedance-2.0": 5, "seedance-1.5-pro": 2, "sd2_mx_720p": 12}
    assert found(catalogue, "doubao-seedance-1-0-pro-fast-251015").max_media == 1


# An operator's own files.


def load_with(folder: Path, text: str, name: str = "mine.toml") -> Catalogue:
    (folder / name).write_text(text)
    return load_catalogue(folder)


def test_a_folder_that_is_not_there_changes_nothing(tmp_path: Path, catalogue: Catalogue) -> None:
    assert len(load_catalogue(tmp_path / "none").offers()) == len(catalogue.offers())


def test_a_file_adds_a_model(tmp_path: Path) -> None:
    offer = found(load_with(tmp_path, NEW_MODEL), "my-model", "ink")
    assert offer.durations == (2, 3)


def test_a_file_replaces_a_model_of_the_same_id(tmp_path: Path, catalogue: Catalogue) -> None:
    changed = load_with(tmp_path, NEW_MODEL.replace("my-model", "seedance2.0-mini"))
    assert found(changed, "seedance2.0-mini").durations == (2, 3)
    assert changed.find("seedance2.0-mini-720p", "jimmy") is None
    assert len(changed.offers()) == len(catalogue.offers())


def test_a_model_like_itself_is_only_changed(tmp_path: Path, catalogue: Catalogue) -> None:
    text = '[[model]]\nid = "seedance2.0-mini"\nlike = "seedance2.0-mini"\nimage = { max_count = 2 }\n'
    offer = found(load_with(tmp_path, text), "seedance2.0-mini-720p")
    assert offer.image.max_count == 2
    assert offer.image.formats == found(catalogue, "seedance2.0-mini").image.formats
    assert offer.durations == tuple(range(4, 16))


def test_an_offer_is_changed_without_the_rest_of_it(tmp_path: Path) -> None:
    text = """
        [[change]]
        models = ["doubao-seedance-2-0-260128"]
        offer.senseaudio.watermark = { default = false }
    """
    offer = found(load_with(tmp_path, text), "doubao-seedance-2-0-260128", "senseaudio")
    assert offer.watermark.default is False
    assert len(offer.ratios) == 5


def test_a_change_reaches_every_model_it_fits_and_no_other(tmp_path: Path) -> None:
    text = '[[change]]\nmodels = ["sd2_mx_*"]\nduration = { min = 4, max = 12, default = 5 }\n'
    changed = load_with(tmp_path, text)
    longest = {offer.id: offer.durations[-1] for offer in changed.sold_in("jimmy")}
    assert {name for name, seconds in longest.items() if seconds == 12} == {
        name for name in longest if name.startswith("sd2_mx_")
    }


def test_a_new_price_is_a_new_price_version(tmp_path: Path, catalogue: Catalogue) -> None:
    text = """
        [[change]]
        models = ["seedance2.0-md"]
        price = { mode = "per_task", rates = [{ credits = { any = 0.75 } }] }
    """
    changed = load_with(tmp_path, text)
    assert found(changed, "seedance2.0-md").price_version != found(catalogue, "seedance2.0-md").price_version
    assert found(changed, "seedance2.0-std").price_version == found(catalogue, "seedance2.0-std").price_version


@pytest.mark.parametrize("profile", sorted((SHIPPED_FOLDER / "profiles").glob("*.toml")), ids=lambda path: path.stem)
def test_a_shipped_profile_can_be_copied_into_place(tmp_path: Path, profile: Path) -> None:
    changed = load_with(tmp_path, profile.read_text(), profile.name)
    assert found(changed, "seedance2.0-md").durations[0] == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[model", ["mine.toml"]),
        ("[[modell]]\n", ["mine.toml", "modell"]),
        ('[[model]]\nlike = "jimmy"\n', ["mine.toml", "id of a [[model]]"]),
        ('[[model]]\nid = "x"\nlike = "nobody"\n', ["model 'x'", "like 'nobody'"]),
        ('[[model]]\nid = "x"\nlike = 5\n', ["model 'x'", "like"]),
        ('[[model]]\nid = "x"\noffer = 5\n', ["model 'x'", "offer"]),
        (NEW_MODEL + 'colour = "red"\n', ["model 'my-model'", "colour"]),
        (NEW_MODEL.replace("default = 3", 'default = "3"'), ["my-model", "duration.default"]),
        (NEW_MODEL.replace("default = 3", "default = 4"), ["my-model", "duration", "default"]),
        (NEW_MODEL.replace("choices = [2, 3]", "min = 9, max = 3"), ["my-model", "duration"]),
        (NEW_MODEL.replace('["720p"]', '["721p"]'), ["my-model", "721p", "resolution.choices"]),
        (NEW_MODEL.replace("any = 0.1", '"480p" = 0.1'), ["my-model", "price.rates", "each resolution"]),
        (NEW_MODEL.replace("any = 0.1", "any = 0.1, 720p = 0.2"), ["my-model", "price.rates", "or one for any"]),
        (NEW_MODEL.replace("any = 0.1", "any = -1"), ["my-model", "never negative"]),
        (NEW_MODEL.replace("any = 0.1", "any = 0.0000001"), ["my-model", "six decimals"]),
        (NEW_MODEL.replace("{ credits", '{ when = "video", credits'), ["my-model", "always"]),
        (NEW_MODEL.replace('"per_task"', '"per_task", billing_name = "{colour}"'), ["my-model", "{colour}"]),
        (NEW_MODEL + "image = { max_count = 3 }\n", ["my-model", "modes", "references"]),
        (NEW_MODEL + 'aliases = ["seedance2.0-sp"]\n', ["my-model", "'seedance2.0-sp'"]),
        (NEW_MODEL + "offer.ink.duration = 5\n", ["my-model", "offer 'ink'", "duration"]),
        ('[[change]]\nmodels = ["nothing*"]\n', ["nothing*"]),
        ("[[change]]\nmodels = 5\n", ["models of a [[change]]"]),
        ("[[create_path]]\ndialect = 'jimmy'\n", ["mine.toml", "path"]),
    ],
)
def test_a_wrong_file_is_refused_naming_file_and_key(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(SetupError) as caught:
        load_with(tmp_path, text)
    assert "mine.toml" in caught.value.message
    for word in words:
        assert word in caught.value.message
    assert "\n" not in caught.value.message.strip()
