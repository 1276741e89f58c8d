"""Photos of the signed form: type by content, metadata removed, size and number limited (domain §9)."""

import os
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from PIL import Image

from improvement.enums import Decision
from improvement.models import RevisitPhoto
from improvement.revisits.photos import MAX_SIDE, UploadedPicture, add_photos, read_picture, remove_photo
from satisfaction.core.errors import NotAllowed, Refused
from tests.worlds.revisits import NOW, handed_in, on_agenda, open_meeting, picture, returned

BIG = 200 * 1024 * 1024
HTML = b"<html><script>alert(1)</script></html>"


class Unread(SimpleUploadedFile):
    """A file with a known size that must not be read."""

    def __init__(self, name, size):
        super().__init__(name, b"")
        self.size = size

    def read(self, *args):
        raise AssertionError("read")


def opened(content):
    return Image.open(BytesIO(content))


def with_exif(orientation):
    out, exif = BytesIO(), Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "camera"
    exif.get_ifd(0x8825)[2] = (31.0, 13.0, 48.0)  # GPS position
    Image.new("RGB", (40, 20), "red").save(out, "JPEG", exif=exif)
    return SimpleUploadedFile("IMG 1.jpeg", out.getvalue())


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_stored_as_jpeg_whatever_its_name_says(form):
    read = read_picture(picture("../../etc/form.exe", form))

    assert (read.name, opened(read.content).format, opened(read.content).size) == (
        "form.jpg",
        "JPEG",
        (60, 80),
    )


def test_a_picture_stands_upright_and_says_nothing_of_the_camera():
    upload = with_exif(6)
    assert opened(upload.read()).getexif().get_ifd(0x8825) == {2: (31.0, 13.0, 48.0)}
    upload.seek(0)

    content = read_picture(upload).content

    shown = opened(content)
    assert (shown.size, dict(shown.getexif()), b"Exif" in content) == ((20, 40), {}, False)


def test_a_transparent_picture_lies_on_white_and_a_huge_one_is_made_smaller():
    out = BytesIO()
    Image.new("RGBA", (3000, 10), (0, 0, 0, 0)).save(out, "PNG")

    shown = opened(read_picture(SimpleUploadedFile("scan.png", out.getvalue())).content)

    assert (shown.size, shown.getpixel((5, 5))) == ((MAX_SIDE, 8), (255, 255, 255))


@pytest.mark.parametrize(
    "content",
    [
        HTML,
        b"",
        b"%PDF-1.4",
        b"\xff\xd8\xff\xe0 no picture",
        picture().read()[:60],
        b"GIF89a\x01\x00\x01\x00",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 64,
    ],
)
def test_what_is_no_picture_is_refused(content):
    with pytest.raises(Refused, match=r"“form\.jpg”不是可用的照片"):
        read_picture(SimpleUploadedFile("form.jpg", content, content_type="image/jpeg"))


def test_a_picture_of_more_pixels_than_a_camera_has_is_refused():
    """A small file that would exhaust the memory."""
    out = BytesIO()
    Image.new("1", (9000, 9000)).save(out, "PNG")

    with pytest.raises(Refused, match="不是可用的照片"):
        read_picture(SimpleUploadedFile("bomb.png", out.getvalue()))


def test_two_hundred_megabytes_are_refused_unread():
    with pytest.raises(Refused, match=r"“form\.jpg”超过 10 MB"):
        read_picture(Unread("form.jpg", BIG))


# --- Attaching --------------------------------------------------------------------------------------------


def named(name):
    return read_picture(picture(name, size=(10 + len(name), 10)))


def test_photos_are_attached_once_and_lie_under_media(stage, settings):
    revisit = handed_in(stage)
    one, two = named("a.png"), named("ab.png")

    stored = add_photos(revisit, [one, two, one], by=stage.foreman, now=NOW)
    again = add_photos(revisit, [one], by=stage.foreman, now=NOW)

    assert ([photo.name for photo in stored], again) == (["a.jpg", "ab.jpg"], [])
    first = stored[0]
    assert (first.content_type, first.size, first.sha256) == ("image/jpeg", len(one.content), one.sha256)
    assert Path(first.file.path).is_relative_to(settings.MEDIA_ROOT)
    assert not Path(first.file.path).is_relative_to(settings.STATIC_ROOT)
    assert Path(first.file.path).read_bytes() == one.content


def test_too_many_photos_are_refused_and_nothing_is_left_behind(stage, settings):
    settings.REVISIT_MAX_PHOTOS = 1
    revisit = handed_in(stage)

    with pytest.raises(Refused, match="最多附 1 张"):
        add_photos(revisit, [named("a.png"), named("ab.png")], by=stage.foreman, now=NOW)

    assert not RevisitPhoto.objects.exists()


def test_a_photo_that_the_database_refuses_leaves_no_file(stage, settings):
    revisit = handed_in(stage)
    folder = Path(settings.MEDIA_ROOT) / "revisits"
    folder.mkdir(parents=True, exist_ok=True)
    before = sorted(os.listdir(folder))

    with pytest.raises(IntegrityError):
        add_photos(revisit, [named("a.png"), UploadedPicture("b.jpg", b"b", None)], by=stage.foreman, now=NOW)

    assert (sorted(os.listdir(folder)), RevisitPhoto.objects.count()) == (before, 0)


@pytest.mark.parametrize("who", ["deputy", "outsider", "head", "dispatcher"])
def test_only_who_visits_attaches_and_removes(stage, who):
    asked = returned(stage)
    [photo] = add_photos(asked.revisit, [named("a.png")], by=stage.foreman, now=NOW)

    with pytest.raises(NotAllowed):
        add_photos(asked.revisit, [named("ab.png")], by=getattr(stage, who), now=NOW)
    with pytest.raises(NotAllowed):
        remove_photo(photo, by=getattr(stage, who), now=NOW)


def test_a_wrong_photo_is_taken_away_with_its_file(stage, django_capture_on_commit_callbacks):
    revisit = returned(stage).revisit
    [photo] = add_photos(revisit, [named("a.png")], by=stage.foreman, now=NOW)
    path = Path(photo.file.path)

    with django_capture_on_commit_callbacks(execute=True):
        remove_photo(photo, by=stage.foreman, now=NOW)

    assert (RevisitPhoto.objects.count(), path.exists()) == (0, False)


def test_photos_of_a_form_handed_in_stay_and_a_decided_one_takes_no_more(stage):
    revisit = handed_in(stage)
    [photo] = add_photos(revisit, [named("a.png")], by=stage.foreman, now=NOW)
    with pytest.raises(Refused, match="不能再删除"):
        remove_photo(photo, by=stage.foreman, now=NOW)

    on_agenda(revisit, open_meeting(stage), Decision.NO_ACTION)

    with pytest.raises(Refused, match="作出决定"):
        add_photos(revisit, [named("ab.png")], by=stage.foreman, now=NOW)
