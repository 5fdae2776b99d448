// Completion: the word itself, then words that begin so, then words that hold it, each the most frequent first.
// What is typed is compared as it would be shown, so that a word is found by its escapes and by the word itself.

function makeSearch(words) {
  let names = null; // as they are shown; made at the first search, so that the page opens sooner
  let lowered = null;

  return function complete(text, limit) {
    if (/^ *$/.test(text)) return [];
    const typed = shown(text.trim() || text); // a word may be all blanks of other kinds
    const wanted = typed.toLowerCase();
    const itself = words.rows.get(text);
    names ??= words.names.map(shown);
    lowered ??= names.map((name) => name.toLowerCase());
    const exact = [];
    const same = [];
    const begin = [];
    const hold = [];
    for (let row = 0; row < lowered.length; row++) {
      const place = lowered[row].indexOf(wanted);
      if (place < 0) continue;
      if (row === itself) exact.unshift(row);
      else if (names[row] === typed) exact.push(row);
      else if (lowered[row] === wanted) same.push(row);
      else if (place > 0 && hold.length < limit) hold.push(row);
      else if (place === 0 && begin.length < limit) begin.push(row);
    }
    return [...exact, ...same, ...begin, ...hold].slice(0, limit);
  };
}
