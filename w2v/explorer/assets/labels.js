// Which words of the map carry their names: in each cell of a grid, the most frequent that can be seen.
//
// The grid belongs to the map and not to the screen, and its cells halve as one zooms in, so names stay where they
// are while the map moves. What is looked at comes before them.

const FONT = 'system-ui, sans-serif';
const CELL = { width: 110, height: 44 }; // pixels, between these and twice these

function prominentWords(words, view, allows) {
  const cellWidth = 2 ** Math.ceil(Math.log2(CELL.width * view.unit));
  const cellHeight = cellWidth * (CELL.height / CELL.width);
  const taken = new Set();
  const chosen = [];
  for (let row = 0; row < words.names.length; row++) {
    const x = words.places[2 * row];
    const y = words.places[2 * row + 1];
    if (x < view.left || x > view.right || y < view.bottom || y > view.top || !allows(row)) continue;
    const cell = Math.floor(x / cellWidth) * 2 ** 26 + Math.floor(y / cellHeight);
    if (taken.has(cell)) continue;
    taken.add(cell);
    chosen.push(row);
  }
  return chosen;
}

const SIDES = ['top', 'right', 'bottom', 'left']; // of a dot, the first that has room
const GAP = 4; // pixels between a dot and its name
const measuring = document.createElement('canvas').getContext('2d');

// Gives names their sides, the first in the list first; a name without room on any side has none, unless it must.
//
// An item is {x, y, radius, name, size, weight, isBig, isNamed}: a dot in pixels of the map, its name and how that is
// written, whether no name may cover the dot, and whether the name stands in any case. `taken` are boxes to keep free.
function placeNames(items, { width, height, taken: boxes = [] }) {
  const big = items
    .filter(({ isBig }) => isBig)
    .map(({ x, y, radius }) => ({
      left: x - radius,
      right: x + radius,
      top: y - radius,
      bottom: y + radius,
    }));
  const taken = [...boxes, ...big];
  return items.map((item) => {
    measuring.font = `${item.weight} ${item.size}px ${FONT}`;
    const text = measuring.measureText(item.name).width;
    for (const side of SIDES) {
      const box = boxOf(item, text, side);
      const isInside = box.left >= 0 && box.right <= width && box.top >= 0 && box.bottom <= height;
      if (!isInside || taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      return side;
    }
    if (!item.isNamed) return null;
    taken.push(boxOf(item, text, SIDES[0]));
    return SIDES[0];
  });
}

function boxOf({ x, y, radius, size }, width, side) {
  const height = size * 1.25;
  const away = radius + GAP;
  const left = { top: x - width / 2, bottom: x - width / 2, right: x + away, left: x - away - width }[side];
  const top = { top: y - away - height, bottom: y + away, right: y - height / 2, left: y - height / 2 }[side];
  return { left: left - 2, right: left + width + 2, top, bottom: top + height };
}

function overlap(one, other) {
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}
