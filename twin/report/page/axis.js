// Scales and ticks of the drawings.

export function scale(from, to, start, stop) {
  const factor = (stop - start) / (to - from || 1);
  const map = (value) => start + (value - from) * factor;
  map.back = (pixel) => from + (pixel - start) / factor;
  map.factor = factor;
  return map;
}

// Round values from `from` to `to`, at most `most` of them.
export function ticks(from, to, most) {
  const rough = (to - from) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough);
  const values = [];
  for (let index = Math.ceil(from / step); index * step <= to + step * 1e-9; index++) values.push(index * step);
  return { values, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

export function seconds(t, digits = 2) {
  return `${t.toFixed(digits)} s`;
}
