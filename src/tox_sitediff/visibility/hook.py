"""Notes down what is imported without being declared: tox-sitediff put this file here, for ``sitediff_visibility``.

The environment inherits the packages of a base interpreter, and ``report`` asks which of them it uses without having
declared them. _sitediff_visibility.pth beside this file runs it at each start; _sitediff_visibility.txt says what is
declared. All is found as without it.

To get rid of it, delete the .pth file, or set ``sitediff_visibility = base`` and run tox again. For one process:
TOX_SITEDIFF_VISIBILITY=base in its environment.

Python's standard library alone, 3.6 and newer. It runs at each start of the interpreter, so it imports nothing that is
not loaded by then. What it needs later is bound at the start, and written in C: programs put other functions in the
place of those of os, and those of os that are written in Python call others of it. So paths are worked out here.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "_sitediff_visibility.txt")
IMPORTLIB = frozenset(("importlib", "importlib_metadata"))
SHARDS = 32  # files that processes write their notes to, so that there are few of them, and few writers of each
NOTES = os.O_RDWR | os.O_APPEND | os.O_CREAT
for flag in ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK"):  # a link is not followed, and a pipe is not waited for
    NOTES |= getattr(os, flag, 0)
MOST = 1 << 22

os_open, os_read, os_write, os_close, getpid, getcwd = os.open, os.read, os.write, os.close, os.getpid, os.getcwd
ENCODING = (sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())
SEP = os.sep
IS_WINDOWS = os.sep == "\\"
frame_above = sys._getframe  # noqa: SLF001

sight = globals().get("sight")  # what the data file says, once it was read; a reload of this module keeps it


class Rules:
    """What of one directory is declared."""

    def __init__(self, path):
        self.path = path
        self.modules = frozenset()  # names of modules right in it


class Sight:
    """The data file."""

    def __init__(self, content):
        head, _, body = content.partition(b"\n")
        words = head.split()
        if words[:3] != [b"sitediff-visibility", b"2", b"report"] or int(words[3]) != checksum(body):
            raise ValueError("it is damaged")
        body, _, self.owners = body.partition(b"\n\n")
        self.log = ""
        self.rules = {}  # by directory
        for line in body.decode(*ENCODING).split("\n"):
            kind, *fields = map(unescape, line.split("\t"))
            if kind in ("path", "inside"):
                self.rules[key(fields[0])] = rules = Rules(fields[0])
            elif kind == "modules":
                rules.modules = frozenset(fields)
            elif kind == "log":
                self.log = fields[0]
            else:
                raise ValueError("it has an unknown line")

    def rules_of(self, path):
        """Return the rules of a directory; None where there are none."""
        return self.rules.get(key(path)) if isinstance(path, str) else None

    def owned(self, module):
        """Name the directories in which an undeclared distribution has a module."""
        where = ""
        if ("\t" + module).encode(*ENCODING) not in self.owners:
            return
        for line in self.owners.decode(*ENCODING).split("\n"):
            kind, *fields = map(unescape, line.split("\t"))
            if kind == "of":
                where = fields[0]
            elif kind == "has" and module in fields[1:]:
                yield where


def checksum(content):
    return int.from_bytes(content, "big") % 4294967291


def unescape(text):
    return text.replace("%09", "\t").replace("%0A", "\n").replace("%25", "%") if "%" in text else text


def escape(text):
    return text.replace("%", "%25").replace("\n", "%0A").replace("\t", "%09")


def key(path):
    """Write a path as the table of the rules has it."""
    return tidy(path.replace("/", SEP).lower() if IS_WINDOWS else path)


def tidy(path):
    """Do what os.path.normpath does, of an absolute path."""
    parts = []
    for part in path.split(SEP):
        if part == ".." and len(parts) > 1:
            parts.pop()
        elif part not in ("..", ".") and (part or not parts):
            parts.append(part)
    is_root = len(parts) == 1 and SEP in path
    return SEP.join(parts) + (SEP if is_root else "")


def absolute(path):
    """Do what os.path.abspath does."""
    if IS_WINDOWS:
        path = path.replace("/", SEP)
    is_absolute = path.startswith(SEP) or (IS_WINDOWS and path[1:2] == ":")
    return tidy(path if is_absolute else getcwd() + SEP + path)


# --- what is found


def wrapped(path):
    """Make the finder of a directory with rules (an entry of sys.path_hooks)."""
    try:
        rules = sight.rules_of(path)
    except Exception:
        rules = None
    if rules is not None:
        for hook in sys.path_hooks:
            if not is_ours(hook):
                try:
                    finder = hook(path)
                except ImportError:
                    continue
                return noting(finder, rules)
    raise ImportError(path)


def is_ours(hook):
    try:
        return getattr(hook, "__module__", None) == __name__  # whichever copy of this module it is from
    except Exception:
        return False


def noting(finder, rules):
    """Make a finder note what it finds that is not declared."""
    kind = type(finder)

    def note_if_undeclared(fullname, spec=None, loader=None):
        try:
            if fullname.rpartition(".")[2] not in rules.modules:
                loader = loader if spec is None else spec.loader
                if loader is not None:
                    note(fullname, rules.path)
        except Exception:
            pass  # the run is worth more than the note

    def find_spec(self, fullname, target=None):
        spec = kind.find_spec(self, fullname, target)
        note_if_undeclared(fullname, spec)
        return spec

    def find_loader(self, fullname, path=None):  # of an archive, before Python 3.10
        found = kind.find_loader(self, fullname, path)
        if found:
            note_if_undeclared(fullname, None, found[0])
        return found

    try:
        # a class of the same kind, so that whoever looks at it finds what he expects
        method = find_spec if hasattr(kind, "find_spec") else find_loader
        finder.__class__ = type(kind.__name__, (kind,), {method.__name__: method, "__module__": kind.__module__})
    except Exception:
        pass  # written in C, as that of archives before Python 3.8: what is in there is not noted
    return finder


class Last:
    """Asked for what no directory has, before the finders of editable installs are."""

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):  # noqa: ARG003
        try:
            if path is None:
                for directory in sight.owned(fullname):
                    note(fullname, directory)
        except Exception:
            pass


# --- what is noted down


def importer(fullname):
    """Tell which file and line imports a module, and which entry point is loaded; None where nothing imports it."""
    frame = frame_above(1)
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
        found = (name if name.startswith("<") else absolute(name), frame.f_lineno, entry_point)
    while frame is not None:
        if frame.f_globals.get("__name__") == "site":
            return None  # a .pth file of the base does it at each start, not what is run
        frame = frame.f_back
    return found


def is_importlib(frame):
    name = str(frame.f_globals.get("__name__"))
    return frame.f_code.co_filename.startswith("<frozen importlib") or name.partition(".")[0] in IMPORTLIB


def note(fullname, directory):
    """Write down who imports what. Never fails."""
    try:
        found = importer(fullname)
        if found is None:
            return
        fields = [fullname, directory, found[0], str(found[1]), found[2]]
        line = ("\t".join(map(escape, fields)) + "\n").encode(*ENCODING)
        file = os_open("%s%s%02d.txt" % (sight.log, SEP, getpid() % SHARDS), NOTES, 0o666)
        try:
            if b"\n" + line not in b"\n" + os_read(file, MOST):  # a whole one: a name may end as another one
                os_write(file, line)
        finally:
            os_close(file)
    except Exception:
        pass  # a full disk, a read-only one, a directory that is gone: the run is worth more than the note


# --- the start


def start():
    """Begin; the .pth file calls this."""
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
            sight = Sight(file.read())
    except Exception as error:
        problem(error)
        return
    sys.path_hooks.insert(0, wrapped)
    sys.meta_path.append(Last)
    for path in [path for path in sys.path_importer_cache if sight.rules_of(path) is not None]:
        del sys.path_importer_cache[path]


def problem(error):
    """Say once what is wrong, and stand aside."""
    text = "sitediff: %s can't be used (%s): nothing is noted; run tox -r or sitediff install, or delete %s\n"
    text %= (DATA, error, os.path.join(HERE, "_sitediff_visibility.pth"))
    try:
        os_close(os_open(os.path.join(HERE, "_sitediff_visibility.said"), os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    except OSError:
        pass
    try:
        os_write(2, text.encode(*ENCODING))
    except OSError:
        pass
