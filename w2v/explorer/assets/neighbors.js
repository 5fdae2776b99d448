// Cosine similarity over the rows as they are in the page: exact for these, which are int8.

function makeNeighbors(words) {
  const { codes, scales, center, dim } = words;
  const scores = new Float32Array(scales.length);
  const lengths = scales.map((scale, row) => {
    let squares = 0;
    for (let at = 0; at < dim; at++) squares += (center[at] + scale * codes[row * dim + at]) ** 2;
    return Math.sqrt(squares);
  });

  function unitRow(row) {
    const factor = scales[row] && lengths[row] ? 1 / lengths[row] : 0;
    return center.map((number, at) => (number + scales[row] * codes[row * dim + at]) * factor);
  }

  function product(one, other) {
    let sum = 0;
    for (let at = 0; at < dim; at++) sum += one[at] * other[at];
    return sum;
  }

  // The cosine of every row with a query.
  function score(query) {
    const length = Math.sqrt(product(query, query));
    const shared = product(query, center); // the same for all rows
    for (let row = 0, start = 0; row < scores.length; row++, start += dim) {
      let sum = 0;
      for (let at = 0; at < dim; at++) sum += codes[start + at] * query[at];
      const size = scales[row] && lengths[row] * length;
      scores[row] = size ? (shared + scales[row] * sum) / size : 0;
    }
  }

  // The `top` rows of highest score, equal ones in the order of rows, among those that `allows` lets pass.
  function best(top, excluded, allows) {
    const found = [];
    for (let row = 0; row < scores.length; row++) {
      if (found.length === top && scores[row] <= found[top - 1].score) continue;
      if (excluded.includes(row) || !allows(row)) continue;
      let place = found.length;
      while (place > 0 && found[place - 1].score < scores[row]) place--;
      found.splice(place, 0, { row, score: scores[row] });
      if (found.length > top) found.pop();
    }
    return found;
  }

  return {
    nearest(row, top, allows) {
      score(unitRow(row));
      return best(top, [row], allows);
    },

    analogy(a, b, c, top, allows) {
      const [from, to, of] = [a, b, c].map(unitRow);
      score(to.map((number, at) => number - from[at] + of[at]));
      return best(top, [a, b, c], allows);
    },

    similarity(first, second) {
      return product(unitRow(first), unitRow(second));
    },

    // The place of `other` among the words nearest to `row`, from 1.
    place(row, other) {
      score(unitRow(row));
      let before = 0;
      for (let each = 0; each < scores.length; each++) {
        const ahead = scores[each] > scores[other] || (scores[each] === scores[other] && each < other);
        if (ahead && each !== row) before++;
      }
      return before + 1;
    },
  };
}
