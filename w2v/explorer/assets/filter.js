// Which words take part: those between two frequencies, or two ranks where frequencies are unknown.

const SLIDER = 1000; // the steps of a slider, whose scale is logarithmic

function makeFilter(words, state, changed) {
  const find = (id) => document.getElementById(id);
  const bounds = words.values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Infinity, -Infinity],
  );
  const ends = [
    {
      key: 'least',
      slider: find('low'),
      field: find('least'),
      at: 0,
      says: words.hasCounts ? 'Fewest occurrences' : 'First rank',
    },
    {
      key: 'most',
      slider: find('high'),
      field: find('most'),
      at: 1,
      says: words.hasCounts ? 'Most occurrences' : 'Last rank',
    },
  ];

  function value(end) {
    return state[end.key] ?? bounds[end.at];
  }

  function toSlider(number) {
    const [least, most] = bounds.map((bound) => Math.log1p(bound));
    return most === least ? 0 : Math.round((SLIDER * (Math.log1p(number) - least)) / (most - least));
  }

  function fromSlider(step) {
    const [least, most] = bounds.map((bound) => Math.log1p(bound));
    return Math.round(Math.expm1(least + (step / SLIDER) * (most - least)));
  }

  // One end moves to a number, as far as the other end lets it; at the bound there is no limit.
  function set(end, number) {
    const other = value(ends[1 - end.at]);
    const [least, most] = end.at === 0 ? [bounds[0], other] : [other, bounds[1]];
    const kept = Math.min(Math.max(number, least), most);
    state[end.key] = kept === bounds[end.at] ? null : kept;
    changed();
  }

  function allows(row) {
    const number = words.values[row];
    return number >= (state.least ?? -Infinity) && number <= (state.most ?? Infinity);
  }

  function render() {
    for (const end of ends) {
      end.field.value = value(end);
      end.slider.value = toSlider(value(end));
      end.slider.setAttribute('aria-valuetext', grouped(value(end)));
    }
    const isAll = state.least === null && state.most === null;
    const count = isAll ? words.names.length : words.names.reduce((sum, _, row) => sum + allows(row), 0);
    const all = grouped(words.names.length);
    const where = 'on the map and in the lists.';
    find('filter-reset').hidden = isAll;
    find('filter-about').textContent =
      words.names.length === 1 && count === 1
        ? 'The only word is on the map.'
        : isAll
          ? `All ${all} words are ${where}`
          : `${grouped(count)} of ${all} words ${count === 1 ? 'is' : 'are'} ${where}`;
  }

  find('filter-title').textContent = words.hasCounts ? 'Occurrences' : 'Rank';
  find('low').parentElement.classList.toggle('by-rank', !words.hasCounts);
  for (const end of ends) {
    end.slider.setAttribute('aria-label', end.says);
    end.field.setAttribute('aria-label', end.says);
    end.field.min = bounds[0];
    end.field.max = bounds[1];
    end.slider.addEventListener('input', () => {
      const step = Number(end.slider.value);
      set(end, step === SLIDER * end.at ? bounds[end.at] : fromSlider(step));
    });
    end.field.addEventListener('change', () => set(end, Math.round(Number(end.field.value) || value(end))));
  }
  find('filter-reset').addEventListener('click', () => {
    Object.assign(state, { least: null, most: null });
    changed();
    find('low').focus();
  });

  return { allows, render };
}
