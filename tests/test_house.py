"""The house rules of style.md and design.md that a program can check: rooms, doors, sizes and docstrings.

Every module of the three rooms is parsed, and none is run.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("cli", "w2v", "corpora")  # a room imports itself and those to its right
MODULES = sorted(path.relative_to(ROOT).as_posix() for room in ROOMS for path in (ROOT / room).rglob("*.py"))
TREES = {module: ast.parse((ROOT / module).read_text(encoding="utf-8")) for module in MODULES}
VECTOR_CODE = "w2v/engines/vector_code/"  # what the kernels there are made of, in their cache key by checksum

LONGEST_MODULE = 300
LONG_MODULES = {
    "corpora/kernels.py": "compiled functions may not call across files, so they stand in one",
    "w2v/engines/kernels.py": "the same",
    "w2v/formats/kernels.py": "the same",
}
LONGEST_FUNCTION = 40
LONG_FUNCTIONS = {("cli/options.py", "corpus_options"): "a list of declarations, one after the other"}
MOST_POSITIONAL = 6
MANY_POSITIONAL = {("corpora/preparing.py", "_count")}
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc"}
FORBIDDEN_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
FORBIDDEN_CALLS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "torch.load",
    "np.load",
    "numpy.load",
    "yaml.load",
}
FAST_MATH = {"reassoc", "contract", "nsz", "arcp"}
UNSAFE_MATH = {"fast", "nnan", "ninf"}  # these let the compiler assume NaN and infinity away

EACH_MODULE = pytest.mark.parametrize("module", MODULES)


def imports(module):
    """Names of the modules that a module imports, at its top or inside a function."""
    names = set()
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: a relative import"
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def packages(module):
    """The packages that a module imports."""
    return {name.split(".")[0] for name in imports(module)}


def nodes(module, kind):
    """All nodes of a kind."""
    return [node for node in ast.walk(TREES[module]) if isinstance(node, kind)]


def called_name(call):
    """What a call calls, as it is written: np.load, open, file.write."""
    return ast.unparse(call.func)


def is_allowed_writer(module):
    """Whether a module may open files for writing: the one door."""
    return module == "corpora/storage.py"


def functions(module):
    """Every function of a module."""
    return nodes(module, (ast.FunctionDef, ast.AsyncFunctionDef))


def body_length(function):
    """Lines of a function's body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def is_kernel_code(module):
    """Whether a module is compiled, or makes what is compiled: loops over many arrays."""
    return module.endswith("/kernels.py") or module.startswith(VECTOR_CODE)


def test_there_are_three_rooms():
    """The parse found all of them; else every test below would pass on nothing."""
    assert {module.split("/")[0] for module in MODULES} == set(ROOMS)
    assert {"cli/main.py", "w2v/training.py", "corpora/kernels.py"} <= set(MODULES)


# Who may import whom


@EACH_MODULE
def test_imports_go_one_way(module):
    """The rooms import downward only: cli, then w2v, then corpora; none imports the tests."""
    room = ROOMS.index(module.split("/")[0])

    assert not packages(module) & {*ROOMS[:room], "tests"}


@EACH_MODULE
def test_only_kernels_import_numba(module):
    """Numba stands in files named kernels.py, and llvmlite there and in the vector code they are made of."""
    allowed = set()
    if is_kernel_code(module):
        allowed = {"llvmlite"} if module.startswith(VECTOR_CODE) else {"numba", "llvmlite"}

    assert packages(module) & {"numba", "llvmlite"} <= allowed


@EACH_MODULE
def test_only_the_fused_kernels_import_triton(module):
    """The GPU's compiler is slow to load, and is not on every machine."""
    assert module == "w2v/engines/fused/kernels.py" or "triton" not in packages(module)


@pytest.mark.parametrize("module", [module for module in MODULES if is_kernel_code(module)])
def test_kernels_import_nothing_of_ours(module):
    """Numba's disk cache does not see changes in other files; the vector code is seen by its checksum."""
    vector_code = VECTOR_CODE.strip("/").replace("/", ".")
    ours = {name for name in imports(module) if name.split(".")[0] in ROOMS}

    assert all(name.startswith(vector_code) for name in ours)


@EACH_MODULE
def test_packages_stay_in_their_rooms(module):
    """Click and tqdm are the command line's, torch is not for corpora, gensim is for the way to it alone."""
    room = module.split("/")[0]
    forbidden = {"pytest"}
    if module != "w2v/interop.py":
        forbidden |= {"gensim"}
    if room != "cli":
        forbidden |= {"click", "tqdm"}
    if room == "corpora":
        forbidden |= {"torch", "safetensors"}

    assert not packages(module) & forbidden


def test_verbs_are_light_to_import():
    """Modules of cli import w2v and the reading of corpora inside functions, so that --help is quick."""
    light = {"corpora.errors", "corpora.storage", "corpora.kernel_cache", "w2v.config", "w2v.transfer"}
    light |= {"w2v.explorer", "w2v.seq2seq.config"}

    for module in (module for module in MODULES if module.startswith("cli/")):
        at_top = [node for node in TREES[module].body if isinstance(node, ast.ImportFrom)]
        heavy = {node.module for node in at_top if node.module.split(".")[0] in ("w2v", "corpora")} - light
        assert not heavy, module


# The door to the disk, and no code from files


def opens_for_writing(call):
    """Whether a call opens a file for writing, or writes one by name."""
    name = called_name(call)
    strings = [arg.value for arg in ast.walk(call) if isinstance(arg, ast.Constant)]
    modes = [text for text in strings if isinstance(text, str) and len(text) <= 4]
    if name == "os.open":
        return bool(
            {"O_CREAT", "O_WRONLY", "O_RDWR"}
            & {attribute.attr for attribute in ast.walk(call) if isinstance(attribute, ast.Attribute)}
        )
    if name == "open" or name.endswith(".open") or name == "os.fdopen":
        return any(set(mode) & set("wax+") and set(mode) <= set("rwaxbt+") for mode in modes)
    return name.rpartition(".")[2] in {
        "write_text",
        "write_bytes",
        "touch",
        "tofile",
        "savez",
        "save_file",
    } or name in {
        "np.save",
        "np.savetxt",
        "torch.save",
        "json.dump",
        "shutil.copy",
        "shutil.copyfile",
    }


@pytest.mark.parametrize("module", [module for module in MODULES if not is_allowed_writer(module)])
def test_only_storage_opens_for_writing(module):
    """Files appear whole or not at all, because one module alone opens them; /dev/null is no file."""
    writing = [ast.unparse(call) for call in nodes(module, ast.Call) if opens_for_writing(call)]

    assert [text for text in writing if "os.devnull" not in text] == []


@pytest.mark.parametrize(
    "source",
    [
        "open(path, 'w')",
        "open(path, mode='ab')",
        "Path(path).open('x')",
        "Path(path).write_text('')",
        "os.open(path, os.O_CREAT)",
        "array.tofile(path)",
        "np.save(path, array)",
        "io.open(path, 'r+b')",
    ],
)
def test_writing_is_recognised(source):
    """The rule above sees what it is there to see."""
    assert opens_for_writing(ast.parse(source, mode="eval").body)


@pytest.mark.parametrize("source", ["open(path, 'rb')", "open(path)", "open(path, encoding='ascii')"])
def test_reading_is_allowed(source):
    """The rule above does not mistake reading for writing."""
    assert not opens_for_writing(ast.parse(source, mode="eval").body)


@EACH_MODULE
def test_no_code_comes_from_files(module):
    """No pickle, no eval, no torch.load, no np.load: opening a file never runs it (P6)."""
    assert not packages(module) & FORBIDDEN_MODULES
    assert not {called_name(call) for call in nodes(module, ast.Call)} & FORBIDDEN_CALLS


# Kernels


@EACH_MODULE
def test_nan_stays_visible(module):
    """`fastmath` is a set of flags that never assumes NaN away, and no vector code says otherwise."""
    for keyword in nodes(module, ast.keyword):
        if keyword.arg == "fastmath":
            assert ast.unparse(keyword.value) == "FAST", module
    for assignment in nodes(module, ast.Assign):
        if ast.unparse(assignment.targets[0]) == "FAST":
            assert ast.literal_eval(assignment.value) <= FAST_MATH, module
    if is_kernel_code(module):
        assert (
            not {node.value for node in nodes(module, ast.Constant) if isinstance(node.value, str)}
            & UNSAFE_MATH
        )


@EACH_MODULE
def test_threads_are_python_threads(module):
    """No prange, no parallel=True, and the start method of processes is left alone."""
    names = {node.id for node in nodes(module, ast.Name)} | {
        node.attr for node in nodes(module, ast.Attribute)
    }

    assert not names & {"prange", "set_start_method"}
    assert not [keyword for keyword in nodes(module, ast.keyword) if keyword.arg == "parallel"]


@pytest.mark.parametrize("module", [module for module in MODULES if is_kernel_code(module)])
def test_kernels_draw_nothing_by_themselves(module):
    """Randomness comes in as an array: no np.random and no random in a kernel."""
    assert "random" not in packages(module)
    assert not [node for node in nodes(module, ast.Attribute) if node.attr == "random"]


@EACH_MODULE
def test_global_random_state_is_never_used(module):
    """NumPy's global generator is not touched: only generators made from a seed."""
    used = {ast.unparse(node) for node in nodes(module, ast.Attribute)}
    generators = {"np.random.Generator", "np.random.Philox", "np.random.PCG64", "np.random.SeedSequence"}

    assert not {name for name in used if name.startswith("np.random.")} - generators


@EACH_MODULE
def test_time_is_monotonic(module):
    """No wall clock: a clock that is set back disturbs nothing (T24)."""
    assert not {called_name(call) for call in nodes(module, ast.Call)} & {"time.time", "datetime.now"}


# Words, sizes and docstrings


@EACH_MODULE
def test_module_has_a_name_of_its_own(module):
    """There is no place for odds and ends."""
    assert not {Path(module).stem, *Path(module).parts[:-1]} & FORBIDDEN_NAMES


@EACH_MODULE
def test_module_is_of_a_size_to_read(module):
    """300 lines at most; lists of words and kernels, which must stand in one file, excepted."""
    is_word_list = not functions(module)

    if module not in LONG_MODULES and not is_word_list:
        assert len((ROOT / module).read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


@EACH_MODULE
def test_functions_are_of_a_size_to_read(module):
    """40 lines at most without the docstring."""
    long = {f.name for f in functions(module) if body_length(f) > LONGEST_FUNCTION}

    assert not {name for name in long if (module, name) not in LONG_FUNCTIONS}


@pytest.mark.parametrize("module", [module for module in MODULES if not is_kernel_code(module)])
def test_functions_are_called_with_few_positions(module):
    """6 positional parameters at most; the verbs are called by click, with keywords."""
    many = set()
    for function in functions(module):
        names = [arg.arg for arg in function.args.posonlyargs + function.args.args]
        is_verb = any("click" in ast.unparse(decorator) for decorator in function.decorator_list)
        if len(names) - (names[:1] in (["self"], ["cls"])) > MOST_POSITIONAL and not is_verb:
            many.add((module, function.name))

    assert many <= MANY_POSITIONAL


@EACH_MODULE
def test_everything_public_has_a_docstring(module):
    """Every module, and every public function, class and method at the top of one, says what it is."""
    assert ast.get_docstring(TREES[module]), module

    kinds = (ast.FunctionDef, ast.ClassDef)
    public = [node for node in TREES[module].body if isinstance(node, kinds) and node.name[0] != "_"]
    methods = [
        node
        for parent in public
        if isinstance(parent, ast.ClassDef)
        for node in parent.body
        if isinstance(node, ast.FunctionDef) and node.name[0] != "_"
    ]
    assert [node.name for node in public + methods if not ast.get_docstring(node)] == []


@pytest.mark.parametrize("module", [module for module in MODULES if not module.startswith("cli/")])
def test_libraries_do_not_print(module):
    """Only the command line prints; the one remark of the kernel cache comes before any of it is loaded."""
    printed = [call for call in nodes(module, ast.Call) if called_name(call) == "print"]

    assert len(printed) <= (module == "corpora/kernel_cache.py")


@EACH_MODULE
def test_user_input_is_not_asserted(module):
    """A wrong argument raises an error that says so, with and without -O."""
    assert nodes(module, ast.Assert) == []
