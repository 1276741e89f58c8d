"""Photos of the signed form: checked by content and stored again without camera metadata (domain §9).

They are stored under MEDIA_ROOT, which no URL serves; a view serves them to readers of the revisit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import PurePath

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from improvement.enums import RevisitState
from improvement.models import Revisit, RevisitPhoto
from satisfaction.accounts.models import User
from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.core.errors import Refused

from .visitors import is_examined, require_visitor

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_PIXELS = 64_000_000
MAX_SIDE = 2400
"""Pixels; enough to read handwriting on a photographed A4 page."""
READ_ERRORS = (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning)


@dataclass(frozen=True)
class UploadedPicture:
    """A picture ready to be stored. `sha256`: hash of the uploaded file."""

    name: str
    content: bytes
    sha256: str


def max_bytes() -> int:
    return settings.REVISIT_PHOTO_MAX_BYTES


def max_photos() -> int:
    return settings.REVISIT_MAX_PHOTOS


def read_picture(file: File) -> UploadedPicture:
    """Returns the upload as an upright JPEG without metadata.

    Raises Refused when the file is too large or not a JPEG, PNG or WebP.
    """
    name = PurePath(file.name or "").name or "photo"
    if (file.size or 0) > max_bytes():
        limit = max_bytes() // (1024 * 1024)
        raise Refused(_("“%(name)s”超过 %(limit)d MB,请缩小后再上传。") % {"name": name, "limit": limit})
    data = file.read()
    return UploadedPicture(
        f"{PurePath(name).stem[:100]}.jpg", _as_jpeg(data, name), hashlib.sha256(data).hexdigest()
    )


def add_photos(
    revisit: Revisit, pictures: Sequence[UploadedPicture], *, by: User, now: datetime
) -> list[RevisitPhoto]:
    """Attaches the pictures; a picture attached before is not attached again.

    Allowed to the visitor until a meeting has decided. Raises Refused for more than `max_photos`.
    """
    stored: list[RevisitPhoto] = []
    try:
        with transaction.atomic():
            locked = _locked(revisit, by=by, now=now)
            known = set(locked.photos.values_list("sha256", flat=True))
            new = {picture.sha256: picture for picture in pictures if picture.sha256 not in known}
            if len(known) + len(new) > max_photos():
                raise Refused(_("一张回访表最多附 %(n)d 张照片。") % {"n": max_photos()})
            for picture in new.values():
                stored.append(_store(locked, picture, by=by, now=now))
            return stored
    except BaseException:
        for photo in stored:
            photo.file.delete(save=False)
        raise


def remove_photo(photo: RevisitPhoto, *, by: User, now: datetime) -> None:
    """Deletes a wrong photo while the form is a draft or returned. Raises Refused when it is submitted."""
    with transaction.atomic():
        locked = _locked(photo.revisit, by=by, now=now)
        if locked.state == RevisitState.SUBMITTED:
            raise Refused(_("回访表已提交,照片不能再删除;拍错时可以补充新的照片。"))
        file, name = photo.file, photo.name
        record_event(AuditKind.PHOTO_REMOVED, by=by, at=now, subject=locked.order, details={"file": name})
        RevisitPhoto.objects.filter(pk=photo.pk).delete()
        transaction.on_commit(lambda: file.delete(save=False))


def _locked(revisit: Revisit, *, by: User, now: datetime) -> Revisit:
    """Locks the revisit against concurrent uploads. Raises NotAllowed unless `by` visits the reporter."""
    locked = (
        Revisit.objects.select_for_update(of=("self",)).select_related("order__technician").get(pk=revisit.pk)
    )
    require_visitor(locked.order, by, now=now)
    if is_examined(locked):
        raise Refused(_("会议已对这张回访表作出决定,不能再改。"))
    return locked


def _store(revisit: Revisit, picture: UploadedPicture, *, by: User, now: datetime) -> RevisitPhoto:
    photo = RevisitPhoto(
        revisit=revisit,
        name=picture.name,
        content_type="image/jpeg",
        size=len(picture.content),
        sha256=picture.sha256,
        added_by=by,
        added_at=now,
    )
    photo.file.save(picture.name, ContentFile(picture.content), save=False)
    try:
        photo.save()
    except BaseException:
        photo.file.delete(save=False)
        raise
    return photo


def _as_jpeg(data: bytes, name: str) -> bytes:
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Image.DecompressionBombError
            image.draft("RGB", (MAX_SIDE, MAX_SIDE))
            return _to_jpeg(ImageOps.exif_transpose(image))
    except READ_ERRORS:
        raise Refused(
            _("“%(name)s”不是可用的照片。请上传 JPEG、PNG 或 WebP 图片(苹果手机请用“兼容性最佳”格式)。")
            % {"name": name}
        ) from None


def _to_jpeg(image: Image.Image) -> bytes:
    """Returns a JPEG of at most MAX_SIDE, with a white background for transparent areas."""
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    layered = image.convert("RGBA")
    opaque = Image.new("RGB", image.size, "white")
    opaque.paste(layered, mask=layered.getchannel("A"))
    out = BytesIO()
    opaque.save(out, "JPEG", quality=85, optimize=True)
    return out.getvalue()
