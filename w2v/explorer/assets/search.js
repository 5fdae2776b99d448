// Completion: the word itself, then words that begin so, then words that hold it, each the most frequent first.

function makeSearch(words) {
  let names = null; // as they are shown; made at the first search, so that the page opens sooner
  let lowered = null;

  return function complete(text, limit) {
    const wanted = text.trim().toLowerCase();
    if (!wanted) return [];
    names ??= words.names.map(shown);
    lowered ??= names.map((name) => name.toLowerCase());
    const exact = [];
    const same = [];
    const begin = [];
    const hold = [];
    for (let row = 0; row < lowered.length; row++) {
      const place = lowered[row].indexOf(wanted);
      if (place < 0) continue;
      if (names[row] === text.trim()) exact.push(row);
      else if (lowered[row] === wanted) same.push(row);
      else if (place > 0 && hold.length < limit) hold.push(row);
      else if (place === 0 && begin.length < limit) begin.push(row);
    }
    return [...exact, ...same, ...begin, ...hold].slice(0, limit);
  };
}
