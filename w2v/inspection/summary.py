"""An inspection report in words: the rows of its tables, for a terminal and for a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from w2v.inspection.neighborhoods import NEIGHBORS
from w2v.inspection.report import InspectionReport
from w2v.inspection.rows import NEAR_DUPLICATE
from w2v.inspection.spread import QUANTILES

_NAMES = 8  # words named in a line
_LEADING = 3


class Table(NamedTuple):
    """A heading, an explanation, column heads (perhaps none), and rows of text."""

    title: str
    remark: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


def tables_of(report: InspectionReport, *, top: int = 10, name: Callable[[str], str] = str) -> list[Table]:
    """All that a report says, in the order a reader wants it.

    Args:
        report: what `inspect` found.
        top: rows of each list, at most; the remark says how many there are.
        name: how a word is shown, such as cut to a width; as it is by default.
    """
    tables = [
        Table("Space", "", (), _space(report, name)),
        Table("Rows", "", (), _rows(report, name)),
        _anomalies(report, top, name),
        _neighborhoods(report, name),
    ]
    return [*tables, *_comparison(report, top, name)]


def _space(report: InspectionReport, name: Callable[[str], str]) -> list[tuple[str, ...]]:
    counts = "with counts" if report.counts_known else "counts not known"
    rows = [("words", f"{report.words:,} of {report.dim} dimensions, {counts}")]
    if report.norms is not None:
        mean, std = report.value_mean, report.value_std
        rows.append(("numbers", f"mean {mean:.4f}, standard deviation {std:.4f}"))
        rows.append(("norms", f"mean {report.norms.mean:.3f}, standard deviation {report.norms.std:.3f}"))
        quantiles = zip(QUANTILES, report.norms.quantiles, strict=True)
        rows.append(("norm quantiles", ", ".join(f"{share:.0%} {norm:.3g}" for share, norm in quantiles)))
    if report.isotropy is not None:
        spread = report.isotropy
        shares = ", ".join(f"{share:.1%}" for share in spread.leading_shares[:_LEADING])
        rows.append(
            (
                "cosine of two words",
                f"mean {spread.mean_cosine:.3f}, standard deviation {spread.cosine_std:.3f}",
            )
        )
        rows.append(
            ("leading directions", f"{shares} of the variance; {1 / report.dim:.1%} if all were alike")
        )
        rows.append(("isotropy", f"{spread.partition_ratio:.3f}, smallest by largest partition function"))
    if report.hubness is not None:
        hubs = ", ".join(f"{name(word)} {times}" for word, times in report.hubness.hubs[:_NAMES])
        skew = f"skewness {report.hubness.skewness:.2f} of the {NEIGHBORS}-occurrences"
        rows.append(("hubness", f"{skew}; {report.hubness.never:.0%} of words are nobody's neighbour"))
        rows.append(("top hubs", hubs))
    if report.sampled is not None:
        remark = f"{report.sampled:,} words drawn at random, for all that needs neighbours"
        rows.append(("sample", remark))
    return rows


def _rows(report: InspectionReport, name: Callable[[str], str]) -> list[tuple[str, ...]]:
    equal = [" = ".join(map(name, group[:_NAMES])) for group in report.duplicates]
    near = [f"{name(pair.a)} ~ {name(pair.b)}" for pair in report.near_duplicates]
    return [
        ("zeros", _listed(list(map(name, report.zero_rows)))),
        ("not finite", _listed(list(map(name, report.nonfinite_rows)))),
        ("equal rows", _listed(equal)),
        (f"cosine of {NEAR_DUPLICATE} or more", _listed(near)),
        ("spelled as no word is", _listed(list(map(name, report.junk_forms)))),
    ]


def _anomalies(report: InspectionReport, top: int, name: Callable[[str], str]) -> Table:
    n = len(report.anomalies)
    per = f", {10_000 * n / report.words:.0f} of 10,000" if n else ""
    remark = (
        f"{n:,} words{per}: norm or neighbours more than {report.threshold:g} robust standard deviations "
    )
    remark += "from what is usual" + (" at their frequency" if report.counts_known else "") + _first(n, top)
    rows = [
        (
            name(anomaly.word),
            "" if anomaly.count is None else f"{anomaly.count:,}",
            f"{anomaly.norm:.2f}",
            f"{anomaly.norm_z:+.1f}",
            "" if anomaly.crowding is None else f"{anomaly.crowding:.2f}",
            "" if anomaly.crowding_z is None else f"{anomaly.crowding_z:+.1f}",
            anomaly.cause,
        )
        for anomaly in report.anomalies[:top]
    ]
    return Table(
        "Anomalies", remark, ("word", "count", "norm", "norm z", "near", "near z", "likely cause"), rows
    )


def _neighborhoods(report: InspectionReport, name: Callable[[str], str]) -> Table:
    rows = [
        (name(one.word), ", ".join(f"{name(word)} {cosine:.2f}" for word, cosine in one.neighbors))
        for one in report.neighborhoods
    ]
    remark = "words from the first of the file to its last, and the nearest of each"
    if not rows:
        remark = "none; fewer than two rows point somewhere"
    return Table("Neighbourhoods", remark, (), rows)


def _comparison(report: InspectionReport, top: int, name: Callable[[str], str]) -> Iterable[Table]:
    found = report.comparison
    if found is None:
        return
    low, middle, high = found.norm_ratios
    overlap = (
        "not available" if found.overlap is None else f"{found.overlap:.0%} of the {NEIGHBORS} nearest words"
    )
    rows = [
        (
            "shared words",
            f"{found.shared:,}; {found.only_here:,} here only, {found.only_reference:,} there only",
        ),
        ("compared", f"{found.compared:,}, the first that point somewhere in both"),
        ("norm here by norm there", f"median {middle:.3f}, half of them {low:.3f} to {high:.3f}"),
        ("neighbours in common", overlap),
    ]
    yield Table("Reference", "", (), rows)
    moved = [
        (
            name(one.word),
            f"{one.similarity:.3f}",
            f"{one.overlap:.0%}",
            f"{one.norm_ratio:.2f}",
            ", ".join(map(name, one.neighbors)),
            ", ".join(map(name, one.reference_neighbors)),
        )
        for one in found.moved[:top]
    ]
    remark = "by how alike a word's cosines to its neighbours of either are" + _first(len(found.moved), top)
    if not moved:
        remark = "none; fewer than three shared words point somewhere in both"
    head = ("word", "alike", "common", "norm", "nearest here", "nearest in the reference")
    yield Table("Moved most", remark, head, moved)


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "none"
    shown = ", ".join(names[:_NAMES])
    return f"{len(names):,}: {shown}" + (", ..." if len(names) > _NAMES else "")


def _first(n: int, top: int) -> str:
    return f"; the first {top:,}" if n > top else ""
