// The state of the page in the part of the address behind #, so that a link shows what its sender saw.
//
//   word, first, second, a, b, c   words        tab         word, pair or analogy
//   least, most                    the filter   top         length of the list
//   view                           middle of the map in shares of the words' own extent, and the zoom

const WORD_KEYS = ['word', 'first', 'second', 'a', 'b', 'c'];
const TABS = ['word', 'pair', 'analogy'];
const LENGTHS = [10, 25, 50];

// Reads what the address says: rows of the words, null where nothing is said, and the words that are not here.
function readAddress(words) {
  const parts = new URLSearchParams(location.hash.slice(1));
  const state = { unknown: [] };
  for (const key of WORD_KEYS) {
    const word = parts.get(key);
    state[key] = word === null ? null : (words.rows.get(word) ?? null);
    if (word !== null && state[key] === null) state.unknown.push(word);
  }
  const number = (key) => (/^\d{1,16}$/.test(parts.get(key) ?? '') ? Number(parts.get(key)) : null);
  const view = (parts.get('view') ?? '').split(',').map(Number);
  state.tab = TABS.includes(parts.get('tab')) ? parts.get('tab') : 'word';
  state.top = LENGTHS.includes(number('top')) ? number('top') : LENGTHS[0];
  state.least = number('least');
  state.most = number('most');
  state.view = view.length === 3 && view.every(Number.isFinite) && view[2] > 0 ? view : null;
  return state;
}

function writeAddress(words, state, { isStep = false } = {}) {
  const parts = new URLSearchParams();
  for (const key of WORD_KEYS) if (state[key] !== null) parts.set(key, words.names[state[key]]);
  if (state.tab !== 'word') parts.set('tab', state.tab);
  if (state.top !== LENGTHS[0]) parts.set('top', state.top);
  for (const key of ['least', 'most']) if (state[key] !== null) parts.set(key, state[key]);
  if (state.view !== null)
    parts.set('view', state.view.map((number) => Number(number.toPrecision(4))).join());
  const address = `#${parts}`;
  if (address === (location.hash || '#')) return;
  history[isStep ? 'pushState' : 'replaceState'](null, '', address);
}
