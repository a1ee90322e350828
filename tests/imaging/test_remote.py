"""Maps on a server, read in parts."""

from __future__ import annotations

import functools
import re
import shutil
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skyseg.cli import main
from skyseg.errors import DataNotFoundError, ImageError, StaleProductError
from skyseg.imaging import remote
from skyseg.imaging.maps import BandMaps
from skyseg.imaging.refs import MapRef
from skyseg.survey import BandData

pytest.importorskip("upath")


class _Server(ThreadingHTTPServer):
    """A server of a folder that gives parts of files, and counts what it gives."""

    sent = 0
    url = ""


class _Handler(SimpleHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        file = Path(self.translate_path(self.path))
        if not file.is_file():
            self.send_error(404)
            return
        content = file.read_bytes()
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        first, last = (int(wanted[1]), int(wanted[2] or len(content))) if wanted else (0, None)
        part = content[first : None if last is None else last + 1]
        self.send_response(206 if wanted else 200)
        if wanted:
            end = first + len(part) - 1
            self.send_header("Content-Range", f"bytes {first}-{end}/{len(content)}")
        self._end(file, len(part))
        self.wfile.write(part)
        self.server.sent += len(part)

    def do_HEAD(self) -> None:
        file = Path(self.translate_path(self.path))
        if not file.is_file():
            self.send_error(404)
            return
        self.send_response(200)
        self._end(file, file.stat().st_size)

    def _end(self, file: Path, length: int) -> None:
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(length))
        self.send_header("ETag", f'"{file.stat().st_mtime_ns}"')
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[_Server]:
    folder = tmp_path / "served"
    folder.mkdir()
    with _Server(("127.0.0.1", 0), functools.partial(_Handler, directory=str(folder))) as found:
        found.url = f"http://127.0.0.1:{found.server_port}"
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.fixture
def served(server: _Server, tmp_path: Path, imaging_dir: Path) -> Path:
    for file in (imaging_dir / "hst/XDF/WFC3_IR/v1/60mas").glob("xdf-f160w_*.fits"):
        shutil.copy(file, tmp_path / "served")
    return tmp_path / "served"


def test_a_band_of_a_server_is_that_of_the_disk(server: _Server, served: Path) -> None:
    names = [f"xdf-f160w_{role}.fits" for role in ("sci", "rms")]
    there = BandData.from_files(*(f"{server.url}/{name}" for name in names))
    here = BandData.from_files(*(served / name for name in names))
    assert str(there.sci) == f"{server.url}/xdf-f160w_sci.fits[0]"
    assert (there.band, there.survey, there.shape) == (here.band, here.survey, here.shape)
    np.testing.assert_array_equal(there.load_sci(), here.load_sci())
    there.segment()
    labels = there.load_seg()
    again = BandData.from_files(*(f"{server.url}/{name}" for name in names))
    again.segment()
    assert again.products is not None
    assert not again.products.made
    here.segment(overwrite=True)
    np.testing.assert_array_equal(labels, here.load_seg())


def test_of_a_file_on_a_server_only_parts_are_fetched(server: _Server, tmp_path: Path) -> None:
    image = np.arange(6000 * 2000, dtype=np.float32).reshape(6000, 2000)
    hdus = [fits.ImageHDU(image, name=name) for name in ("SCI", "ERR")]
    path = tmp_path / "served/f444w_i2d.fits"
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(path)
    band = BandMaps.from_files(f"{server.url}/{path.name}[SCI]")
    assert band.err is not None
    np.testing.assert_array_equal(band.load_part("SCI", np.s_[10:20, 5:9]), image[10:20, 5:9])
    np.testing.assert_array_equal(band.load_part("ERR", np.s_[5991:6000, 5:9]), image[5991:, 5:9])
    assert server.sent < path.stat().st_size / 10


def test_a_gzipped_file_on_a_server_is_unpacked(server: _Server, tmp_path: Path) -> None:
    image = np.arange(192, dtype=np.float32).reshape(12, 16)
    fits.writeto(tmp_path / "served/f444w_sci.fits.gz", image)
    band = BandMaps.from_files(f"{server.url}/f444w_sci.fits.gz")
    np.testing.assert_array_equal(band.load_part("SCI", np.s_[2:4, 3:9]), image[2:4, 3:9])


def test_pixels_of_a_server_that_are_not_those_of_their_datasum_are_refused(
    server: _Server, tmp_path: Path
) -> None:
    path = tmp_path / "served/f444w_sci.fits"
    image = np.arange(192 * 200, dtype=np.float32).reshape(200, 192)
    fits.PrimaryHDU(image).writeto(path, checksum=True)
    whole = path.read_bytes()
    band = BandMaps.from_files(f"{server.url}/{path.name}")
    np.testing.assert_array_equal(band.load_sci(), image)
    changed = bytearray(whole)
    changed[9000] ^= 1
    path.write_bytes(changed)
    remote._ask.cache_clear()
    with pytest.raises(ImageError, match=r"f444w_sci.fits\[0\] are not those that its DATASUM"):
        band.load_sci()


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("NAXIS", "1000000000", "HDU 1 has NAXIS = 1000000000"),
        ("GCOUNT", "-1", "HDU 1 has GCOUNT = -1"),
        ("NAXIS2", "999999", "is truncated"),
        ("BITPIX", "33", "HDU 1 has BITPIX = 33"),
    ],
)
def test_what_headers_of_a_server_promise_is_held_against_the_file(
    server: _Server, tmp_path: Path, key: str, value: str, reason: str
) -> None:
    path = tmp_path / "served/f444w_sci.fits"
    image = fits.ImageHDU(np.ones((20, 20), np.float32))
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(path)
    content = bytearray(path.read_bytes())
    at = content.index(f"{key:8}=".encode(), 2880)
    content[at : at + 80] = f"{key:8}= {value:>20}".ljust(80).encode()
    path.write_bytes(content)
    with pytest.raises(ImageError, match=reason):
        MapRef.parse(f"{server.url}/{path.name}")


def test_the_shell_describes_and_segments_a_file_on_a_server(
    server: _Server, served: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"{server.url}/xdf-f160w"
    assert main(["info", f"{url}_sci.fits"]) == 0
    assert "SCI" in capsys.readouterr().out
    maps = ["--sci", f"{url}_sci.fits[0]", "--err", f"{url}_rms.fits", "--zero-point", "25.9"]
    assert main(["segment", *maps, "--out", str(tmp_path / "out")]) == 0
    assert "F160W" in capsys.readouterr().out


def test_products_of_a_file_that_changed_on_its_server_are_stale(
    server: _Server, served: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = [f"{server.url}/xdf-f160w_{role}.fits" for role in ("sci", "rms")]
    BandData.from_files(*urls).segment()
    with fits.open(served / "xdf-f160w_sci.fits", mode="update") as hdus:
        hdus[0].data[:9] += 1
    remote._ask.cache_clear()
    with pytest.raises(StaleProductError, match=r"file of SCI http://.* has changed"):
        BandData.from_files(*urls).segment()


def test_what_a_server_does_not_have_is_refused(server: _Server, tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match=r"http://.*/no.fits does not exist; correct the"):
        MapRef.parse(f"{server.url}/no.fits")
    (tmp_path / "served/a.fits").write_text("<html>")
    with pytest.raises(ImageError, match=r"http://.*/a.fits cannot be read as FITS \("):
        MapRef.parse(f"{server.url}/a.fits")


def test_what_a_server_cannot_give_is_refused(
    server: _Server, served: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Handler, "do_GET", lambda self: self.send_error(500))
    with pytest.raises(ImageError, match=r"_sci.fits cannot be read \(500, .*\); download the"):
        MapRef.parse(f"{server.url}/xdf-f160w_sci.fits")


def test_urls_that_nothing_is_known_for_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"nowhere://a.fits cannot be read \(.*download the file"):
        MapRef.parse("nowhere://a.fits")


def test_a_url_of_this_machine_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    fits.writeto(path, np.ones((3, 4), np.float32))
    assert MapRef.parse(f"file://{path}[0]") == MapRef(path, 0)


def test_without_what_reads_urls_a_message_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "upath", None)
    with pytest.raises(ImageError, match="not installed; install skyseg with the extra 'remote'"):
        MapRef.parse("https://example.org/a.fits")
