// The three things to look at: the neighbours of a word, the similarity of two words, an analogy.

const PREVIEWED = 10;

function makePanels({ words, neighbors, state, map, allows, choose, changed }) {
  const find = (id) => document.getElementById(id);
  const name = (row) => shown(words.names[row]);
  const nothing = () =>
    words.names.length === 1 ? 'There is no other word on this page.' : 'The filter leaves no word.';

  const panels = {
    word() {
      const { word } = state;
      find('welcome').hidden = word !== null;
      find('word').hidden = word === null;
      if (word === null) return { rows: [], says: '' };
      const isZero = words.scales[word] === 0;
      const found = isZero ? [] : neighbors.nearest(word, state.top, allows);
      find('word-name').textContent = name(word);
      find('word-about').textContent = aboutWord(words, word);
      fillList(find('word-list'), { words, found, choose, preview });
      find('word-caption').textContent = isZero
        ? 'Its vector is all zeros, so no word is nearer than another.'
        : found.length
          ? 'Nearest words by cosine similarity.'
          : nothing();
      find('more').hidden = found.length < LENGTHS[0];
      find('more').textContent = state.top === LENGTHS.at(-1) ? 'Show fewer' : 'Show more';
      return { word, rows: found.map(({ row }) => row), says: `${name(word)}. ${listed(found)}` };
    },

    pair() {
      const { first, second } = state;
      find('pair').hidden = first === null || second === null;
      const rows = [first, second].filter((row) => row !== null);
      if (rows.length < 2) return { rows, lines: [], says: '' };
      const score = neighbors.similarity(first, second);
      find('pair-score').textContent = score.toFixed(3);
      find('pair-bar').style.setProperty('--share', Math.max(0, score));
      find('pair-about').textContent =
        first === second
          ? 'These are the same word.'
          : `${name(second)} is word ${grouped(neighbors.place(first, second))} among those nearest to ${name(first)}; ` +
            `${name(first)} is word ${grouped(neighbors.place(second, first))} among those nearest to ${name(second)}.`;
      return {
        word: first,
        rows: [second],
        says: `${name(first)} and ${name(second)}: similarity ${score.toFixed(3)}`,
      };
    },

    analogy() {
      const { a, b, c } = state;
      const given = [a, b, c].filter((row) => row !== null);
      find('analogy').hidden = given.length < 3;
      find('answer').textContent = '?';
      if (given.length < 3) return { rows: given, lines: [], says: '' };
      const found = neighbors.analogy(a, b, c, LENGTHS[0], allows);
      fillList(find('analogy-list'), { words, found, choose, preview });
      if (!found.length) return { rows: given, lines: [[a, b]], says: nothing() };
      const answer = found[0].row;
      find('answer').textContent = name(answer);
      return {
        word: answer,
        rows: given,
        lines: [
          [a, b],
          [c, answer],
        ],
        says: `${name(a)} is to ${name(b)} as ${name(c)} is to ${name(answer)}. ${listed(found)}`,
      };
    },
  };

  function listed(found) {
    if (!found.length) return nothing();
    return `Nearest: ${found.map(({ row, score }) => `${name(row)} ${score.toFixed(2)}`).join(', ')}.`;
  }

  let looked = { rows: [] };

  function bringForward() {
    map.highlight(looked.word ?? null, looked.rows, looked.lines);
  }

  // Shows another word on the map for as long as the pointer or the focus is on it.
  function preview(row) {
    if (row === null) return bringForward();
    const near = neighbors.nearest(row, PREVIEWED, allows).map((found) => found.row);
    map.highlight(row, near);
    return near;
  }

  function render({ isSpoken = false } = {}) {
    for (const tab of TABS) {
      const isOpen = tab === state.tab;
      find(`panel-${tab}`).hidden = !isOpen;
      find(`tab-${tab}`).setAttribute('aria-selected', String(isOpen));
      find(`tab-${tab}`).tabIndex = isOpen ? 0 : -1;
    }
    looked = panels[state.tab]();
    bringForward();
    if (isSpoken) find('status').textContent = looked.says;
  }

  for (const [at, tab] of TABS.entries()) {
    const open = (to) => {
      state.tab = to;
      changed();
      find(`tab-${to}`).focus();
    };
    find(`tab-${tab}`).addEventListener('click', () => open(tab));
    find(`tab-${tab}`).addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) open(TABS[(at + step + TABS.length) % TABS.length]);
    });
  }
  find('more').addEventListener('click', () => {
    state.top = LENGTHS[(LENGTHS.indexOf(state.top) + 1) % LENGTHS.length];
    changed();
  });

  return { render, preview };
}
