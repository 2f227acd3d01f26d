from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from chalicelib.integrations.image_models import selection
from chalicelib.integrations.image_models.local_styles import STYLES, UnknownStyle
from chalicelib.integrations.images import renditions
from tests.integrations.sample_images import encode_image, open_image

PORTRAIT = (Path(__file__).parents[2] / "data" / "photos" / "grace_hopper.jpg").read_bytes()


def test_the_local_model_reports_its_parameters():
    image = selection.choose_model("local")(PORTRAIT, "an oil painting", 200, {"style": "pencil"})
    assert image.model == "local/pencil"
    assert image.content_type == "image/jpeg"
    assert open_image(image.image).size == (image.width, image.height) == (171, 200)


@pytest.mark.parametrize(
    ("prompt", "model"),
    [
        ("A portrait as an Oil painting", "local/oil"),
        ("pop art, loud colours", "local/pop-art"),
        ("soft watercolor", "local/watercolour"),
        ("as it might have been", "local/watercolour"),
    ],
)
def test_the_prompt_chooses_the_style_by_default(prompt: str, model: str):
    assert selection.choose_model("local")(PORTRAIT, prompt, 64, {}).model == model


def test_an_unknown_style_lists_the_known_ones():
    with pytest.raises(UnknownStyle, match="pencil, charcoal"):
        selection.choose_model("local")(PORTRAIT, "", 64, {"style": "cubism"})


@pytest.mark.parametrize("name", ["", "Local", "bedrock:", "dall-e"])
def test_an_unknown_model_is_refused(name: str):
    with pytest.raises(selection.UnknownImageModel, match="IMAGE_MODEL"):
        selection.choose_model(name)
    with pytest.raises(selection.UnknownImageModel, match="IMAGE_MODEL"):
        selection.choose_upscaler(name)


def test_only_bedrock_has_an_upscaling_model():
    assert [bool(selection.choose_upscaler(name)) for name in ("local", "http", "bedrock")] == [False, False, True]


def test_invalid_image_data_is_refused():
    with pytest.raises(renditions.UnreadableImage):
        selection.choose_model("local")(PORTRAIT[:5000], "", 64, {})


@pytest.mark.parametrize("style", STYLES)
def test_a_print_matches_its_preview(style: str):
    model = selection.choose_model("local")
    preview, large = (open_image(model(PORTRAIT, "", side, {"style": style}).image) for side in (300, 600))
    small = [picture.resize((30, 35), Image.Resampling.BOX) for picture in (preview, large)]
    assert max(ImageStat.Stat(ImageChops.difference(*small)).mean) < 12


def test_no_photo_metadata_is_kept():
    photo = encode_image(Image.new("RGB", (20, 20)), "JPEG", comment=b"secret")
    image = selection.choose_model("local")(photo, "", 64, {"style": "vintage"})
    assert open_image(image.image).info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
