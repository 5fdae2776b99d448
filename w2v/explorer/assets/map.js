// The map: every word a dot, prominent words with their names, what is looked at brought forward. ECharts draws it.

const BANDS = 5; // shades of dots, from the most frequent words to the rarest
const MARGIN = 4; // the axes reach this many times as far as the words, so that one may look past the edge
const DEEPEST = 0.02; // the smallest part of the map that fills the screen, in percent of the axes
const REACH = { mouse: 14, touch: 26 }; // pixels around a dot that still mean it
const LOOKS = {
  word: { radius: 7, size: 16, weight: 700, dot: '--word' },
  other: { radius: 5, size: 13, weight: 500, dot: '--other' },
  name: { radius: 1.75, size: 12, weight: 400 },
};

function makeMap(element, { words, allows, hover, choose, moved }) {
  const chart = echarts.init(element, null, { renderer: 'canvas' });
  const probe = document.getElementById('probe');
  const bounds = boundsOf(words.places);
  const near = { rows: [], lines: [], word: null };
  let full = null; // the axes: {left, right, bottom, top}
  let isPressed = false;
  let frame = 0;
  let hasNewDots = true;

  function fit() {
    const unit = Math.max(bounds.width / element.clientWidth, bounds.height / element.clientHeight) * 1.06;
    const half = [element.clientWidth, element.clientHeight].map((pixels) => (unit * pixels * MARGIN) / 2);
    full = {
      left: bounds.x - half[0],
      right: bounds.x + half[0],
      bottom: bounds.y - half[1],
      top: bounds.y + half[1],
    };
    return {
      xAxis: { type: 'value', show: false, min: full.left, max: full.right },
      yAxis: { type: 'value', show: false, min: full.bottom, max: full.top },
    };
  }

  function view() {
    const [left, top] = chart.convertFromPixel({ gridIndex: 0 }, [0, 0]);
    const [right, bottom] = chart.convertFromPixel({ gridIndex: 0 }, [
      element.clientWidth,
      element.clientHeight,
    ]);
    return { left, right, bottom, top, unit: (right - left) / element.clientWidth };
  }

  function zoomLevel() {
    const seen = view();
    return (full.right - full.left) / MARGIN / (seen.right - seen.left);
  }

  // Shows the part of the map around a point of the axes; zoom 1 shows every word.
  function show(x, y, zoom) {
    const span = Math.min(Math.max(100 / MARGIN / zoom, DEEPEST), 100 / MARGIN);
    const middle = [(x - full.left) / (full.right - full.left), (y - full.bottom) / (full.top - full.bottom)];
    const batch = middle.map((share, dataZoomIndex) => {
      const start = Math.min(Math.max(100 * share - span / 2, 0), 100 - span);
      return { dataZoomIndex, start, end: start + span };
    });
    chart.dispatchAction({ type: 'dataZoom', batch });
  }

  function place(row) {
    return [words.places[2 * row], words.places[2 * row + 1]];
  }

  // A colour of the style sheet as it is now, in light or dark.
  function colour(name) {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  }

  function dots() {
    const count = words.names.length;
    const bands = Array.from({ length: BANDS }, () => []);
    for (let row = 0; row < count; row++) {
      if (allows(row))
        bands[Math.min(BANDS - 1, Math.floor(BANDS * Math.sqrt(row / count)))].push(...place(row));
    }
    return bands
      .map((flat, band) => ({
        id: `dots-${band}`,
        type: 'scatter',
        data: new Float32Array(flat),
        dimensions: ['x', 'y'],
        large: true,
        silent: true,
        progressive: 0,
        z: BANDS - band,
      }))
      .map((series, band) => ({ ...series, ...dotLook(band) }));
  }

  // 1 for the map on a desk, less on a phone, where dots are smaller.
  function sizeOfMap() {
    return Math.min(1, Math.max(0.65, Math.sqrt(element.clientWidth * element.clientHeight) / 750));
  }

  // What the buttons of the map cover.
  function covered() {
    const { offsetLeft, offsetTop, offsetWidth, offsetHeight } = document.querySelector('.zoom');
    return {
      left: offsetLeft,
      top: offsetTop,
      right: offsetLeft + offsetWidth,
      bottom: offsetTop + offsetHeight,
    };
  }

  function dotLook(band) {
    const crowd = Math.sqrt(2000 / Math.max(words.names.length, 2000));
    const symbolSize = Math.min(9, Math.max(2.4, 5 * crowd) * sizeOfMap() * zoomLevel() ** 0.4);
    return {
      symbolSize,
      itemStyle: { color: colour(`--dot-${band}`), opacity: near.word === null ? 0.75 : 0.4 },
    };
  }

  // The words that carry their names, what is looked at first, as ECharts has them: dots with labels.
  function namedDots() {
    const seen = view();
    const highlighted = [...new Set([near.word, ...near.rows])].filter((row) => row !== null);
    const prominent = prominentWords(words, seen, (row) => allows(row) && !highlighted.includes(row));
    const size = sizeOfMap();
    const kinds = highlighted.map((row) => (row === near.word ? 'word' : 'other'));
    const items = [...highlighted, ...prominent].map((row, at) => {
      const [x, y] = place(row);
      const kind = kinds[at] ?? 'name';
      const name = shortened(shown(words.names[row]), 28);
      const look = {
        ...LOOKS[kind],
        radius: LOOKS[kind].radius * size,
        isBig: kind !== 'name',
        isNamed: kind === 'word',
      };
      return { ...look, row, name, x: (x - seen.left) / seen.unit, y: (seen.top - y) / seen.unit };
    });
    const ink = near.word === null ? '--ink' : '--faded';
    const sides = placeNames(items, {
      width: element.clientWidth,
      height: element.clientHeight,
      taken: [covered()],
    });
    const dot = (item, at) => ({
      value: place(item.row),
      name: item.name,
      symbolSize: 2 * item.radius,
      itemStyle: {
        color: colour(at < highlighted.length ? item.dot : ink),
        borderWidth: at < highlighted.length ? 1.5 : 0,
      },
      label: {
        show: sides[at] !== null,
        position: sides[at] ?? 'top',
        color: colour(at < highlighted.length ? '--ink' : ink),
        fontSize: item.size,
        fontWeight: item.weight,
      },
    });
    return {
      id: 'named',
      type: 'scatter',
      silent: true,
      z: 8,
      itemStyle: { borderColor: colour('--map'), opacity: 1 },
      label: {
        distance: GAP,
        formatter: ({ name }) => name,
        fontFamily: FONT,
        textBorderColor: colour('--map'),
        textBorderWidth: 3,
      },
      data: items
        .map(dot)
        .filter((_, at) => at < highlighted.length || sides[at] !== null)
        .reverse(),
    };
  }

  function lines() {
    return {
      id: 'lines',
      type: 'line',
      silent: true,
      z: 7,
      showSymbol: false,
      lineStyle: { color: colour('--other'), width: 1.25, opacity: 0.7 },
      data: near.lines.flatMap(([from, to]) => [place(from), place(to), ['-', '-']]),
    };
  }

  function draw() {
    const looks = hasNewDots
      ? dots()
      : Array.from({ length: BANDS }, (_, band) => ({ id: `dots-${band}`, ...dotLook(band) }));
    hasNewDots = false;
    chart.setOption({ series: [...looks, lines(), namedDots()] });
  }

  // However much has changed, the map is drawn once for the next frame.
  function drawSoon() {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(draw);
  }

  // The word that is meant by a point of the screen, or null.
  function wordAt(x, y, reach) {
    const seen = view();
    const [atX, atY] = [seen.left + x * seen.unit, seen.top - y * seen.unit];
    let nearest = null;
    let least = (reach * seen.unit) ** 2;
    for (let row = 0; row < words.names.length; row++) {
      const distance = (words.places[2 * row] - atX) ** 2 + (words.places[2 * row + 1] - atY) ** 2;
      if (distance < least && allows(row)) [nearest, least] = [row, distance];
    }
    return nearest;
  }

  function listen() {
    const pointer = chart.getZr();
    pointer.on('mousedown', () => (isPressed = true));
    pointer.on('mouseup', () => (isPressed = false));
    pointer.on('mousemove', (event) => {
      if (!isPressed) hover(wordAt(event.offsetX, event.offsetY, REACH.mouse));
    });
    pointer.on('globalout', () => hover(null));
    pointer.on('click', (event) => {
      const reach = event.event.pointerType === 'touch' || event.event.zrByTouch ? REACH.touch : REACH.mouse;
      const row = wordAt(event.offsetX, event.offsetY, reach);
      if (row !== null) choose(row);
    });
    chart.on('datazoom', () => {
      drawSoon();
      moved();
    });
    new ResizeObserver(() => {
      if (chart.getWidth() === element.clientWidth && chart.getHeight() === element.clientHeight) return;
      chart.resize();
      chart.setOption(fit());
      drawSoon();
    }).observe(element);
  }

  const zoom = (index) => ({
    type: 'inside',
    [index]: 0,
    filterMode: 'none',
    throttle: 16,
    start: 50 - 50 / MARGIN,
    end: 50 + 50 / MARGIN,
    minSpan: DEEPEST,
    maxSpan: 100 / MARGIN,
  });
  chart.setOption({
    animation: false,
    grid: { left: 0, right: 0, top: 0, bottom: 0 },
    dataZoom: [zoom('xAxisIndex'), zoom('yAxisIndex')],
    ...fit(),
  });
  listen();

  return {
    view,
    show,
    place,
    zoomLevel,
    showAll: () => show(bounds.x, bounds.y, 1),
    // The middle of the view in shares of the words' extent, and the zoom: the same on every screen.
    position() {
      const seen = view();
      const middle = [(seen.left + seen.right) / 2 - bounds.x, (seen.bottom + seen.top) / 2 - bounds.y];
      return [middle[0] / bounds.width, middle[1] / bounds.height, zoomLevel()];
    },
    showPosition: ([x, y, zoom]) => show(bounds.x + x * bounds.width, bounds.y + y * bounds.height, zoom),
    // Where a word stands on the screen, in pixels of the map.
    pixel: (row) => chart.convertToPixel({ gridIndex: 0 }, place(row)),
    // Brings words forward: one in the middle of attention, others, and lines between pairs of them.
    highlight(word, rows = [], between = rows.map((row) => [word, row])) {
      Object.assign(near, { word, rows, lines: between });
      drawSoon();
    },
    // After the filter or the colours have changed.
    refresh() {
      hasNewDots = true;
      drawSoon();
    },
  };
}
