"""Keeps an environment to what was declared: tox-sitediff put this file here, because ``sitediff_visibility`` says so.

The environment inherits the packages of a base interpreter. ``declared``: of these, only what the environment declared
can be seen. ``report``: everything can be seen, and what was imported without being declared is noted down.
_sitediff_visibility.pth beside this file runs it at each start; _sitediff_visibility.txt says what is declared.

To get rid of it, delete the .pth file, or set ``sitediff_visibility = base`` and run tox again. For one process:
TOX_SITEDIFF_VISIBILITY=base in its environment.

Python's standard library alone, 3.6 and newer. It runs at each start of the interpreter, so it imports nothing that is
not loaded by then: what importlib.machinery offers comes from where that has it.
"""

import os
import sys
from _frozen_importlib import spec_from_loader
from _frozen_importlib_external import PathFinder as StandardPathFinder

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "_sitediff_visibility.txt")
IMPORTLIB = frozenset(("importlib", "importlib_metadata"))
SHARDS = 32  # files that processes write their notes to, so that there are few of them, and few writers of each

sight = globals().get("sight")  # what the data file says, once it was read; a reload of this module keeps it


class Rules:
    """What of one directory is declared."""

    def __init__(self, path, names=(), modules=()):
        self.path = path
        self.names = frozenset(names)  # distributions
        self.modules = frozenset(modules)  # names of modules right in it


class Sight:
    """The data file."""

    def __init__(self, content, mode):
        head, _, body = content.partition(b"\n")
        words = head.split()
        if words[:3] != [b"sitediff-visibility", b"1", mode.encode()] or int(words[3]) != checksum(body):
            raise ValueError("it is damaged")
        self.hides = mode == "declared"
        body, _, self.owners = body.partition(b"\n\n")
        self.log = ""
        self.user = ""
        self.rules = {}  # by directory
        self.entries = []  # what belongs on sys.path: role, directory, and its .pth files that may run
        for line in os.fsdecode(body).split("\n"):
            kind, *fields = map(unescape, line.split("\t"))
            if kind in ("base", "user", "inside"):
                self.rules[key(fields[0])] = rules = Rules(fields[0])
                if kind != "inside":
                    self.entries.append((kind, fields[0], []))
            elif kind == "names":
                rules.names = frozenset(fields)
            elif kind == "modules":
                rules.modules = frozenset(fields)
            elif kind == "pth":
                self.entries[-1][2].extend(fields)
            elif kind == "log":
                self.log = fields[0]
            elif kind == "usersite":
                self.user = fields[0]
            else:
                raise ValueError("it has an unknown line")

    def rules_of(self, path):
        """Return the rules of a directory; None where all in it may be seen."""
        return self.rules.get(key(path)) if isinstance(path, str) else None

    def owner(self, directory, module):
        """Name the undeclared distribution that has a module; empty where none has."""
        where = ""
        if os.fsencode("\t" + module) not in self.owners:
            return ""
        for line in os.fsdecode(self.owners).split("\n"):
            kind, *fields = map(unescape, line.split("\t"))
            if kind == "of":
                where = key(fields[0])
            elif kind == "has" and where == key(directory) and module in fields[1:]:
                return fields[0]
        return ""


def checksum(content):
    return int.from_bytes(content, "big") % 4294967291


def unescape(text):
    return text.replace("%09", "\t").replace("%0A", "\n").replace("%25", "%") if "%" in text else text


def escape(text):
    return text.replace("%", "%25").replace("\n", "%0A").replace("\t", "%09")


def key(path):
    return os.path.normcase(os.path.normpath(path))


# --- which modules of a directory are found


def wrapped(path):
    """Make the finder of a directory with rules (an entry of sys.path_hooks)."""
    rules = sight.rules_of(path)
    if rules is None:
        raise ImportError(path)
    for hook in sys.path_hooks:
        if not is_ours(hook):
            try:
                finder = hook(path)
            except ImportError:
                continue
            return Hiding(path, finder, rules) if sight.hides else noting(finder, rules)
    raise ImportError(path)


def is_ours(hook):
    return getattr(hook, "__module__", None) == __name__  # whichever copy of this module it is from


class Hiding:
    """Finds what is declared of one directory, as Python's own finder does."""

    # not derived from FileFinder: pkgutil asks this one for its modules, and would list the directory of a FileFinder

    def __init__(self, path, finder, rules):
        self.path = path
        self.finder = finder
        self.rules = rules

    def find_spec(self, fullname, target=None):  # noqa: ARG002
        return self.find(fullname) if fullname.rpartition(".")[2] in self.rules.modules else None

    def find_module(self, fullname, path=None):  # noqa: ARG002
        """Find a loader (what plugins are often loaded with, before Python 3.12)."""
        spec = self.find_spec(fullname)
        return spec and spec.loader

    def find(self, fullname):
        """Find a module whether it is declared or not."""
        if hasattr(self.finder, "find_spec"):
            return self.finder.find_spec(fullname)
        loader = self.finder.find_module(fullname)  # of an archive, before Python 3.10
        return None if loader is None else spec_from_loader(fullname, loader)

    def invalidate_caches(self):
        if hasattr(self.finder, "invalidate_caches"):
            self.finder.invalidate_caches()

    def iter_modules(self, prefix=""):
        """List the modules (what pkgutil.iter_modules asks finders for)."""
        from pkgutil import iter_importer_modules

        for name, is_package in iter_importer_modules(self.finder, prefix):
            if name[len(prefix) :] in self.rules.modules:
                yield name, is_package


def noting(finder, rules):
    """Make a finder note what it finds that is not declared."""
    kind = type(finder)

    def note_if_hidden(fullname, loader):
        if fullname.rpartition(".")[2] not in rules.modules and loader is not None:
            note(fullname, rules.path)

    def find_spec(self, fullname, target=None):
        spec = kind.find_spec(self, fullname, target)
        note_if_hidden(fullname, spec and spec.loader)
        return spec

    def find_loader(self, fullname, path=None):  # of an archive, before Python 3.10
        found = kind.find_loader(self, fullname, path)
        note_if_hidden(fullname, found[0])
        return found

    # a class of the same kind, so that whoever looks at it finds what he expects
    method = find_spec if hasattr(kind, "find_spec") else find_loader
    try:
        finder.__class__ = type(kind.__name__, (kind,), {method.__name__: method, "__module__": kind.__module__})
    except TypeError:
        pass  # written in C, as that of archives before Python 3.8: what is in there is not noted
    return finder


# --- which distributions are found


def shows(distribution):
    """Tell whether importlib.metadata may show a distribution."""
    directory, name = os.path.split(str(getattr(distribution, "_path", "")).rstrip("/" + os.sep))
    rules = sight.rules_of(directory) if directory else None
    if rules is None:
        return True
    if name.lower() == "egg-info":
        name = os.path.basename(directory)
    return normalized(name.rpartition(".")[0].partition("-")[0]) in rules.names


def normalized(name):
    """Normalise the name of a distribution (PEP 503)."""
    return "-".join(filter(None, name.lower().replace("_", "-").replace(".", "-").split("-")))


class LikeStandard(type):
    """Makes a class equal to Python's own, because some look for that in sys.meta_path, or for its name."""

    def __eq__(cls, other):
        return other is cls or other is StandardPathFinder

    def __hash__(cls):
        return hash(StandardPathFinder)


class PathFinder(StandardPathFinder, metaclass=LikeStandard):  # type: ignore[metaclass]  # which mypy takes for an ABC
    """Python's own, less the distributions that are not declared."""

    is_superseded = False
    is_waiting = False

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        # the site module asks for sitecustomize when it is through with the environment
        if cls.is_waiting and (fullname == "sitecustomize" or "sitecustomize" in sys.modules):
            cls.is_waiting = False
            let_in()
        spec = super().find_spec(fullname, path, target)
        if fullname.rpartition(".")[2] in AFTER and hasattr(spec and spec.loader, "exec_module"):
            spec.loader = Adapting(spec.loader)
        return spec

    @classmethod
    def find_distributions(cls, *args, **kwargs):
        if cls.is_superseded or not hasattr(StandardPathFinder, "find_distributions"):
            return iter(())
        return filter(shows, super().find_distributions(*args, **kwargs))


class Around:
    """Stands for something else, and does some of it in another way."""

    def __init__(self, inner):
        self.inner = inner

    def __getattr__(self, name):
        if name == "inner":  # of one that is being copied
            raise AttributeError(name)
        return getattr(self.inner, name)


class Filtered(Around):
    """Another finder of distributions, less those that are not declared."""

    def find_distributions(self, *args, **kwargs):
        return filter(shows, self.inner.find_distributions(*args, **kwargs))


class Adapting(Around):
    """Loads a module that looks for distributions by itself, then shows it how."""

    def create_module(self, spec):
        return self.inner.create_module(spec)

    def exec_module(self, module):
        module.__loader__ = module.__spec__.loader = self.inner
        self.inner.exec_module(module)
        adapt(module)


def adapt(module):
    try:
        AFTER[module.__name__.rpartition(".")[2]](module)
    except Exception:
        pass  # another module of that name, or one that works otherwise


def after_importlib_metadata(module):
    """The backport adds a finder, and switches Python's own off."""
    if module.__name__ == "importlib_metadata":
        for at, finder in enumerate(sys.meta_path):
            if type(finder).__module__ == module.__name__ and hasattr(finder, "find_distributions"):
                sys.meta_path[at] = Filtered(finder)
                PathFinder.is_superseded = True


def after_pkg_resources(module):
    """It wants to be told how to look into a directory whose finder it does not know."""

    def find(finder, path, only=False):
        return [
            found for found in module.find_on_path(finder, path, only) if normalized(found.key) in finder.rules.names
        ]

    module.register_finder(Hiding, find)
    module.register_namespace_handler(Hiding, module.file_ns_handler)
    for path in sys.path:
        if sight.rules_of(path) is not None:
            for found in module.find_distributions(path, True):
                module.working_set.add(found, path, False)


AFTER = {"importlib_metadata": after_importlib_metadata, "pkg_resources": after_pkg_resources}


# --- what is said, and what is noted down


class Last:
    """Asked for what nothing else has found: says that the base has it, where it has."""

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        if not sight.hides:  # then the finders of editable installs come next
            if path is None and os.fsencode("\t" + fullname) in sight.owners:
                for rules in sight.rules.values():
                    if sight.owner(rules.path, fullname):
                        note(fullname, rules.path)
            return None
        finders = list(sys.meta_path)  # from which some take others out while they ask them
        for finder in finders[finders.index(cls) + 1 :] if cls in finders else ():
            spec = finder.find_spec(fullname, path, target) if hasattr(finder, "find_spec") else None
            if spec is not None:
                return spec
        found = hidden(fullname, sys.path if path is None else path)
        # who only asks whether it is there gets no for an answer; an import statement gets the reason
        if found is None or not note(fullname, found):
            return None
        owner = sight.owner(found, fullname.rpartition(".")[2])
        reason = "the base has it, but no distribution that is declared"
        if owner:
            reason = "%s of the base has it, but is not declared; add %s to the requirements, or to sitediff_declare"
            reason %= (owner, owner.partition(" ")[0])
        raise ModuleNotFoundError("No module named %r (%s)" % (fullname, reason), name=fullname)


def hidden(fullname, path):
    """Return the directory that has a module which is not declared; None where no directory has it."""
    for entry in path:
        finder = sys.path_importer_cache.get(entry)
        # what only a finder of an editable install provides is not found, but known
        if isinstance(finder, Hiding) and (finder.find(fullname) or sight.owner(finder.rules.path, fullname)):
            return finder.rules.path
    return None


def importer(fullname):
    """Tell which file and line imports a module, and which entry point is loaded; None where nothing imports it."""
    frame = sys._getframe(1)  # noqa: SLF001
    while frame.f_code.co_name != "_find_and_load_unlocked" or not is_importlib(frame):
        frame = frame.f_back
        if frame is None:
            return None
    if frame.f_locals.get("name") != fullname:
        return None
    entry_point = ""
    while frame is not None and is_importlib(frame):
        if frame.f_code.co_name == "load":
            point = frame.f_locals.get("self")
            entry_point = "%s: %s" % (getattr(point, "group", ""), getattr(point, "name", ""))
        frame = frame.f_back
    found = ("", 0, entry_point)
    if frame is not None:
        name = frame.f_code.co_filename  # of a script, before Python 3.9, as it was given
        found = (name if name.startswith("<") else os.path.abspath(name), frame.f_lineno, entry_point)
    while frame is not None:
        if frame.f_globals.get("__name__") == "site":
            return None  # a .pth file of the base does it at each start, not what is run
        frame = frame.f_back
    return found


def is_importlib(frame):
    name = str(frame.f_globals.get("__name__"))
    return frame.f_code.co_filename.startswith("<frozen importlib") or name.partition(".")[0] in IMPORTLIB


def note(fullname, directory):
    """Write down who imports what; return whether anything imports it. Never fails."""
    try:
        found = importer(fullname)
        if found is None:
            return False
        fields = [fullname, directory, found[0], str(found[1]), found[2]]
        line = os.fsencode("\t".join(map(escape, fields)) + "\n")
        path = os.path.join(sight.log, "%02d.txt" % (os.getpid() % SHARDS))
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        try:
            if line not in os.read(file, 1 << 22):
                os.write(file, line)
        finally:
            os.close(file)
    except Exception:
        pass  # a full disk, a read-only one, a directory that is gone: the run is worth more than the note
    return True


# --- the start


class Held(list):
    """Prefixes that the site module does not look into before it is time."""

    def __iter__(self):
        return iter(())


def let_in():
    """Put the base's directories on sys.path, as the site module would, less the .pth files that are not declared."""
    import site

    if not isinstance(site.PREFIXES, Held) or sys.base_prefix not in list(list.__iter__(site.PREFIXES)):
        return  # the environment inherits nothing
    site.PREFIXES = list(list.__iter__(site.PREFIXES))
    site.ENABLE_USER_SITE = site.check_enableusersite()
    user = site.getusersitepackages() if site.ENABLE_USER_SITE else None
    for role, path, _ in sight.entries:
        # of another user's home, nothing is known
        if (role != "user" or user == sight.user) and path not in sys.path and os.path.exists(path):
            sys.path.append(path)
    for path in [user] * bool(user) + site.getsitepackages():
        if path not in sys.path and os.path.isdir(path):
            sight.rules.setdefault(key(path), Rules(path))
            sys.path.append(path)
    for _, path, files in sight.entries:
        if path in sys.path:
            for name in files:
                site.addpackage(path, name, None)


def start(mode):
    """Begin; the .pth file calls this with the mode, ``report`` or ``declared``."""
    global sight
    import site

    if sight is not None or any(map(is_ours, sys.path_hooks)):
        return  # the .pth file is run again
    if os.environ.get("TOX_SITEDIFF_VISIBILITY") == "base":
        return
    if HERE not in site.getsitepackages([sys.prefix]):
        return  # another environment stands on this one
    try:
        with open(DATA, "rb") as file:
            sight = Sight(file.read(), mode)
    except Exception as error:
        problem(mode, error)
        return
    sys.path_hooks.insert(0, wrapped)
    sys.meta_path.append(Last)
    for path in [path for path in sys.path_importer_cache if sight.rules_of(path) is not None]:
        del sys.path_importer_cache[path]
    if sight.hides:
        at = sys.meta_path.index(StandardPathFinder) if StandardPathFinder in sys.meta_path else len(sys.meta_path)
        sys.meta_path[at : at + 1] = [PathFinder]
        for name in AFTER:
            if name in sys.modules:
                adapt(sys.modules[name])
        # the base comes behind all that the environment's own .pth files add, and some of its own must not run
        PathFinder.is_waiting = True
        site.PREFIXES = Held(site.PREFIXES)
        site.ENABLE_USER_SITE = False


def problem(mode, error):
    """Say what is wrong: then stop, or stand aside, after having said it once."""
    end = "nothing can be hidden, so nothing runs" if mode == "declared" else "nothing is noted"
    text = "sitediff: %s can't be used (%s): %s; run tox -r or sitediff install, or delete %s\n"
    text %= (DATA, error, end, os.path.join(HERE, "_sitediff_visibility.pth"))
    try:
        if mode != "declared":
            os.close(os.open(os.path.join(HERE, "_sitediff_visibility.said"), os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    except OSError:
        pass
    try:
        os.write(2, os.fsencode(text))
    except OSError:
        pass
    if mode == "declared":
        os._exit(2)
