"""Licenses of the libraries inside of wheels, which have no metadata of their own."""

from __future__ import annotations

import re
from typing import NamedTuple

UNKNOWN = "unknown"


class LibraryLicense(NamedTuple):
    """The license of libraries of one project.

    Attributes:
        pattern: The names of the libraries, as a regular expression.
        license: The license, as an SPDX expression.
        project: The project that publishes the libraries under it.
    """

    pattern: str
    license: str
    project: str


_GNU = "LGPL-3.0-or-later OR GPL-2.0-or-later"
# What the projects declare in their source packages. FFmpeg's depends on how it was built: `av.library_meta` names it.
_LICENSES = (
    LibraryLicense(r"libx264", "GPL-2.0-or-later", "x264"),
    LibraryLicense(r"libx265", "GPL-2.0-or-later", "x265"),
    LibraryLicense(r"lib(av(codec|device|filter|format|util)|sw(resample|scale))", "LGPL-3.0-or-later", "FFmpeg"),
    LibraryLicense(r"libSvtAv1Enc", "BSD-3-Clause-Clear", "SVT-AV1"),
    LibraryLicense(r"libXau", "MIT-open-group", "libXau"),
    LibraryLicense(r"libasound", "LGPL-2.1-or-later", "alsa-lib"),
    LibraryLicense(r"libavif", "BSD-2-Clause", "libavif"),
    LibraryLicense(r"libbrotli(common|dec|enc)", "MIT", "Brotli"),
    LibraryLicense(r"libdav1d", "BSD-2-Clause", "dav1d"),
    LibraryLicense(r"libdrm", "MIT", "libdrm"),
    LibraryLicense(r"libfreetype", "FTL OR GPL-2.0-or-later", "FreeType"),
    LibraryLicense(r"libgmp", _GNU, "GMP"),
    LibraryLicense(r"libgnutls", "LGPL-2.1-or-later", "GnuTLS"),
    LibraryLicense(r"libharfbuzz", "MIT-Modern-Variant", "HarfBuzz"),
    LibraryLicense(r"lib(hogweed|nettle)", _GNU, "Nettle"),
    LibraryLicense(r"libjpeg", "IJG AND BSD-3-Clause AND Zlib", "libjpeg-turbo"),
    LibraryLicense(r"liblcms2", "MIT", "Little CMS"),
    LibraryLicense(r"liblzma", "0BSD", "XZ Utils"),
    LibraryLicense(r"libmp3lame", "LGPL-2.0-or-later", "LAME"),
    LibraryLicense(r"libopencore-amr[nw]b", "Apache-2.0", "opencore-amr"),
    LibraryLicense(r"libopenjp2", "BSD-2-Clause", "OpenJPEG"),
    LibraryLicense(r"libopus", "BSD-3-Clause", "Opus"),
    LibraryLicense(r"libpng16", "libpng-2.0", "libpng"),
    LibraryLicense(r"lib(sharpyuv|webp(demux|mux)?)", "BSD-3-Clause", "libwebp"),
    LibraryLicense(r"libtiff", "libtiff", "LibTIFF"),
    LibraryLicense(r"libunistring", _GNU, "libunistring"),
    LibraryLicense(r"libvpl", "MIT", "libvpl"),
    LibraryLicense(r"libvpx", "BSD-3-Clause", "libvpx"),
    LibraryLicense(r"libxcb(-\w+)?", "X11", "libxcb"),
    LibraryLicense(r"libzstd", "BSD-3-Clause OR GPL-2.0-only", "Zstandard"),
)


def library_license(name: str) -> LibraryLicense | None:
    """Return the license of a library; None if it is not known."""
    return next((one for one in _LICENSES if re.fullmatch(one.pattern, name)), None)
