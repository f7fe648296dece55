"""Notes down what an environment imports: tox-sitediff put this file here, for ``sitediff_visibility = report``.

The environment inherits the packages of a base interpreter, and ``report`` asks which of them it uses without having
declared them, and which it declares without using them. _sitediff_visibility.pth beside this file runs it at each
start; _sitediff_visibility.txt says which directories count. All is found as without it.

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
FOR_OTHERS = frozenset(  # beside the standard library: what imports by name what its caller names
    (
        "_distutils_hack",
        "_pytest.outcomes",
        "django.utils.module_loading",
        "lazy_loader",
        "pkg_resources",
        "traitlets.utils.importstring",
        "werkzeug.utils",
        "zope.dottedname.resolve",
    )
)
SHARDS = 32  # files that processes write their notes to, so that there are few of them, and few writers of each
NOTES = os.O_RDWR | os.O_APPEND | os.O_CREAT
for flag in ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK"):  # a link is not followed, and a pipe is not waited for
    NOTES |= getattr(os, flag, 0)
MOST = 1 << 22

os_open, os_read, os_write, os_close, getpid, getcwd = os.open, os.read, os.write, os.close, os.getpid, os.getcwd
STANDARD = os.path.dirname(os.__file__) + os.sep
ENCODING = (sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())
SEP = os.sep
IS_WINDOWS = os.sep == "\\"
frame_above = sys._getframe  # noqa: SLF001

known = (0, {b""})  # of which process, and the lines that it knows to be written down
sight = globals().get("sight")  # what the data file says, once it was read; a reload of this module keeps it


class Rules:
    """What of one directory is noted."""

    def __init__(self, path):
        self.path = path
        self.modules = frozenset()  # names of modules right in it that are not noted


class Sight:
    """The data file."""

    def __init__(self, content):
        head, _, body = content.partition(b"\n")
        words = head.split()
        if words[:3] != [b"sitediff-visibility", b"3", b"report"] or int(words[3]) != checksum(body):
            raise ValueError("it is damaged")
        body = body.partition(b"\n\n")[0]
        self.log = ""
        self.rules = {}  # by directory
        self.found = {}  # directories, by the modules that a finder of an editable install in them finds
        self.foreign = ()  # below these is nothing of the project
        self.project = ()  # but for what begins with these
        for line in body.decode(*ENCODING).split("\n"):
            kind, *fields = map(unescape, line.split("\t"))
            if kind == "notes":
                self.rules[key(fields[0])] = rules = Rules(fields[0])
                rules.modules = frozenset(fields[1:])
            elif kind == "finds":
                for module in fields[1:]:
                    self.found.setdefault(module, []).append(fields[0])
            elif kind == "foreign":
                self.foreign = tuple(fields)
            elif kind == "project":
                self.project = tuple(fields)
            elif kind == "log":
                self.log = fields[0]
            else:
                raise ValueError("it has an unknown line")

    def rules_of(self, path):
        """Return the rules of a directory; None where there are none."""
        return self.rules.get(key(path)) if isinstance(path, str) else None

    def is_foreign(self, file):
        """Tell whether a file is not the project's."""
        return file.startswith(self.foreign) and not file.startswith(self.project)


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
    """Make a finder note what it finds."""
    kind = type(finder)

    def note_it(fullname, spec=None, loader=None):
        try:
            if fullname.rpartition(".")[2] not in rules.modules:
                loader = loader if spec is None else spec.loader
                if loader is not None:
                    note(fullname, rules.path)
        except Exception:
            pass  # the run is worth more than the note

    def find_spec(self, fullname, target=None):
        spec = kind.find_spec(self, fullname, target)
        note_it(fullname, spec)
        return spec

    def find_loader(self, fullname, path=None):  # of an archive, before Python 3.10
        found = kind.find_loader(self, fullname, path)
        if found:
            note_it(fullname, None, found[0])
        return found

    try:
        # a class of the same kind, so that whoever looks at it finds what he expects
        method = find_spec if hasattr(kind, "find_spec") else find_loader
        finder.__class__ = type(kind.__name__, (kind,), {method.__name__: method, "__module__": kind.__module__})
    except Exception:
        pass  # written in C, as that of archives before Python 3.8: what is in there is not noted
    return finder


class Last:
    """Asked for what no directory has, right before the finders of editable installs are."""

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):  # noqa: ARG003
        try:
            if path is None:
                for directory in sight.found.get(fullname, ()):
                    note(fullname, directory)
        except Exception:
            pass


# --- what is noted down


def importer(fullname):
    """Tell who imports a module; None where nothing does.

    That is the innermost file which is neither of the import system, nor of the standard library, nor imports for
    others. The fields are the file, the line, the entry point that is loaded, and three flags, "1" or nothing: whether
    it is the project's without being a file, whether none of those that were passed over stands between, and whether
    its code names the module.
    """
    frame = importing(fullname)
    if frame is None or is_start(frame):
        return None
    entry_point = ""
    asks = passed = None
    is_child = False
    is_direct, is_named = True, False
    while frame is not None and asks is None:
        name = str(frame.f_globals.get("__name__"))
        if is_importlib(frame) or name == "pkg_resources":
            if passed is None:
                entry_point = loaded(frame) or entry_point
        else:
            asks = asking(frame, name, is_child)
            passed = passed or (frame.f_code.co_filename, frame.f_lineno, "")
            is_direct = is_direct and asks is not None
            if asks is not None and names(frame.f_code, fullname):
                is_named = True
            is_child = is_child or name.startswith(("multiprocessing", "concurrent"))
        frame = frame.f_back
    file, line, is_project = asks or passed or ("", 0, "")
    return [file, str(line), entry_point, is_project, "1" if is_direct else "", "1" if is_named else ""]


def importing(fullname):
    """Find the frame in which Python imports a module; None where something else asks the finders."""
    frame = frame_above(2)
    while frame.f_code.co_name != "_find_and_load_unlocked" or not is_importlib(frame):
        frame = frame.f_back
        if frame is None:
            return None
    return frame if frame.f_locals.get("name") == fullname else None


def names(code, fullname):
    """Tell whether code names a module that it imports, and no compiled module does that for it."""
    parent, _, last = fullname.rpartition(".")
    known = code.co_names
    if fullname in known or fullname in code.co_consts or (parent in known and last in known):
        return True
    return any(name.startswith(fullname + ".") for name in known)


def is_start(frame):
    """Tell whether a .pth file of the base imports it at each start, or its sitecustomize: not what is run."""
    while frame is not None:
        name = frame.f_globals.get("__name__")
        if name == "site":
            return True
        if name in ("sitecustomize", "usercustomize") and not sight.is_foreign(absolute(frame.f_code.co_filename)):
            return False
        frame = frame.f_back
    return False


def loaded(frame):
    """Name the entry point that a frame loads."""
    if frame.f_code.co_name not in ("load", "resolve"):
        return ""
    point = frame.f_locals.get("self")
    group, name = getattr(point, "group", ""), getattr(point, "name", "")
    return "%s: %s" % (group, name) if group and name else str(name)


def asking(frame, name, is_child):
    """Tell who it is that a frame is of; None where it does what others ask it to."""
    file = frame.f_code.co_filename
    if "get_ipython" in frame.f_globals:
        found = cell(frame, file)
        if found is not None:
            return found
    if file.startswith("<"):
        return special(frame, name, file, is_child)
    if is_standard(file) or name in FOR_OTHERS:
        return None
    return (absolute(file), frame.f_lineno, "")  # of a script, before Python 3.9, the name is as it was given


def is_importlib(frame):
    name = str(frame.f_globals.get("__name__"))
    return frame.f_code.co_filename.startswith("<frozen importlib") or name.partition(".")[0] in IMPORTLIB


def is_standard(file):
    """Tell whether a file is of the standard library."""
    return file.startswith(STANDARD) and "site-packages" not in file and "dist-packages" not in file


def special(frame, name, file, is_child):
    """Tell who code without a file is: a doctest, or what stands behind -c; None for what others have made."""
    names = frame.f_globals
    if file.startswith("<doctest "):
        path = names.get("__file__")
        start = absolute(path) + ", " if isinstance(path, str) else ""
        return (start + file[1:-1], frame.f_lineno, "1")
    if name == "__main__" and frame.f_back is None and not is_child and file in ("<string>", "<stdin>"):
        return ("python -c" if file == "<string>" else "python -", frame.f_lineno, "1")
    return None


def cell(frame, file):
    """Name the cell of a notebook, as far as its kernel knows; None for what is none."""
    names = frame.f_globals
    shell = getattr(names["get_ipython"], "__self__", None)
    number = getattr(getattr(shell, "compile", None), "_filename_map", {}).get(file)
    if number is None:
        return None
    book = names.get("__vsc_ipynb_file__") or names.get("__session__") or "notebook"
    book = absolute(str(book))
    return ("%s, cell %s" % (book, number), frame.f_lineno, "1")


def note(fullname, directory):
    """Write down who imports what. Never fails."""
    try:
        found = importer(fullname)
        if found is not None:
            write_down([["import", fullname, directory] + found])
    except Exception:
        pass  # a full disk, a read-only one, a directory that is gone: the run is worth more than the note


def note_files():
    """Write down, at the end of a process, which of the project's own files were run, and what was by its name."""
    try:
        lines = []
        for module in list(sys.modules.values()):
            names = attributes(module)
            file = names.get("__file__")
            if type(file) is str and file.endswith(".py"):
                if not file.startswith(STANDARD) and not sight.is_foreign(file):
                    lines.append(["file", absolute(file)])
                if names.get("__name__") == "__main__":
                    name = getattr(names.get("__spec__"), "name", "")
                    rules = sight.rules_of(file.rpartition(SEP)[0])
                    if name and rules is not None:
                        lines.append(["run", name, rules.path])
        write_down(lines)
    except Exception:
        pass


def attributes(module):
    """Return the namespace of a module without its taking part: a lazy one would load more."""
    try:
        found = object.__getattribute__(module, "__dict__")
    except Exception:
        found = None
    return found if type(found) is dict else {}


def write_down(lines):
    """Append what is not there yet to the notes of this process."""
    global known
    if not lines:
        return
    file = os_open("%s%s%02d.txt" % (sight.log, SEP, getpid() % SHARDS), NOTES, 0o666)
    try:
        if known[0] != getpid():
            there = os_read(file, MOST)
            known = (getpid(), set(there.split(b"\n")))
            if there[-1:] not in (b"", b"\n"):
                os_write(file, b"\n")  # another process was stopped in the middle of a line
        wanted = [("\t".join(map(escape, fields))).encode(*ENCODING) for fields in lines]
        news = [line for line in wanted if line not in known[1]]
        if news:
            os_write(file, b"\n".join(news) + b"\n")
            known[1].update(news)
    finally:
        os_close(file)


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
    import atexit

    atexit.register(note_files)
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
