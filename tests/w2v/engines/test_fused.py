"""The GPU kernels: checked in Triton's interpreter, compiled for a GPU, and run on one where there is one."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None, reason="Triton is for Linux on x86-64"
)
ROOT = Path(__file__).parents[3]
CHECKS = Path(__file__).with_name("kernel_checks.py")


def run_python(*arguments, **environment):
    """Python in a process of its own, since Triton decides once whether it interprets."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TRITON_")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_kernels_do_what_they_must_in_the_interpreter():
    """All of kernel_checks.py passes on the CPU."""
    done = run_python("-m", "pytest", "-q", str(CHECKS), TRITON_INTERPRET="1")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_kernels_do_what_they_must_on_a_gpu():
    """All of kernel_checks.py passes on the first GPU."""
    done = run_python("-m", "pytest", "-q", str(CHECKS))

    assert done.returncode == 0, done.stdout + done.stderr


COMPILE = """
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from w2v.engines.fused import kernels

POINTERS = {
    "tokens": "*i32", "kept": "*i32", "places": "*i32", "lengths": "*i32", "n_windows": "*i32",
    "keep_thresholds": "*i32", "n_measured": "*i32", "n_predictions": "*i32", "rates": "*fp32",
    "losses": "*fp32", "input_table": "*fp32", "output_table": "*fp32", "slots": "*i64", "states": "*i64",
    "sentence_starts": "*i64", "first_sentences": "*i64", "last_sentences": "*i64", "counters": "*i64",
    "noise": "*i64",
}
SIZES = {"BLOCK": 128, "SHRINK": True, "D": 100, "K": 5, "DIMS": 128, "OUTPUTS": 8}


def kind(name):
    return "constexpr" if name in SIZES else POINTERS.get(name, "i32")


for kernel in (kernels.keep_words, kernels.skipgram_step, kernels.cbow_step):
    signature = {name: kind(name) for name in kernel.arg_names}
    source = ASTSource(
        kernel,
        signature,
        constexprs={name: SIZES[name] for name in kernel.arg_names if name in SIZES},
        attrs={(i,): [["tt.divisibility", 16]] for i, name in enumerate(signature) if name in POINTERS},
    )
    compiled = triton.compile(source, target=GPUTarget("cuda", 90, 32), options={"num_warps": 1})
    assert compiled.asm["cubin"]
    print(compiled.asm["ptx"])
"""


def test_kernels_compile_for_a_gpu(tmp_path):
    """Triton makes machine code for compute capability 9.0 of all three, with additions of four numbers."""
    done = run_python("-c", COMPILE, TRITON_CACHE_DIR=str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert done.stdout.count(".entry") == 3
    assert "relaxed.add.v4.f32" in done.stdout
