// The map by keyboard and by its buttons.

const STEP = 1.6; // of a zoom
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function listenToKeys(element, { map, words, allows, current, hover, choose }) {
  function zoomBy(factor) {
    const seen = map.view();
    map.show((seen.left + seen.right) / 2, (seen.bottom + seen.top) / 2, map.zoomLevel() * factor);
  }

  function move([right, up]) {
    const seen = map.view();
    const [width, height] = [seen.right - seen.left, seen.top - seen.bottom];
    const middle = [(seen.left + seen.right) / 2, (seen.bottom + seen.top) / 2];
    map.show(middle[0] + (right * width) / 4, middle[1] + (up * height) / 4, map.zoomLevel());
  }

  // The nearest named word of the view that lies more in this direction than across it.
  function next([right, up]) {
    const seen = map.view();
    const from = current();
    const [x, y] =
      from === null ? [(seen.left + seen.right) / 2, (seen.bottom + seen.top) / 2] : map.place(from);
    let best = null;
    let least = Infinity;
    for (const row of prominentWords(words, seen, allows)) {
      const [across, along] = map.place(row).map((number, at) => number - [x, y][at]);
      const ahead = across * right + along * up;
      const aside = Math.abs(across * up) + Math.abs(along * right);
      if (row === from || ahead <= aside) continue;
      const distance = ahead + 2 * aside;
      if (distance < least) [best, least] = [row, distance];
    }
    if (best !== null) hover(best);
  }

  const actions = {
    '+': () => zoomBy(STEP),
    '=': () => zoomBy(STEP),
    '-': () => zoomBy(1 / STEP),
    0: () => map.showAll(),
    Enter: () => current() !== null && choose(current()),
  };

  element.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow) (event.shiftKey ? move : next)(arrow);
    else if (actions[event.key]) actions[event.key]();
    else return;
    event.preventDefault();
  });
  document.getElementById('zoom-in').addEventListener('click', actions['+']);
  document.getElementById('zoom-out').addEventListener('click', actions['-']);
  document.getElementById('zoom-all').addEventListener('click', actions[0]);
}
