// The words of the page and their numbers, unpacked from the block of JSON.

function unpackWords(packed) {
  const codes = new Int8Array(fromBase64(packed.codes)); // V x dim; row i belongs to words[i]
  const scales = new Float32Array(fromBase64(packed.scales)); // V; 0 for a row of zeros
  const center = new Float32Array(fromBase64(packed.center)); // dim; row i points to center + scale * codes
  const hasCounts = packed.counts !== null;
  return {
    names: packed.words,
    rows: new Map(packed.words.map((word, row) => [word, row])),
    // What the filter goes by: occurrences, or the rank where they are unknown.
    values: hasCounts ? packed.counts : packed.words.map((_, row) => row + 1),
    hasCounts,
    dim: packed.dim,
    codes,
    scales,
    center,
    places: new Float32Array(fromBase64(packed.places)), // V x 2
  };
}

function fromBase64(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes.buffer;
}

// The middle and the extent of the places of all words.
function boundsOf(places) {
  const [least, most] = [
    [Infinity, Infinity],
    [-Infinity, -Infinity],
  ];
  places.forEach((number, at) => {
    least[at % 2] = Math.min(least[at % 2], number);
    most[at % 2] = Math.max(most[at % 2], number);
  });
  const [width, height] = least.map((number, at) => most[at] - number);
  const size = Math.max(width, height) || 1; // words that all stand on one point still have a map
  return {
    x: (least[0] + most[0]) / 2,
    y: (least[1] + most[1]) / 2,
    width: Math.max(width, size / 1000),
    height: Math.max(height, size / 1000),
  };
}

// What a reader could not see, or what turns the text around it, is shown as an escape. The joiners U+200C and
// U+200D stay, since Persian and emoji are written with them.
const UNSEEN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}|^ | $/gu;

function shown(word) {
  return word === '' ? '(empty)' : word.replace(UNSEEN, escapeSign);
}

function escapeSign(sign) {
  const code = sign.codePointAt(0);
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}

function shortened(text, longest) {
  const signs = [...text.slice(0, 4 * longest)];
  return signs.length > longest ? `${signs.slice(0, longest - 1).join('')}…` : signs.join('');
}

function grouped(number) {
  return number.toLocaleString('en-US');
}
