"""Draws the scene of a mock video: a rider in hills at night.

All parts that frames share are drawn once. A frame is then a handful of pastes into the three planes (luma and two
chroma) the encoder takes, far cheaper than drawing in RGB and converting each frame.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw

from .caption import draw_label
from .hills import Ridge, lay
from .sprite import Colour, Planes, Sprite, mix, paste_planes, to_planes

_WHITE = (255, 255, 255)
# Zenith, horizon, ink (hills and horse), moon.
_PALETTES: tuple[tuple[Colour, Colour, Colour, Colour], ...] = (
    ((24, 20, 60), (238, 130, 110), (28, 16, 40), (255, 236, 200)),
    ((8, 14, 44), (84, 138, 190), (8, 18, 36), (240, 244, 255)),
    ((40, 14, 20), (226, 120, 70), (44, 14, 14), (255, 214, 170)),
    ((6, 22, 40), (64, 170, 140), (4, 26, 30), (226, 255, 240)),
    ((58, 40, 96), (250, 176, 160), (48, 24, 56), (255, 246, 220)),
    ((52, 32, 56), (248, 184, 92), (50, 24, 24), (255, 240, 190)),
    ((10, 24, 66), (110, 196, 214), (8, 28, 52), (238, 252, 255)),
    ((26, 8, 52), (220, 80, 150), (28, 8, 44), (255, 222, 240)),
)
_POSES = 12
_STRIDES_PER_SECOND = 1.8
_METEOR_SLOPE = 0.36
_NEAREST = Image.Resampling.NEAREST


def _smaller(picture: Image.Image) -> Image.Image:
    """Half the size, in half the time of `picture.reduce`, as it need not weigh colours by opacity."""
    return Image.merge("RGBA", [band.reduce(2) for band in picture.split()])


def _draw_rider(pose: int, height: int, ink: Colour, glow: Colour) -> Image.Image:
    """An astronaut on a galloping horse, facing right, drawn on a grid of 150 by 130 units."""
    # Drawn at twice the size, as Pillow's shapes have hard edges; transparent ink makes them soft and dark.
    scale = 2 * height / 130
    picture = Image.new("RGBA", (round(150 * scale), 2 * height), (*ink, 0))
    draw = ImageDraw.Draw(picture)
    turn = math.tau * pose / _POSES
    suit, shade = mix(_WHITE, glow, 0.35), mix(mix(_WHITE, glow, 0.35), ink, 0.45)

    def disc(x: float, y: float, across: float, down: float, colour: Colour) -> None:
        box = (x - across) * scale, (y - down) * scale, (x + across) * scale, (y + down) * scale
        draw.ellipse(box, colour)

    def limb(colour: Colour, thickness: float, *points: tuple[float, float]) -> None:
        draw.line([(x * scale, y * scale) for x, y in points], colour, max(1, round(thickness * scale)))
        for x, y in points:
            disc(x, y, thickness / 2, thickness / 2, colour)

    def shape(colour: Colour, *points: tuple[float, float]) -> None:
        draw.polygon([(x * scale, y * scale) for x, y in points], colour)

    for x, lag in ((44, 0.0), (99, 2.6), (40, 0.7), (95, 3.3)):
        swing = math.sin(turn + lag)
        bend = 0.25 + 0.9 * max(0.0, math.cos(turn + lag))
        upper = 0.75 * swing
        lower = upper - bend
        knee = x + 23 * math.sin(upper), 80 + 23 * math.cos(upper)
        hoof = knee[0] + 24 * math.sin(lower), knee[1] + 24 * math.cos(lower)
        limb(ink, 9, (x, 78), knee)
        limb(ink, 5.5, knee, hoof)
    wave = 5 * math.sin(turn)
    limb(ink, 7, (28, 66), (16, 64 + wave / 2), (7, 74 + wave), (3, 86 + wave * 1.5))
    disc(68, 73, 36, 15, ink)
    disc(42, 71, 18, 17, ink)
    disc(96, 71, 17, 18, ink)
    shape(ink, (84, 62), (107, 78), (130, 44), (116, 34))
    shape(ink, (114, 36), (118, 22), (124, 31), (133, 35), (146, 51), (143, 58), (135, 58), (120, 52))
    shape(ink, (118, 32), (108, 34 + wave / 2), (98, 46), (86, 60 - wave / 3), (92, 66))
    draw.line([(99 * scale, 49 * scale), (137 * scale, 54 * scale)], shade, max(1, round(1.5 * scale)))
    limb(shade, 13, (56, 36), (58, 50))
    limb(suit, 17, (67, 53), (70, 36))
    limb(suit, 9, (68, 57), (85, 66), (80, 84))
    limb(shade, 7, (71, 36), (83, 46), (98, 48))
    disc(74, 19, 14, 14, suit)
    disc(79, 19, 8.5, 8.5, mix(ink, (0, 0, 0), 0.3))
    disc(82, 15.5, 2.2, 2.2, glow)
    return _smaller(picture)


# The videos of one server mostly are of one size, and there are few palettes.
@lru_cache(maxsize=48)
def _rider(pose: int, height: int, ink: Colour, glow: Colour, forward: int, chroma_step: int) -> Sprite:
    picture = _draw_rider(pose, height, ink, glow)
    if forward < 0:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return Sprite(picture.getchannel("A"), picture.convert("RGB"), chroma_step)


@lru_cache(maxsize=48)
def _draw_sky(height: int, zenith: Colour, horizon: Colour) -> Image.Image:
    """The sky, one pixel wide."""
    ramp = Image.linear_gradient("L").point([round(255 * (v / 255) ** 1.4) for v in range(256)])
    sky = Image.composite(Image.new("RGB", (256, 256), horizon), Image.new("RGB", (256, 256), zenith), ramp)
    return sky.resize((1, height))


@lru_cache(maxsize=1)
def _draw_halo() -> Image.Image:
    """The glow around any moon."""
    # Pillow's gradient is dark in the middle and reaches 181 at the middle of an edge, 255 in the corners.
    return Image.radial_gradient("L").point([round(110 * max(0, 1 - v / 180) ** 2) for v in range(256)])


def _draw_moon(rng: random.Random, radius: int, colour: Colour, sky: Colour) -> Image.Image:
    """A full moon with craters, a crescent or a ringed planet, in the middle of a square of four radii."""
    unit, kind = 2 * radius, rng.choice(("full", "crescent", "ringed"))
    side, middle = 4 * unit, 2 * unit
    disc = (middle - unit, middle - unit, middle + unit, middle + unit)
    picture = Image.new("RGBA", (side, side), (*colour, 0))
    draw = ImageDraw.Draw(picture)
    ring = (middle - 1.75 * unit, middle - 0.5 * unit, middle + 1.75 * unit, middle + 0.5 * unit)
    ring_colour, ring_width = mix(colour, sky, 0.25), max(1, unit // 5)
    if kind == "ringed":
        draw.arc(ring, 180, 360, ring_colour, ring_width)
    draw.ellipse(disc, colour)
    if kind == "crescent":
        shadow = Image.new("L", picture.size)
        ImageDraw.Draw(shadow).ellipse(
            [edge + unit * push for edge, push in zip(disc, (0.5, -0.2, 0.5, -0.2), strict=True)], 255
        )
        picture.putalpha(ImageChops.subtract(picture.getchannel("A"), shadow))
    elif kind == "full":
        for _ in range(7):
            turn, far, size = rng.uniform(0, math.tau), unit * rng.uniform(0, 0.7), unit * rng.uniform(0.08, 0.22)
            x, y = middle + far * math.cos(turn), middle + far * math.sin(turn)
            draw.ellipse((x - size, y - size, x + size, y + size), mix(colour, sky, 0.16))
    else:
        draw.arc(ring, 0, 180, ring_colour, ring_width)
    return _smaller(picture).rotate(rng.uniform(-30, 30), Image.Resampling.BILINEAR)


@lru_cache(maxsize=48)
def _draw_twinkle(radius: int) -> list[Sprite]:
    """A star with four points, from dim to bright."""
    side = 2 * radius + 1
    mask = Image.new("L", (4 * side, 4 * side))
    middle, end, waist = 2 * side, 4 * side - 1, 0.35 * side
    points = [(middle, 0), (end, middle), (middle, end), (0, middle)]
    notches = [(middle + right * waist, middle + down * waist) for right, down in ((1, -1), (1, 1), (-1, 1), (-1, -1))]
    ImageDraw.Draw(mask).polygon([place for pair in zip(points, notches, strict=True) for place in pair], 255)
    mask = mask.reduce(4)
    dark = Image.new("L", mask.size)
    return [Sprite(Image.blend(dark, mask, level), _WHITE, 1, luma_only=True) for level in (0.15, 0.35, 0.6, 0.8, 1.0)]


class Scene:
    """One scene, chosen by seed and index; `draw` draws its frames, in any order.

    Args:
        width: In pixels.
        height: In pixels, without the caption.
        fps: Frames per second; the speed of everything is per second, not per frame.
        seed: With `index`, chooses palette, moon, hills, trees, stars and direction.
        index: Place among the videos of one prediction, from 0.
        chroma_step: 2 for halved chroma, else 1.
        labelled: Whether to write MOCK in a corner.
    """

    def __init__(
        self, width: int, height: int, *, fps: int, seed: int, index: int, chroma_step: int, labelled: bool
    ) -> None:
        rng = random.Random(f"{seed}/{index}")
        zenith, horizon, self.ink, self.glow = rng.choice(_PALETTES)
        self._fps, self._step, self._forward = fps, chroma_step, rng.choice((1, -1))
        self._unit = unit = min(width, height)

        picture = Image.new("RGB", (width, height))
        sky = _draw_sky(round(height * 0.85), zenith, horizon)
        picture.paste(sky.resize((width, sky.height), _NEAREST))
        moon = self._hang_moon(rng, picture, mix(zenith, horizon, 0.4))
        self._stars = list(self._scatter_stars(rng, picture, moon))
        if labelled:
            # In the corner behind the rider.
            draw_label(picture, self._forward > 0, zenith, self.glow)
        self._background = to_planes(picture, chroma_step)
        self._meteor, self._meteor_start = self._draw_meteor(), rng.uniform(0.1, 0.4)
        self._meteor_from = width * (0.5 - self._forward * rng.uniform(0.1, 0.3)), height * rng.uniform(0.02, 0.12)

        period = width + width // 2
        self._near = Ridge(rng, period, height * 0.86, unit * 0.06)
        middle = Ridge(rng, period, height * 0.74, unit * 0.07)
        far = Ridge(rng, period, height * 0.6, unit * 0.12, jagged=rng.random() < 0.6)
        wood = [(rng.uniform(0, period), unit * rng.uniform(0.07, 0.15)) for _ in range(rng.randrange(6, 18))]
        self._speed = 0.26 * width
        strips = (
            (*far.draw(width + period, round(height * 0.84), []), mix(horizon, self.ink, 0.3), 0.02 * width),
            (*middle.draw(width + period, round(height * 0.94), wood), mix(horizon, self.ink, 0.62), 0.08 * width),
            (*self._near.draw(width + period, height, []), mix(horizon, self.ink, 0.96), self._speed),
        )
        # What twinkles or falls is drawn over the background, and lies behind the hills.
        lowest = math.ceil(self._meteor_from[1] + 0.9 * unit * _METEOR_SLOPE) + 1 + self._meteor.height
        lowest = max([lowest, *(y + levels[0].height for levels, _, y, *_ in self._stars)])
        self._strips = list(lay(strips, self._background, lowest, chroma_step))
        self._rider_height = max(4, round(unit * 0.4))
        self._rider_x = round(width * (0.5 - 0.1 * self._forward))

    def draw(self, planes: Planes, number: int) -> None:
        """Draw one frame, counted from 0, into planes that may have more rows."""
        seconds = number / self._fps
        paste_planes(planes, self._background)
        for levels, x, y, pace, phase in self._stars:
            levels[round((len(levels) - 1) * (0.5 + 0.5 * math.sin(pace * seconds + phase)))].paste(planes, x, y)
        flown = (seconds - self._meteor_start) % 3 / 0.7
        if flown < 1:
            left, top = self._meteor_from
            way = 0.9 * self._unit * flown
            self._meteor.paste(planes, round(left + self._forward * way), round(top + way * _METEOR_SLOPE))
        for strip, top, speed in self._strips:
            strip.paste(planes, -self._shift(speed, seconds), top)
        gallop = seconds * _STRIDES_PER_SECOND
        pose = int(gallop * _POSES) % _POSES
        rider = _rider(pose, self._rider_height, self.ink, self.glow, self._forward, self._step)
        leap = 0.045 * self._rider_height * abs(math.sin(math.pi * gallop))
        ground = self._near.y(self._rider_x + self._shift(self._speed, seconds)) + 0.06 * self._rider_height
        rider.paste(planes, self._rider_x - rider.width // 2, round(ground - leap) - self._rider_height)

    def _shift(self, speed: float, seconds: float) -> int:
        return round(self._forward * speed * seconds) % self._near.period

    def _hang_moon(self, rng: random.Random, picture: Image.Image, sky: Colour) -> tuple[float, float, int]:
        """Put the moon ahead of the rider, high up; returns its middle and radius."""
        radius = max(1, round(self._unit * rng.uniform(0.09, 0.14)))
        x = picture.width * (0.5 + self._forward * rng.uniform(0.18, 0.32))
        y = picture.height * rng.uniform(0.2, 0.3)
        halo = _draw_halo().resize((8 * radius, 8 * radius))
        picture.paste(self.glow, (round(x - 4 * radius), round(y - 4 * radius)), halo)
        moon = _draw_moon(rng, radius, self.glow, sky)
        picture.paste(moon, (round(x - 2 * radius), round(y - 2 * radius)), moon)
        return x, y, radius

    def _scatter_stars(
        self, rng: random.Random, picture: Image.Image, moon: tuple[float, float, int]
    ) -> Iterator[tuple[list[Sprite], int, int, float, float]]:
        """Draw the steady stars; returns each twinkling one as sprites from dim to bright, place, pace and phase."""
        pixels = picture.load()
        assert pixels is not None
        radii = (1, max(1, self._unit // 140), max(2, self._unit // 90))
        kinds = [(radius, _draw_twinkle(radius)) for radius in radii]
        shades = [mix(self.glow, self.ink, share / 20) for share in range(6, 15)]
        for star in range(90):
            x, y = rng.randrange(picture.width), int(picture.height * 0.62 * rng.random() ** 1.3)
            pace, phase = rng.uniform(3, 7), rng.uniform(0, math.tau)
            if math.dist((x, y), moon[:2]) < 2.2 * moon[2]:
                continue
            if star < 20:
                radius, levels = kinds[star % len(kinds)]
                yield levels, x - radius, y - radius, pace, phase
            else:
                pixels[x, y] = shades[int(rng.uniform(0, len(shades)))]

    def _draw_meteor(self) -> Sprite:
        """A streak of light, brightest at the head, that falls the way the rider goes."""
        length = max(4, self._unit // 4)
        mask = Image.new("L", (2 * length, round(2 * length * _METEOR_SLOPE) + 2))
        draw = ImageDraw.Draw(mask)
        for step in range(16):
            ends = [(2 * length * part / 16, 2 * length * part / 16 * _METEOR_SLOPE) for part in (step, step + 1)]
            draw.line(ends, 16 * step + 15, max(1, self._unit // 120))
        if self._forward < 0:
            mask = mask.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        return Sprite(mask.reduce(2), self.glow, 1, luma_only=True)
