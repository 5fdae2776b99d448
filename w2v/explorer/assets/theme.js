// Light and dark: as the system has it until the button says otherwise, which the browser remembers if it may.

const THEME_KEY = 'w2v-theme';

function listenToTheme(changed) {
  const button = document.getElementById('theme');
  const system = matchMedia('(prefers-color-scheme: dark)');

  function isDark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === 'dark' : system.matches;
  }

  function show() {
    button.setAttribute('aria-pressed', String(isDark()));
  }

  function change() {
    show();
    changed();
  }

  try {
    const kept = localStorage.getItem(THEME_KEY);
    if (['light', 'dark'].includes(kept)) document.documentElement.dataset.theme = kept;
  } catch {
    // Some browsers keep nothing for files: then the system decides each time.
  }
  button.addEventListener('click', () => {
    document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
    try {
      localStorage.setItem(THEME_KEY, document.documentElement.dataset.theme);
    } catch {
      // As above.
    }
    change();
  });
  system.addEventListener('change', change);
  show();
}
