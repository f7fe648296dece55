# Runs in the environment's interpreter, whichever Python that is, with nothing but its standard library.
# argv: a fence that noise from site customisation can't contain, "full" or "light", and site directories that are to be
# seen as if they were stacked behind the environment's own. With -S: what the environment would see without its view.
import os
import sys


def stack(site, directories):  # type: ignore[no-untyped-def]  # as below
    before = list(sys.path)
    own = [at for at, path in enumerate(before) if path in site.getsitepackages() and path.startswith(sys.prefix)]
    end = own[-1] + 1 if own else len(before)
    # a path line of an own .pth file stands behind the directory that the file lies in, and before the base's
    inherited = [path for path in site.getsitepackages() if path not in before[:end]] + [site.getusersitepackages()]
    while end < len(before) and before[end] not in inherited:
        end += 1
    for directory in directories:
        site.addsitedir(directory)
    new = [path for path in sys.path if path not in before]
    sys.path[:] = before[:end] + new + before[end:]


def without_view():  # type: ignore[no-untyped-def]  # as below
    # the site module, which has not run, does what it does in an environment with access to all of the base
    script_directory = sys.path[:1] if sys.path[:1] == [""] else []
    del sys.path[: len(script_directory)]
    import site

    venv, addpackage = site.venv, site.addpackage

    def inheriting_venv(known_paths):  # type: ignore[no-untyped-def]
        known_paths = venv(known_paths)
        below = [path for path in (sys.base_prefix, sys.base_exec_prefix) if path != sys.prefix]
        site.PREFIXES = [sys.prefix, *below]
        site.ENABLE_USER_SITE = None
        return known_paths

    def other_package(sitedir, name, known_paths, *more, **options):  # type: ignore[no-untyped-def]
        if name != "_sitediff_view.pth":
            return addpackage(sitedir, name, known_paths, *more, **options)
        return known_paths

    def no_view(read):  # type: ignore[no-untyped-def]
        def read_other(state, sitedir, name):  # type: ignore[no-untyped-def]
            if not name.startswith("_sitediff_view."):
                read(state, sitedir, name)

        return read_other

    if hasattr(site, "StartupState"):  # from Python 3.15 on
        batch, venv = site.StartupState, site._venv  # type: ignore[attr-defined]
        readers = batch._read_pth_file, batch._read_start_file
        site._venv = inheriting_venv  # type: ignore[attr-defined]
        batch._read_pth_file, batch._read_start_file = map(no_view, readers)
        site.main()
        site._venv = venv  # type: ignore[attr-defined]
        batch._read_pth_file, batch._read_start_file = readers
    else:
        site.venv, site.addpackage = inheriting_venv, other_package
        site.main()
        site.venv, site.addpackage = venv, addpackage
    sys.path[:0] = script_directory


def decides():  # type: ignore[no-untyped-def]  # as below
    # what decided about all that is said here: as long as none of it changes, nor a variable, the answer is the same
    found = [*sys.path, sys.executable, getattr(sys, "_base_executable", None)]
    for module in list(sys.modules.values()):
        found += [getattr(module, "__file__", None), getattr(module, "__cached__", None)]
    site = sys.modules.get("site")
    if site is not None:
        found += [*site.getsitepackages(), site.getusersitepackages()]
    try:
        with open("/proc/self/maps") as file:
            found += [line.split(None, 5)[5].rstrip("\n") for line in file if " r-xp " in line and "/" in line]
    except (OSError, ValueError):
        pass
    return sorted({path for path in found if isinstance(path, str) and path})


def probe():  # type: ignore[no-untyped-def]  # annotations would not run on every Python
    decided = decides()  # type: ignore[no-untyped-call]
    if sys.flags.no_site:
        without_view()  # type: ignore[no-untyped-call]
    site = sys.modules.get("site")
    if site is not None and sys.argv[3:]:
        stack(site, sys.argv[3:])  # type: ignore[no-untyped-call]
    # imports pass over anything else too
    paths = [path for path in sys.path if isinstance(path, str)]  # type: ignore[redundant-expr]
    if paths and paths[0] == "":
        del paths[0]  # the script directory, which "-c" leaves empty
    # where the standard library lies: no place for distributions
    library = os.path.dirname(os.__file__)
    standard = (library, os.path.join(library, "lib-dynload"), os.path.join(sys.base_prefix, "DLLs"), sys.base_prefix)
    paths = [path for path in paths if path not in standard and not path.endswith(".zip")]
    # from here on no module of somebody else's hides one of the standard library: the current directory is on the path
    # too, and a json.py or a platform.py in it is no rarity
    sys.path[:0] = [path for path in sys.path if path in standard]
    base_sites = []
    user = None
    if site is not None:
        user = site.getusersitepackages() if site.ENABLE_USER_SITE else None
        base_sites = site.getsitepackages()
    answer = {
        "decides": decided,
        "absent": [path for path in decided if not os.path.exists(path)],
        "executable": sys.executable,
        "version": sys.version.split()[0],
        "implementation": sys.implementation.name,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "base_executable": getattr(sys, "_base_executable", "") or "",
        "paths": paths,
        "sites": base_sites,
        "user": user,
        "finders": any(
            hasattr(finder, "find_distributions")
            and getattr(finder, "__module__", None)
            not in ("_frozen_importlib_external", "importlib._bootstrap_external")
            for finder in sys.meta_path
        ),
    }
    if sys.argv[2] == "full":
        strange = any(map(is_strange, sys.meta_path))
        plain = sys.implementation.name == "cpython" and os.name == "posix" and not strange
        answer["markers"] = markers(plain and "platform" not in sys.modules)  # type: ignore[no-untyped-call]
        answer.update(places(plain and "sysconfig" not in sys.modules))  # type: ignore[no-untyped-call]
    return answer


def is_strange(finder):  # type: ignore[no-untyped-def]  # as above
    # Python's own, virtualenv's and setuptools' leave the standard library as it is, but for distutils
    name = str(getattr(finder, "__module__", None))
    return not name.startswith(
        ("_frozen_importlib", "importlib._bootstrap", "_virtualenv", "_distutils_hack", "__editable___")
    )


def markers(is_plain):  # type: ignore[no-untyped-def]  # as above
    info = sys.implementation.version
    version = "%d.%d.%d" % (info.major, info.minor, info.micro)
    if info.releaselevel != "final":
        version += info.releaselevel[0] + str(info.serial)
    said = sys.version.split()[0]
    # the module platform takes longer than all else; on Linux it says of CPython what follows, unless it was changed
    if is_plain and sys.platform == "linux" and said == version:
        system, _, release, full, machine = [("" if text == "unknown" else text) for text in os.uname()]
        python, implementation, short = said, "CPython", said.split(".")[:2]
    else:
        import platform

        system, release, full = platform.system(), platform.release(), platform.version()
        machine, implementation = platform.machine(), platform.python_implementation()
        python, short = platform.python_version(), list(platform.python_version_tuple()[:2])
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": version,
        "os_name": os.name,
        "platform_machine": machine,
        "platform_release": release,
        "platform_system": system,
        "platform_version": full,
        "python_full_version": python,
        "platform_python_implementation": implementation,
        "python_version": ".".join(short),
        "sys_platform": sys.platform,
    }


def places(is_plain):  # type: ignore[no-untyped-def]  # as above
    import sysconfig

    names = ("purelib", "platlib", "scripts")
    if is_plain:
        # all that sysconfig fills in otherwise takes much longer to find out than these
        known = {
            "base": os.path.normpath(sys.prefix),
            "platbase": os.path.normpath(sys.exec_prefix),
            "py_version_short": "%d.%d" % sys.version_info[:2],
            "implementation_lower": "python",
            "platlibdir": getattr(sys, "platlibdir", "lib"),
        }
        try:
            found = {name: sysconfig.get_path(name, expand=False).format(**known) for name in names}
            return {name: os.path.normpath(os.path.expanduser(found[name])) for name in names}
        except (KeyError, IndexError, ValueError, AttributeError):
            pass
    return {name: sysconfig.get_path(name) for name in names}


def written(value):  # type: ignore[no-untyped-def]  # as above
    # as JSON; its module takes long to load, and site customisation may have met another one, or changed it
    if isinstance(value, dict):
        return "{%s}" % ",".join(written(key) + ":" + written(value[key]) for key in value)  # type: ignore[no-untyped-call]
    if isinstance(value, (list, tuple)):
        return "[%s]" % ",".join(map(written, value))
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if value.isprintable() and not [character for character in value if character in '"\\' or character > "~"]:
        return '"%s"' % value
    units = value.encode("utf-16-be", "surrogatepass")
    return '"%s"' % "".join("\\u%02x%02x" % (units[at], units[at + 1]) for at in range(0, len(units), 2))


def main():  # type: ignore[no-untyped-def]
    text = written(probe())  # type: ignore[no-untyped-call]
    fence = sys.argv[1]
    # not sys.stdout: site customisation may have put something else there
    os.write(1, ("\n" + fence + text + fence + "\n").encode("ascii"))


if __name__ == "__main__":
    main()  # type: ignore[no-untyped-call]
