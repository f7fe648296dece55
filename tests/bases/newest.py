"""Make the newest Pythons: Debian's unstable distribution in a directory, unpacked, with CPython 3.14 and 3.15, PyPy,
and numpy, pandas and pytest as Debian has them.

    python tests/bases/newest.py DIRECTORY

Needs Linux, root (for chroot), debootstrap, and a mirror of Debian: about 120 packages are downloaded, and 0.5 GB
written. Nothing is configured nor mounted there, so that the directory can simply be removed. How to run what lies
there is printed.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from support.bases.made import clean_environment, uv_program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from support.index import Index

VERSIONS: Final = ("3.14", "3.15")
PACKAGES: Final = (
    *(f"python{version}{part}" for version in VERSIONS for part in ("", "-venv")),
    *("python3-numpy", "python3-pandas", "python3-pytest", "pypy3"),
)
MIRROR: Final = "http://deb.debian.org/debian"
KEYS: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
HOST: Final = Path("/srv/host")
"""Where, below its root, tox and the package under test are installed."""


@dataclass(frozen=True, kw_only=True)
class Newest:
    """The directory."""

    root: Path

    def inside(self, path: Path) -> Path:
        """Name a path as programs that run there do."""
        return Path("/", path.relative_to(self.root))

    def run(
        self, *command: str, cwd: str = "/", variables: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program there.

        Args:
            command: The program and its arguments.
            cwd: Where, below the root.
            variables: Variables besides a few that every program gets.
        """
        usual = {"HOME": "/root", "LANG": "C.UTF-8", "PATH": f"{HOST}/bin:/usr/bin:/bin", "TMPDIR": "/tmp"}
        script = 'cd "$1" && shift && exec "$@"'
        return subprocess.run(
            [chroot(), self.root, "/bin/sh", "-c", script, "sh", cwd, *command],
            env=usual | dict(variables or {}),
            capture_output=True,
            text=True,
            check=False,
        )

    def install(self, version: str, *requirements: str) -> None:
        """Install into an environment there, from outside, where the package index can be reached."""
        directory = self.root / HOST.relative_to("/")
        shutil.rmtree(directory, ignore_errors=True)
        made = self.run(f"/usr/bin/python{version}", "-m", "venv", "--without-pip", str(HOST))
        assert made.returncode == 0, made.stderr
        site = directory / "lib" / f"python{version}" / "site-packages"
        target = ["--target", str(site), "--python-version", version, "--python-platform", "linux"]
        subprocess.run(
            [uv_program(), "pip", "install", "-q", *target, *requirements], env=clean_environment(), check=True
        )
        shutil.copy2(uv_program(), directory / "bin" / "uv")
        for program, module in (("tox", "tox.run"), ("sitediff", "tox_sitediff.cli.main")):
            name = "run" if program == "tox" else "main"
            script = f"#!{HOST}/bin/python\nimport sys\nfrom {module} import {name}\nsys.exit({name}())\n"
            (directory / "bin" / program).write_text(script, "utf-8")
            (directory / "bin" / program).chmod(0o755)

    def copy_index(self, index: Index) -> dict[str, str]:
        """Take an index of wheels there, and return the variables that lead to it and nowhere else."""
        shutil.copytree(index.directory, self.root / "srv" / "index", dirs_exist_ok=True)
        certificates = ssl.get_default_verify_paths().cafile  # without any, uv does not even start to look
        if certificates is not None:
            place = self.root / "etc" / "ssl" / "certs" / "ca-certificates.crt"
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(certificates, place)
        return {"UV_DEFAULT_INDEX": "file:///srv/nothing", "UV_FIND_LINKS": "/srv/index", "UV_LINK_MODE": "copy"}


def chroot() -> str:
    """Find the program, which is not on every user's PATH."""
    return shutil.which("chroot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or ""


def missing() -> str:
    """Say what it can't be made for; empty where it can."""
    if sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"}:
        return "Debian runs on Linux"
    if os.geteuid() != 0 or not chroot():
        return "only root may chroot"
    if not _debootstrap() or not KEYS.exists():
        return "there is no debootstrap, or no keys of Debian: apt-get install debootstrap debian-archive-keyring"
    return ""


def _debootstrap() -> str | None:
    return shutil.which("debootstrap", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def make_newest(directory: Path) -> Newest:
    """Make it.

    Args:
        directory: Where to; what an earlier, stopped making left there is used.

    Raises:
        subprocess.CalledProcessError: When the mirror can't be reached, or a package not be unpacked.
    """
    # the packages are unpacked and not configured, which takes a fifth of the time
    download = [_debootstrap() or "", "--download-only", f"--keyring={KEYS}", "--variant=minbase"]
    download += [f"--include={','.join(PACKAGES)}", "sid", str(directory), _mirror()]
    subprocess.run(download, check=True, capture_output=True)
    archives = sorted((directory / "var/cache/apt/archives").glob("*.deb"))
    # the one with the links from /bin to /usr/bin first: the others are to follow them
    archives.sort(key=lambda path: not path.name.startswith("base-files_"))
    unpack(archives[:1], directory)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda part: unpack(part, directory), (archives[1::2], archives[2::2])))
    for archive in archives:
        archive.unlink()
    for name in ("blas", "lapack"):  # which one is used is Debian's alternatives' to say
        for found in (directory / "usr/lib").glob(f"*/{name}/lib{name}.so.3"):
            (found.parent.parent / found.name).unlink(missing_ok=True)
            (found.parent.parent / found.name).symlink_to(f"{name}/{found.name}")
    for name in ("root", "srv", "tmp"):
        (directory / name).mkdir(exist_ok=True)
    for name in ("null", "urandom"):
        if not (device := directory / "dev" / name).exists():
            os.mknod(device, 0o666 | 0o020000, Path("/dev", name).stat().st_rdev)
            device.chmod(0o666)
    return Newest(root=directory)


def unpack(archives: Sequence[Path], directory: Path) -> None:
    """Unpack packages of Debian, without what configures them."""
    for archive in archives:
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as reader:
            subprocess.run(
                ["tar", "-xf", "-", "-C", directory, "--keep-directory-symlink"], stdin=reader.stdout, check=True
            )


def _mirror() -> str:
    """Return the mirror that this machine's own Debian uses, where it is one."""
    for path in sorted(Path("/etc/apt").rglob("*")):
        if path.suffix in {".sources", ".list"}:
            for line in path.read_text("utf-8").splitlines():
                words = line.split()
                if words[:1] == ["URIs:"] and len(words) > 1:
                    return words[1]
                if words[:1] == ["deb"] and (found := [word for word in words if "://" in word]):
                    return found[0]
    return MIRROR


def main() -> int:
    """Make it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, help="where to")
    directory = parser.parse_args().directory.absolute()
    if reason := missing():
        parser.error(reason)
    make_newest(directory)
    print(f"chroot {directory} python{VERSIONS[-1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
