// Lists of words with their scores, each of which is a button that chooses the word.

function fillList(list, { words, found, choose, preview }) {
  list.replaceChildren(
    ...found.map(({ row, score }) => {
      const item = document.createElement('li');
      const button = document.createElement('button');
      const word = document.createElement('bdi');
      const bar = document.createElement('span');
      const number = document.createElement('span');
      button.type = 'button';
      button.dataset.row = row;
      word.textContent = shown(words.names[row]);
      bar.className = 'bar';
      bar.setAttribute('aria-hidden', 'true');
      bar.style.setProperty('--share', Math.max(0, score));
      number.className = 'number';
      number.textContent = score.toFixed(3);
      button.append(word, bar, number);
      button.addEventListener('click', () => choose(row));
      for (const event of ['pointerenter', 'focus']) button.addEventListener(event, () => preview(row));
      for (const event of ['pointerleave', 'blur']) button.addEventListener(event, () => preview(null));
      item.append(button);
      return item;
    }),
  );
}

function aboutWord(words, row) {
  const rank = `rank ${grouped(row + 1)} of ${grouped(words.names.length)}`;
  if (!words.hasCounts) return rank;
  const count = words.values[row];
  return `${grouped(count)} ${count === 1 ? 'occurrence' : 'occurrences'} · ${rank}`;
}
