"""Drawn pictures that stand for photos: a corridor, a gate, a store. Nobody's factory is shown."""

from __future__ import annotations

import io


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
