// Joins the parts: one state, which the address keeps, and everything else drawn from it.

const find = (id) => document.getElementById(id);
const packed = JSON.parse(find('data').textContent);
const words = unpackWords(packed);
const neighbors = makeNeighbors(words);
const complete = makeSearch(words);
const state = readAddress(words);
let hovered = null;
let pending = 0;

const filter = makeFilter(words, state, () => {
  changed({ isStep: false, isFilter: true });
});
const map = makeMap(find('map'), { words, allows: filter.allows, hover, choose, moved });
const panels = makePanels({ words, neighbors, state, map, allows: filter.allows, choose, changed });
const boxes = Object.fromEntries(
  [...document.querySelectorAll('[data-combobox]')].map((box) => {
    const key = box.dataset.combobox;
    const take = key === 'find' ? choose : (row) => changed({ [key]: row });
    return [key, makeCombobox(box, { words, complete, choose: take, refuse, changed: () => tell('') })];
  }),
);

// Takes new values of the state over and shows them; a step can be gone back by the browser's button.
function changed({ isStep = true, isFilter = false, ...values } = {}) {
  Object.assign(state, values);
  tell('');
  if (isFilter) map.refresh();
  render({ isSpoken: true });
  if (isStep) writeAddress(words, state, { isStep });
  else keepSoon();
}

// Browsers refuse to take many addresses in a moment, as a slider would give them. An address that has come from
// elsewhere meanwhile stands.
function keepSoon() {
  const before = location.hash;
  clearTimeout(pending);
  pending = setTimeout(() => location.hash === before && writeAddress(words, state), 250);
}

function render(options) {
  filter.render();
  panels.render(options);
  boxes.find.show(state.word);
  for (const key of ['first', 'second', 'a', 'b', 'c']) boxes[key].show(state[key]);
}

function choose(row) {
  hideTooltip();
  changed({ word: row, tab: 'word' });
  const [x, y] = map.place(row);
  const seen = map.view();
  if (x < seen.left || x > seen.right || y < seen.bottom || y > seen.top) map.show(x, y, map.zoomLevel());
}

function refuse(text) {
  tell(
    `No word like “${shortened(shown(text.trim()), 60)}” among the ${grouped(words.names.length)} on this page.`,
  );
}

function tell(text) {
  find('message').textContent = text;
}

function moved() {
  hideTooltip();
  const position = map.position();
  const isAll = Math.abs(position[0]) + Math.abs(position[1]) < 1e-3 && Math.abs(position[2] - 1) < 1e-3;
  state.view = isAll ? null : position;
  keepSoon();
}

function hover(row) {
  if (row === hovered) return;
  hovered = row;
  const tooltip = find('tooltip');
  tooltip.hidden = row === null;
  find('map').classList.toggle('on-word', row !== null);
  const near = panels.preview(row);
  if (row === null) return;
  const [x, y] = map.pixel(row);
  const [name, about, nearest] = tooltip.children;
  name.textContent = shortened(shown(words.names[row]), 60);
  about.textContent = aboutWord(words, row);
  nearest.textContent = near
    .slice(0, 3)
    .map((each) => shortened(shown(words.names[each]), 24))
    .join(', ');
  const left = Math.min(
    Math.max(x, tooltip.offsetWidth / 2 + 8),
    find('map').clientWidth - tooltip.offsetWidth / 2 - 8,
  );
  const isBelow = y < tooltip.offsetHeight + 44;
  tooltip.style.transform = `translate(${left}px, ${y + (isBelow ? 34 : -34)}px) translate(-50%, ${isBelow ? 0 : -100}%)`;
  if (document.activeElement === find('map'))
    find('status').textContent = `${name.textContent}, ${about.textContent}`;
}

function hideTooltip() {
  hovered = null;
  find('tooltip').hidden = true;
  find('map').classList.remove('on-word');
}

// Takes over what the address says, when it has come from elsewhere: a link, or the browser's button.
function restore() {
  const before = { ...state };
  Object.assign(state, readAddress(words));
  if (state.least !== before.least || state.most !== before.most) map.refresh();
  if (String(state.view) !== String(before.view)) showView();
  render();
  tellUnknown();
}

function showView() {
  if (state.view) map.showPosition(state.view);
  else map.showAll();
}

function tellUnknown() {
  tell(
    state.unknown.length
      ? `“${shortened(shown(state.unknown[0]), 60)}” is not among the words on this page.`
      : '',
  );
}

function describe() {
  const count = grouped(words.names.length);
  const total = packed.nTotal > words.names.length ? ` of ${grouped(packed.nTotal)}` : '';
  document.title = shown(packed.title);
  find('title').textContent = shown(packed.title);
  find('size').textContent = `${count}${total} ${packed.nTotal === 1 ? 'word' : 'words'}`;
  find('dimensions').textContent = ` · ${grouped(words.dim)} ${words.dim === 1 ? 'dimension' : 'dimensions'}`;
  find('notes-words').textContent = aboutPage(count, total);
  find('notes-numbers').textContent = packed.overlap
    ? `Each word's ${grouped(words.dim)} numbers are rounded to 8 bits: ${(100 * packed.overlap.share).toFixed(1)} % of the ` +
      `exact ${packed.overlap.top} nearest words are found, measured over ${grouped(packed.overlap.n_words)} words.`
    : '';
  const methods = { pca: 'the two directions of greatest variance (PCA)', tsne: 't-SNE', umap: 'UMAP' };
  find('notes-map').textContent =
    `The map shows ${words.dim <= 2 ? 'the numbers as they are' : methods[packed.method]}; darker dots are more frequent ` +
    'words. A map of two dimensions leaves much out: trust the lists, which use all of them.';
}

function aboutPage(count, total) {
  if (words.names.length === 1) return `The page holds 1 word${total}.`;
  if (words.hasCounts) return `The page holds the ${count} most frequent words${total ? `, out of${total.slice(3)}` : ''}.`;
  return `The page holds the first ${count} words${total}; how often they occur is not known, so they are filtered by rank.`;
}

function suggest() {
  const start = Math.floor(Math.min(100, words.names.length / 10));
  const rows = words.names.keys().toArray?.() ?? [...words.names.keys()];
  const fit = rows.slice(start, 3000).filter((row) => /^\p{L}{4,12}$/u.test(words.names[row]));
  const every = Math.max(1, Math.floor(fit.length / 6));
  const chips = fit.filter((_, at) => at % every === 0).slice(0, 6);
  find('suggestions').replaceChildren(
    ...chips.map((row) => {
      const chip = document.createElement('button');
      chip.type = 'button';
      chip.textContent = words.names[row];
      chip.addEventListener('click', () => choose(row));
      return chip;
    }),
  );
}

function listen() {
  document.addEventListener('keydown', (event) => {
    const isTyping = event.target.matches('input');
    if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      find('find').focus();
    } else if (event.key === 'Escape' && !isTyping && state.tab === 'word' && state.word !== null) {
      changed({ word: null });
    }
  });
  find('copy').addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      find('copy').textContent = 'Copied';
    } catch {
      find('copy').textContent = 'Copy the address';
    }
    find('status').textContent = find('copy').textContent;
    setTimeout(() => (find('copy').textContent = 'Copy link'), 2000);
  });
  addEventListener('hashchange', restore);
  listenToKeys(find('map'), {
    map,
    words,
    allows: filter.allows,
    current: () => hovered ?? state.word,
    hover,
    choose,
  });
}

describe();
suggest();
listenToTheme(() => map.refresh());
listen();
render();
tellUnknown();
if (state.view) showView();
requestAnimationFrame(() => {
  document.documentElement.dataset.ready = 'true'; // the map is drawn: `render` asked for this frame before
  performance.mark('ready');
});
