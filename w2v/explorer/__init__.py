"""A page to look around in vectors: one HTML file that needs neither a server nor a network.

    vectors              -> quantising.py -> int8 numbers, and what they cost in neighbours
    numbers, words, map  -> page.py       -> the file, which holds all that the browser needs
    assets/              -> the page's own HTML, CSS and JavaScript, and Apache ECharts, which draws the map

In `assets` each script is one idea: `words.js` unpacks the data, `neighbors.js` ranks, `search.js` completes,
`combobox.js` asks for a word, `lists.js` shows words, `map.js` and `labels.js` draw, `mapkeys.js` moves the
map by keys, `address.js` keeps the state in the address, `panels.js`, `filter.js` and `theme.js` are the
controls, and `main.js` joins them.
"""

DEFAULT_TOP = 50_000  # words on a page
