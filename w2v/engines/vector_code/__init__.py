"""LLVM vector code for the kernels, made with llvmlite alone."""

import zlib
from pathlib import Path


def code_version() -> int:
    """Checksum of the modules of this folder.

    numba's disk cache notices a change of the file that a compiled function stands in, and of the values
    the function closes over. A kernel that closes over this number is compiled anew when the code it is
    made from changes.
    """
    checksum = 0
    for path in sorted(Path(__file__).parent.glob("*.py")):
        checksum = zlib.crc32(path.read_bytes(), checksum)
    return checksum
