"""The `w2v` command: finds the verb, and turns whatever goes wrong into one line and an exit code."""

from __future__ import annotations

import re
import signal
import sys
import traceback

import click

from cli.output import discard_output, print_error, print_note
from cli.signals import Interrupted, interrupt, on_signals
from cli.verbs import VerbGroup
from corpora.errors import W2VError

VERBS = {
    "train": "Train word vectors on a text.",
    "plan": "Tell what a training would take, without training.",
    "vocab": "Count the words of a text.",
    "similar": "Show the words nearest to a word.",
    "analogy": "Answer: A is to B as C is to what?",
    "evaluate": "Score vectors by analogies and word similarity.",
    "compare": "Tell which differences between vectors are real.",
    "inspect": "Look for what is wrong or unusual in vectors.",
    "plot": "Draw a map of words, an analogy, or a training.",
    "convert": "Write vectors in another format.",
    "info": "Show what a file of vectors holds.",
    "explore": "Write one page to look around in vectors.",
    "export": "Write the rows for the vocabulary of another model.",
    "selftest": "Try crashes and full disks on a folder of yours.",
    "seq2seq": "Train an LSTM encoder-decoder that starts with vectors.",
    "demo": "Train on a generated text and check the answers.",
}
TORCH_OUT_OF_MEMORY = re.compile("can't allocate memory|out of memory")  # its error is a RuntimeError
BROKEN_PIPE = 141  # 128 + SIGPIPE, what a shell expects of a program whose reader has left


class ClosedPipeError(Exception):
    """The program at the other end of our pipe, such as head, has read enough."""


class RootGroup(VerbGroup):
    """The verbs of `w2v`."""

    def invoke(self, ctx: click.Context) -> object:
        """As click does, but a broken pipe, which click would turn into exit code 1, is told apart."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ClosedPipeError from error


@click.group(
    cls=RootGroup,
    verbs=VERBS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--debug", is_flag=True, help="Show Python's traceback with an error.")
@click.version_option(package_name="w2v", prog_name="w2v")
def w2v(debug: bool) -> None:
    """Word vectors from your own text: train them, look at them, load them into PyTorch."""
    from w2v.free_memory import require_address_space

    require_address_space()


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits with one of the codes that the README lists."""
    arguments = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal without UTF-8 gets escapes, no crash
    on_signals(interrupt)
    sys.exit(_run(arguments))


def _run(arguments: list[str]) -> int:
    debug = "--debug" in arguments[:1]
    try:
        w2v.main(args=arguments, prog_name="w2v", standalone_mode=False)
    except W2VError as error:
        return _fail(error, error.exit_code, debug)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Interrupted as error:
        return _stopped(error.number)
    except ClosedPipeError:
        discard_output()
        return BROKEN_PIPE
    except MemoryError as error:
        if debug:
            raise
        return _out_of_memory(error)
    except Exception as error:  # the outermost door: a bug becomes a report
        if Interrupted.met is not None:  # a C module that was being imported made another error of it
            return _stopped(Interrupted.met)
        if debug:
            raise
        if isinstance(error, RuntimeError) and TORCH_OUT_OF_MEMORY.search(str(error)):
            return _out_of_memory(error)
        _report_bug(error)
        return 1
    return 0


def _fail(error: W2VError, exit_code: int, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    print_error(error.identifier, error.place + error.problem, error.fix)
    return exit_code


def _out_of_memory(error: Exception) -> int:
    fix = "use a smaller --dim, --hidden, --batch-pairs or --max-vocab, or free some memory"
    print_error("P12", f"out of memory: {error}", fix)
    return 6


def _stopped(number: int) -> int:
    print_note(f"stopped by {signal.Signals(number).name}; no unfinished file was left behind")
    return 128 + number


def _report_bug(error: Exception) -> None:
    """Says what broke and where the traceback is; the traceback holds no text of the corpus."""
    import platform
    import tempfile
    from pathlib import Path

    from corpora.storage import write_file

    frames = "".join(traceback.format_tb(error.__traceback__))
    path = Path(tempfile.mkdtemp(prefix="w2v-report-")) / "traceback.txt"
    with write_file(path) as file:
        file.write(f"{frames}{type(error).__name__}\n".encode(errors="backslashreplace"))
    print_error("bug", f"{type(error).__name__}: {error}", f"please report this, with the file {path}")
    print_note(f"Python {platform.python_version()}, {platform.platform()}")


if __name__ == "__main__":
    main()
