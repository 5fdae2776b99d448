// An input that completes words, by the ARIA pattern of a combobox with a listbox.

const COMPLETIONS = 8;

function makeCombobox(box, { words, complete, choose, refuse, changed }) {
  const input = box.querySelector('input');
  const list = document.createElement('ul');
  const name = box.dataset.combobox;
  let found = [];
  let active = -1;

  list.id = `${name}-completions`;
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', 'Completions');
  list.hidden = true;
  box.append(list);
  for (const [attribute, value] of Object.entries({
    role: 'combobox',
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: 'false',
    enterkeyhint: 'search',
    dir: 'auto',
    'aria-autocomplete': 'list',
    'aria-controls': list.id,
    'aria-expanded': 'false',
  })) {
    input.setAttribute(attribute, value);
  }

  function open() {
    found = complete(input.value, COMPLETIONS);
    list.replaceChildren(...found.map(makeOption));
    list.hidden = found.length === 0;
    input.setAttribute('aria-expanded', String(!list.hidden));
    activate(found.length ? 0 : -1);
  }

  function close() {
    list.hidden = true;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  }

  function makeOption(row, at) {
    const option = document.createElement('li');
    const word = document.createElement('bdi');
    const value = document.createElement('small');
    option.id = `${name}-option-${at}`;
    option.setAttribute('role', 'option');
    word.textContent = shortened(shown(words.names[row]), 80);
    value.textContent = grouped(words.values[row]);
    option.append(word, value);
    option.addEventListener('pointerdown', (event) => event.preventDefault()); // the input keeps the focus
    option.addEventListener('click', () => take(row));
    return option;
  }

  function activate(at) {
    active = at;
    [...list.children].forEach((option, place) => option.setAttribute('aria-selected', String(place === at)));
    if (at < 0) return input.removeAttribute('aria-activedescendant');
    input.setAttribute('aria-activedescendant', list.children[at].id);
    return list.children[at].scrollIntoView({ block: 'nearest' });
  }

  function take(row) {
    close();
    input.value = shown(words.names[row]);
    choose(row);
  }

  function enter() {
    if (list.hidden) open();
    if (found.length) take(found[Math.max(active, 0)]);
    else if (input.value.trim()) refuse(input.value);
  }

  input.addEventListener('input', () => {
    changed();
    open();
  });
  input.addEventListener('focus', () => input.select());
  input.addEventListener('blur', close);
  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return; // Enter ends the composing of a Japanese word, for one
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      if (list.hidden) open();
      else activate((active + step + found.length) % found.length);
    } else if (event.key === 'Enter') {
      enter();
    } else if (event.key === 'Escape' && !list.hidden) {
      close();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });

  return {
    show(row) {
      input.value = row === null ? '' : shown(words.names[row]);
      close();
    },
  };
}
