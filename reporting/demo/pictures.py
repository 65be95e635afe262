"""Drawn pictures that stand for photos: a corridor, a gate, a store. Nobody's factory is shown."""

from __future__ import annotations

import io
from typing import Any

WIDTH, HEIGHT = 800, 560


def corridor(*, blocked: bool, shade: int = 0) -> bytes:
    """An exit corridor as JPEG bytes, with or without cartons in the way."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (800, 560), (196 - shade, 200 - shade, 196 - shade))
    draw = ImageDraw.Draw(picture)
    draw.polygon([(0, 0), (280, 170), (280, 390), (0, 560)], fill=(168 - shade, 172, 170))
    draw.polygon([(800, 0), (520, 170), (520, 390), (800, 560)], fill=(172 - shade, 176, 174))
    draw.polygon([(0, 560), (280, 390), (520, 390), (800, 560)], fill=(142 - shade, 146, 142))
    draw.rectangle([330, 200, 470, 390], fill=(92, 103, 117))
    draw.rectangle([350, 150, 450, 186], fill=(47, 132, 86))
    draw.line([(120, 560), (320, 390)], fill=(232, 170, 43), width=8)
    draw.line([(680, 560), (480, 390)], fill=(232, 170, 43), width=8)
    if blocked:
        for box in ([210, 330, 330, 450], [300, 380, 430, 500], [245, 250, 330, 335]):
            draw.rectangle(box, fill=(196, 150, 96), outline=(150, 110, 66), width=4)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=82)
    return out.getvalue()


def gate(*, locked: bool) -> bytes:
    """A gate as JPEG bytes, with or without a padlock."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (800, 560), (104, 118, 132))
    draw = ImageDraw.Draw(picture)
    for x in range(60, 800, 90):
        draw.rectangle([x, 0, x + 26, 560], fill=(82, 95, 108))
    draw.rectangle([0, 230, 800, 290], fill=(70, 82, 94))
    if locked:
        draw.arc([340, 150, 460, 290], 180, 360, fill=(198, 204, 208), width=22)
        draw.rectangle([325, 240, 475, 360], fill=(222, 160, 60))
        draw.ellipse([385, 280, 415, 310], fill=(92, 66, 22))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=82)
    return out.getvalue()


def board() -> bytes:
    """A notice board as JPEG bytes."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (WIDTH, HEIGHT), (206, 208, 202))
    draw = ImageDraw.Draw(picture)
    draw.rectangle([80, 60, 720, 480], fill=(150, 112, 74), outline=(110, 80, 50), width=10)
    for left, top, height in ((120, 100, 170), (310, 120, 250), (510, 96, 150), (520, 280, 160)):
        draw.rectangle([left, top, left + 150, top + height], fill=(246, 246, 240))
        for line in range(top + 22, top + height - 12, 18):
            draw.line([(left + 14, line), (left + 132, line)], fill=(120, 124, 130), width=3)
        draw.ellipse([left + 70, top - 4, left + 82, top + 8], fill=(163, 38, 42))
    return _jpeg(picture)


def register() -> bytes:
    """A page of a register as JPEG bytes: lines and ticks, no words."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (WIDTH, HEIGHT), (122, 104, 84))
    draw = ImageDraw.Draw(picture)
    draw.rectangle([90, 40, 710, 520], fill=(250, 249, 243))
    for row, top in enumerate(range(90, 500, 34)):
        draw.line([(110, top), (690, top)], fill=(170, 178, 186), width=2)
        draw.line(
            [(130, top - 12), (130 + 60 + row * 31 % 90, top - 12)], fill=(70, 78, 96), width=5
        )
        draw.line([(560, top - 18), (570, top - 8), (592, top - 28)], fill=(15, 107, 87), width=5)
    for left in (110, 330, 520, 690):
        draw.line([(left, 56), (left, 500)], fill=(170, 178, 186), width=2)
    return _jpeg(picture)


def water_point() -> bytes:
    """A water point on a wall as JPEG bytes."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (WIDTH, HEIGHT), (214, 218, 214))
    draw = ImageDraw.Draw(picture)
    draw.rectangle([0, 430, 800, 560], fill=(168, 164, 156))
    draw.rectangle([250, 120, 550, 430], fill=(232, 236, 240), outline=(150, 158, 166), width=6)
    for left in (320, 400, 480):
        draw.rectangle([left - 8, 250, left + 8, 300], fill=(110, 120, 132))
        draw.rectangle([left - 26, 330, left + 26, 400], fill=(176, 208, 230))
    draw.rectangle([290, 150, 510, 210], fill=(43, 58, 140))
    return _jpeg(picture)


def _jpeg(picture: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=82)
    return out.getvalue()
