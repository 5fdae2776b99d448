"""Power cuts, made from a record of what was done: all not synced may be lost, torn, or out of order.

The model is harsher than any file system that honours fsync: what was written to a file since its last fsync,
and what was renamed, made or removed in a folder since that folder's, is there or not there, each by itself.
"""

import os


class Recorder:
    """A disk that performs everything and writes down what it was."""

    def __init__(self, root):
        self.root = os.fspath(root)
        self.log = []
        self._ids = {self.root: 0}  # of files and folders, by their present path
        self._open = {}
        self._next_id = 1

    def __call__(self, operation, *arguments):
        """Performs an operation."""
        before = self._before(operation, arguments)
        result = operation(*arguments)
        self._record(
            operation, [os.fspath(a) if hasattr(a, "__fspath__") else a for a in arguments], result, before
        )
        return result

    def _before(self, operation, arguments):
        if operation is os.open:
            return os.path.exists(arguments[0])
        return os.lseek(arguments[0], 0, os.SEEK_CUR) if operation is os.write else None

    def _record(self, operation, arguments, result, before):
        if operation is os.open:
            path = arguments[0]
            if not before:
                self._make(path, is_folder=False)
            self._open[result] = self._ids.get(path)
        elif operation is os.mkdir:
            self._make(arguments[0], is_folder=True)
        elif operation is os.write:
            self.log.append(
                (
                    "write",
                    self._open[arguments[0]],
                    before,
                    bytes(memoryview(arguments[1]).cast("B")[:result]),
                )
            )
        elif operation is os.fsync:
            identity = self._identity(arguments[0])
            self.log.append(("sync", identity))
        elif operation in (os.rename, os.replace):
            self._move(*arguments)
        elif operation in (os.unlink, os.rmdir):
            identity = self._ids.pop(arguments[0])
            self.log.append(("unlink", self._parent(arguments[0]), os.path.basename(arguments[0]), identity))

    def _identity(self, descriptor):
        """By the path that the descriptor has now: folders are opened in other ways as well."""
        return self._ids.get(os.readlink(f"/proc/self/fd/{descriptor}"), self._open.get(descriptor))

    def _make(self, path, *, is_folder):
        identity, self._next_id = self._next_id, self._next_id + 1
        self._ids[path] = identity
        self.log.append(("make", self._parent(path), os.path.basename(path), identity, is_folder))

    def _move(self, old, new):
        identity = self._ids[old]
        self._ids.pop(new, None)
        self._ids = {
            (new + path[len(old) :] if path == old or path.startswith(old + os.sep) else path): number
            for path, number in self._ids.items()
        }
        self.log.append(
            (
                "move",
                self._parent(old),
                os.path.basename(old),
                self._parent(new),
                os.path.basename(new),
                identity,
            )
        )

    def _parent(self, path):
        return self._ids[os.path.dirname(path)]


class _Node:
    def __init__(self, is_folder):
        self.is_folder = is_folder
        self.lasting = []  # writes, or changes of entries, that were synced
        self.pending = []  # those since


def state_after_power_cut(log, random):
    """What a power cut after the last entry of the log may leave: {path: bytes}, and None for a folder."""
    nodes = {0: _Node(True)}
    for entry in log:
        _apply(entry, nodes)
    found = {}
    _collect(nodes, 0, "", found, random)
    return found


def write_state(state, folder):
    """Makes the files and folders of a state."""
    for path, data in sorted(state.items()):
        if data is None:
            os.mkdir(os.path.join(folder, path))
        else:
            with open(os.path.join(folder, path), "xb") as file:
                file.write(data)


def _apply(entry, nodes):
    kind, *rest = entry
    if kind == "make":
        parent, name, identity, is_folder = rest
        nodes[identity] = _Node(is_folder)
        nodes[parent].pending.append((None, name, identity))
    elif kind == "move":
        old_parent, old_name, new_parent, new_name, identity = rest
        assert old_parent == new_parent, "the project renames inside a folder alone"
        nodes[new_parent].pending.append((old_name, new_name, identity))
    elif kind == "unlink":
        parent, name, _ = rest
        nodes[parent].pending.append((name, None, None))
    elif kind == "write":
        identity, offset, data = rest
        nodes[identity].pending.append((offset, data))
    else:
        node = nodes[rest[0]]
        node.lasting += node.pending
        node.pending = []


def _survivors(node, random):
    """All that was synced, and any of the rest: folders keep theirs in any order."""
    kept = [change for change in node.pending if random.random() < 0.5]
    if node.is_folder:
        random.shuffle(kept)
    return [*node.lasting, *kept]


def _collect(nodes, identity, path, found, random):
    entries = {}
    for old_name, new_name, child in _survivors(nodes[identity], random):
        if old_name is not None:
            entries.pop(old_name, None)
        if new_name is not None:
            entries[new_name] = child
    for name, child in entries.items():
        inside = os.path.join(path, name)
        if nodes[child].is_folder:
            found[inside] = None
            _collect(nodes, child, inside, found, random)
        else:
            found[inside] = _contents(nodes[child], random)


def _contents(node, random):
    data = bytearray()
    n_lasting = len(node.lasting)
    for number, (offset, written) in enumerate(_survivors(node, random)):
        if number >= n_lasting and random.random() < 0.3:
            written = written[: random.randrange(len(written) + 1)]  # torn
        data.extend(bytes(max(0, offset + len(written) - len(data))))
        data[offset : offset + len(written)] = written
    return bytes(data)
